"""Modules as a Qt tree. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from memgui.analysis.module_totals import ModuleBranch, tree_of
from memgui.protocol.inspection import ModuleNode
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex


class ModuleColumn(IntEnum):
    """Columns of the tree."""

    NAME = 0
    TOTAL = 1
    PARAMETERS = 2
    GRADIENTS = 3
    OPTIMIZER = 4
    BUFFERS = 5
    ACTIVATIONS = 6
    KIND = 7


_FIELDS = {
    ModuleColumn.TOTAL: "total_bytes",
    ModuleColumn.PARAMETERS: "parameters_bytes",
    ModuleColumn.GRADIENTS: "gradients_bytes",
    ModuleColumn.OPTIMIZER: "optimizer_bytes",
    ModuleColumn.BUFFERS: "buffers_bytes",
    ModuleColumn.ACTIVATIONS: "activations_bytes",
}


class ModulesModel(QAbstractItemModel):
    """Each module with what is below it.

    Attributes:
        roots: the outermost modules.
    """

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.roots: list[ModuleBranch] = []

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.layoutChanged.emit()

    def set_modules(self, nodes: Sequence[ModuleNode]) -> None:
        """Show these modules; outermost ones that hold nothing are left out."""
        self.beginResetModel()
        self.roots = [root for root in tree_of(nodes) if root.total.total_bytes]
        self.endResetModel()

    def branch(self, index: _Index) -> ModuleBranch | None:
        """The module at a place."""
        found = index.internalPointer() if index.isValid() else None
        return found if isinstance(found, ModuleBranch) else None

    def place_of(self, branch: ModuleBranch) -> QModelIndex:
        """Where a module is."""
        return self.createIndex(self._row_of(branch), 0, branch)

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """The place of a row below a module."""
        siblings = self._below(parent)
        if not (0 <= row < len(siblings) and 0 <= column < len(ModuleColumn)):
            return QModelIndex()
        return self.createIndex(row, column, siblings[row])

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override] # Qt has another parent() without index
        """The module above."""
        branch = self.branch(index)
        if branch is None or branch.parent is None:
            return QModelIndex()
        return self.createIndex(self._row_of(branch.parent), 0, branch.parent)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Modules right below."""
        return 0 if parent.column() > 0 else len(self._below(parent))

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return len(ModuleColumn)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, hover text, alignment and colour of a cell."""
        branch = self.branch(index)
        if branch is None:
            return None
        column = ModuleColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            if column == ModuleColumn.NAME:
                return branch.name
            if column == ModuleColumn.KIND:
                return branch.node.kind
            size = getattr(branch.total, _FIELDS[column])
            return fmt.size(size) if size else fmt.MISSING if size is None else "0"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_of(branch)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and column == ModuleColumn.KIND:
            return QColor(self._theme.muted)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(ModuleColumn):
            return None
        column = ModuleColumn(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return _titles()[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def _below(self, parent: _Index) -> list[ModuleBranch]:
        branch = self.branch(parent)
        return self.roots if branch is None else branch.children

    def _row_of(self, branch: ModuleBranch) -> int:
        return branch.row if branch.parent is not None else self.roots.index(branch)


def tip_of(branch: ModuleBranch) -> str:
    """A module in words."""
    total = branch.total
    words = f"<b>{branch.node.path}</b> · {branch.node.kind}<br>{fmt.size(total.total_bytes)}"
    if not branch.node.trained:
        words += "<br>" + translate("modules", "no optimizer that was seen trains it")
    return words


def _titles() -> dict[ModuleColumn, str]:
    return {
        ModuleColumn.NAME: translate("modules", "Module"),
        ModuleColumn.TOTAL: translate("modules", "Total"),
        ModuleColumn.PARAMETERS: translate("modules", "Parameters"),
        ModuleColumn.GRADIENTS: translate("modules", "Gradients"),
        ModuleColumn.OPTIMIZER: translate("modules", "Optimizer"),
        ModuleColumn.BUFFERS: translate("modules", "Buffers"),
        ModuleColumn.ACTIVATIONS: translate("modules", "Activations"),
        ModuleColumn.KIND: translate("modules", "Class"),
    }


def _alignment(column: ModuleColumn) -> int:
    side = Qt.AlignmentFlag.AlignRight if column in _FIELDS else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
