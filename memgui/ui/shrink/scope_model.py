"""Modules with checkboxes: what a shrink may touch. GUI thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor

from memgui.analysis.module_totals import ModuleBranch, tree_of
from memgui.protocol.inspection import ModuleNode
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.modules_model import tip_of
from memgui.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_ON, _OFF, _PART = Qt.CheckState.Checked, Qt.CheckState.Unchecked, Qt.CheckState.PartiallyChecked


class ScopeColumn(IntEnum):
    """Columns of the tree."""

    NAME = 0
    BYTES = 1
    SHARE = 2


class ScopeModel(QAbstractItemModel):
    """A module that is ticked brings all below it; one of which a part is ticked is half ticked.

    Attributes:
        scope_changed: other modules are ticked, above and below of where it was done too; views paint anew.
        roots: the outermost modules.
    """

    scope_changed = Signal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.roots: list[ModuleBranch] = []
        self._rows: dict[int, int] = {}
        self._states: dict[int, Qt.CheckState] = {}
        self._total = 0

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.layoutChanged.emit()

    def set_modules(self, nodes: Sequence[ModuleNode], only: str | None = None) -> None:
        """Show the trained models, or all where none is trained, and tick everything, or one module by its path."""
        self.beginResetModel()
        every = [root for root in tree_of(nodes) if root.total.total_bytes]
        self.roots = [root for root in every if root.node.trained] or every
        self._rows = {id(child): row for branch in self._all() for row, child in enumerate(branch.children)}
        self._rows.update({id(root): row for row, root in enumerate(self.roots)})
        self._total = sum(root.total.total_bytes for root in self.roots)
        wanted = next((branch for branch in self._all() if branch.node.path == only), None)
        self._states = {id(branch): _ON if wanted is None else _OFF for branch in self._all()}
        if wanted is not None:
            self._tick(wanted, _ON)
        self.endResetModel()
        self.scope_changed.emit()

    def tick_all(self, *, on: bool) -> None:
        """Tick everything, or nothing."""
        for root in self.roots:
            self._tick(root, _ON if on else _OFF)
        self.scope_changed.emit()

    def chosen(self) -> str | None:
        """Names for the parameter `modules`: "" for everything, None for nothing."""
        states = [self._states[id(root)] for root in self.roots]
        if not self.roots or all(state == _ON for state in states):
            return ""
        names: list[str] = []
        waiting = list(reversed(self.roots))
        while waiting:
            branch = waiting.pop()
            state = self._states[id(branch)]
            if state == _ON:
                names.append(self._name(branch))
            elif state == _PART:
                waiting += reversed(branch.children)
        return ",".join(names) if names else None

    def chosen_bytes(self) -> int:
        """What the ticked modules hold."""
        waiting, found = list(self.roots), 0
        while waiting:
            branch = waiting.pop()
            state = self._states[id(branch)]
            if state == _ON:
                found += branch.total.total_bytes
            elif state == _PART:
                waiting += branch.children
        return found

    def place_of(self, path: str) -> QModelIndex:
        """Where a module is, by its path; invalid where there is none."""
        found = next((branch for branch in self._all() if branch.node.path == path), None)
        return QModelIndex() if found is None else self.createIndex(self._rows[id(found)], 0, found)

    def branch(self, index: _Index) -> ModuleBranch | None:
        """The module at a place."""
        found = index.internalPointer() if index.isValid() else None
        return found if isinstance(found, ModuleBranch) else None

    # Qt's side.

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """The place of a row below a module."""
        siblings = self._below(parent)
        if not (0 <= row < len(siblings) and 0 <= column < len(ScopeColumn)):
            return QModelIndex()
        return self.createIndex(row, column, siblings[row])

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override] # Qt has another parent() without index
        """The module above."""
        branch = self.branch(index)
        if branch is None or branch.parent is None:
            return QModelIndex()
        return self.createIndex(self._rows[id(branch.parent)], 0, branch.parent)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Modules right below."""
        return 0 if parent.column() > 0 else len(self._below(parent))

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return len(ScopeColumn)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """The first column has the checkbox."""
        found = super().flags(index)
        return found | Qt.ItemFlag.ItemIsUserCheckable if index.column() == ScopeColumn.NAME else found

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name with its checkbox, bytes, share."""
        branch = self.branch(index)
        if branch is None:
            return None
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == ScopeColumn.NAME:
            return self._states[id(branch)]
        if role == Qt.ItemDataRole.DisplayRole:
            held = branch.total.total_bytes
            if index.column() == ScopeColumn.NAME:
                return branch.name
            if index.column() == ScopeColumn.BYTES:
                return fmt.size(held) if held else "0"
            return fmt.ratio(held / self._total) if self._total else fmt.MISSING
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip_of(branch)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if index.column() == 0 else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole:
            dim = index.column() == ScopeColumn.SHARE or not branch.total.total_bytes
            return QColor(self._theme.muted) if dim else None
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or untick a module with all below it."""
        branch = self.branch(index)
        if branch is None or role != Qt.ItemDataRole.CheckStateRole:
            return False
        self._tick(branch, _ON if Qt.CheckState(value) == _ON else _OFF)
        self.dataChanged.emit(index, index)
        self.scope_changed.emit()
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(ScopeColumn):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            titles = (
                translate("shrink", "Module"), translate("shrink", "Bytes"), translate("shrink", "Share")
            )  # fmt: skip
            return titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    # Inside.

    def _tick(self, branch: ModuleBranch, state: Qt.CheckState) -> None:
        waiting = [branch]
        while waiting:
            one = waiting.pop()
            self._states[id(one)] = state
            waiting += one.children
        above = branch.parent
        while above is not None:
            below = {self._states[id(child)] for child in above.children}
            # A module that holds something of its own is whole only where it was ticked itself.
            whole = below == {_ON} and not _own_bytes(above)
            self._states[id(above)] = _ON if whole else _OFF if below == {_OFF} else _PART
            above = above.parent

    def _name(self, branch: ModuleBranch) -> str:
        """The name in the model, without the model's class where there is one model only."""
        path = branch.node.path
        if len(self.roots) > 1:
            return path
        return path[len(self.roots[0].node.path) + 1 :]

    def _all(self) -> Iterator[ModuleBranch]:
        waiting = list(reversed(self.roots))
        while waiting:
            branch = waiting.pop()
            yield branch
            waiting += reversed(branch.children)

    def _below(self, parent: _Index) -> list[ModuleBranch]:
        branch = self.branch(parent)
        return self.roots if branch is None else branch.children


def _own_bytes(branch: ModuleBranch) -> int:
    node = branch.node
    return node.parameters_bytes + node.gradients_bytes + node.optimizer_bytes
