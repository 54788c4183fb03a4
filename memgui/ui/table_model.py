"""A read-only table of prepared cells as a Qt model; each tab of the dock fills one. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from memgui.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Cell:
    """What one cell shows; `order` is what it is sorted by, the text where None; tone is a colour's role."""

    text: str
    tip: str = ""
    tone: str = ""
    order: float | None = None


@dataclass(frozen=True)
class ColumnText:
    """Heading, its hover text, and whether the column holds numbers, which stand on the right."""

    title: str
    tip: str = ""
    is_number: bool = False


class TableModel(QAbstractTableModel):
    """Rows are replaced as a whole by `set_rows`, which announces only what differs."""

    def __init__(
        self, columns: type[IntEnum], texts: Mapping[Any, ColumnText], theme: Theme, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._texts = dict(texts)
        self._theme = theme
        self._rows: list[tuple[Cell, ...]] = []

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self._columns) - 1))

    def set_texts(self, texts: Mapping[Any, ColumnText]) -> None:
        """Show other headings."""
        self._texts = dict(texts)
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._columns) - 1)

    def set_rows(self, rows: Sequence[Mapping[Any, Cell]]) -> None:
        """Show these rows."""
        wanted = [tuple(row[column] for column in self._columns) for row in rows]
        have = len(self._rows)
        if len(wanted) < have:
            self.beginRemoveRows(QModelIndex(), len(wanted), have - 1)
            del self._rows[len(wanted) :]
            self.endRemoveRows()
        for number, row in enumerate(self._rows):
            if row != wanted[number]:
                self._rows[number] = wanted[number]
                self.dataChanged.emit(self.index(number, 0), self.index(number, len(self._columns) - 1))
        if len(wanted) > have:
            self.beginInsertRows(QModelIndex(), have, len(wanted) - 1)
            self._rows.extend(wanted[have:])
            self.endInsertRows()

    def cell(self, row: int, column: int) -> Cell:
        """The cell at a place."""
        return self._rows[row][column]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of rows; none below a cell."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns; none below a cell."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, hover text, alignment and colour of a cell."""
        if not index.isValid():
            return None
        cell = self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == SORT_ROLE:
            return cell.text if cell.order is None else cell.order
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tip or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole and cell.tone:
            return QColor(getattr(self._theme, cell.tone, self._theme.text))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        text = self._texts[self._columns[section]]
        if role == Qt.ItemDataRole.DisplayRole:
            return text.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tip or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        return None

    def _alignment(self, column: int) -> int:
        right = self._texts[self._columns[column]].is_number
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        return int(side | Qt.AlignmentFlag.AlignVCenter)
