"""Groups of tensors as a Qt model: cells are made when they are painted, so that ten thousand rows cost nothing.

Sorting and filtering are done on the groups themselves, not by a proxy that would ask for every cell. GUI thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from memgui.protocol.inspection import TensorGroup
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex


class GroupColumn(IntEnum):
    """Columns of the table."""

    SHAPE = 0
    DTYPE = 1
    DEVICE = 2
    COUNT = 3
    BYTES = 4
    PER_STEP = 5
    ROLE = 6
    BORN = 7
    HOLDER = 8


NUMBERS = (GroupColumn.COUNT, GroupColumn.BYTES, GroupColumn.PER_STEP)

_KEYS: dict[GroupColumn, Callable[[TensorGroup], Any]] = {
    GroupColumn.SHAPE: lambda group: group.shape,
    GroupColumn.DTYPE: lambda group: group.dtype,
    GroupColumn.DEVICE: lambda group: group.device,
    GroupColumn.ROLE: lambda group: group.role,
    GroupColumn.COUNT: lambda group: group.count,
    GroupColumn.BYTES: lambda group: group.bytes,
    GroupColumn.PER_STEP: lambda group: group.per_step or 0.0,
    GroupColumn.BORN: lambda group: group.born or "",
    GroupColumn.HOLDER: lambda group: group.holder or "",
}


def shape_words(group: TensorGroup) -> str:
    """ "[32, 2048]"; "[]" for a number."""
    return f"[{', '.join(str(length) for length in group.shape)}]"


def role_words(role: str) -> str:
    """A role in the user's language."""
    known = {
        "parameters": translate("tensors", "Parameters"),
        "gradients": translate("tensors", "Gradients"),
        "optimizer": translate("tensors", "Optimizer state"),
        "buffers": translate("tensors", "Buffers"),
        "activations": translate("tensors", "Activations, saved"),
        "other_tensors": translate("tensors", "Other tensors"),
    }
    return known.get(role, role)


class GroupsModel(QAbstractTableModel):
    """Those groups that pass the filter, in the order that a person chose."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._all: tuple[TensorGroup, ...] = ()
        self._shown: list[TensorGroup] = []
        self._words: tuple[str, ...] = ()
        self._sorted_by = (GroupColumn.BYTES, Qt.SortOrder.DescendingOrder)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(GroupColumn) - 1))

    def set_groups(self, groups: Sequence[TensorGroup]) -> None:
        """Show these groups."""
        self._all = tuple(groups)
        self._arrange()

    def set_filter(self, text: str) -> None:
        """Show only groups that have each word of the text in one of their columns."""
        self._words = tuple(text.lower().split())
        self._arrange()

    def group(self, row: int) -> TensorGroup:
        """The group in a row."""
        return self._shown[row]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self._sorted_by = (GroupColumn(column), order)
        self._arrange()

    def _arrange(self) -> None:
        column, order = self._sorted_by
        self.beginResetModel()
        self._shown = [group for group in self._all if self._passes(group)]
        self._shown.sort(key=_KEYS[column], reverse=order == Qt.SortOrder.DescendingOrder)
        self.endResetModel()

    def _passes(self, group: TensorGroup) -> bool:
        if not self._words:
            return True
        role = role_words(group.role)
        text = (
            f"{shape_words(group)} {group.dtype} {group.device} {role} {group.born or ''} {group.holder or ''}".lower()
        )
        return all(word in text for word in self._words)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of rows; none below a cell."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns; none below a cell."""
        return 0 if parent.isValid() else len(GroupColumn)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, hover text, alignment and colour of a cell."""
        if not index.isValid():
            return None
        group, column = self._shown[index.row()], GroupColumn(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(group, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(group, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(group, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(GroupColumn):
            return None
        column = GroupColumn(section)
        if role == Qt.ItemDataRole.DisplayRole:
            return _titles()[column]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def _text(self, group: TensorGroup, column: GroupColumn) -> str:
        if column == GroupColumn.SHAPE:
            return shape_words(group)
        if column == GroupColumn.ROLE:
            return role_words(group.role)
        if column == GroupColumn.COUNT:
            return fmt.count(group.count)
        if column == GroupColumn.BYTES:
            return fmt.size(group.bytes)
        if column == GroupColumn.PER_STEP:
            return fmt.MISSING if group.per_step is None else fmt.size_change(group.per_step) if group.per_step else "0"
        if column == GroupColumn.BORN:
            return os.path.basename(group.born or "")
        return str(_KEYS[column](group))

    def _tip(self, group: TensorGroup, column: GroupColumn) -> str | None:
        if column == GroupColumn.BYTES:
            return translate("tensors", "{n} bytes").format(n=fmt.number(group.bytes))
        if column == GroupColumn.PER_STEP and group.per_step is None:
            return translate("tensors", "Look a second time to see what changes.")
        if column == GroupColumn.BORN:
            return group.born
        return group.holder if column == GroupColumn.HOLDER else None

    def _colour(self, group: TensorGroup, column: GroupColumn) -> QColor | None:
        if column == GroupColumn.PER_STEP and group.per_step:
            return QColor(self._theme.bad if group.per_step > 0 else self._theme.good)
        if column in (GroupColumn.DTYPE, GroupColumn.DEVICE, GroupColumn.PER_STEP):
            return QColor(self._theme.muted)
        return None


def _titles() -> dict[GroupColumn, str]:
    return {
        GroupColumn.SHAPE: translate("tensors", "Shape"),
        GroupColumn.DTYPE: translate("tensors", "Type"),
        GroupColumn.DEVICE: translate("tensors", "Place"),
        GroupColumn.COUNT: translate("tensors", "Count"),
        GroupColumn.BYTES: translate("tensors", "Bytes"),
        GroupColumn.PER_STEP: translate("tensors", "Δ per step"),
        GroupColumn.ROLE: translate("tensors", "Role"),
        GroupColumn.BORN: translate("tensors", "Made in"),
        GroupColumn.HOLDER: translate("tensors", "Held by"),
    }


def _alignment(column: GroupColumn) -> int:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
