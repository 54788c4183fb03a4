"""A page that is one table of prepared cells. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from memgui.ui.pages.page import Desk, Page
from memgui.ui.table_model import ColumnText, TableModel
from memgui.ui.theme import Theme


class Columns(IntEnum):
    """Columns of a table, counted from 0 in the order in which they are named."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[int]) -> int:
        return count


class TablePage(Page):
    """A table that its page fills by `model.set_rows`.

    Attributes:
        model: the rows; view: the table.
    """

    def __init__(
        self,
        desk: Desk,
        theme: Theme,
        columns: type[Columns],
        texts: Mapping[Any, ColumnText],
        widths: tuple[int, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(desk, theme, parent)
        self.model = TableModel(columns, texts, theme, self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.title())
        dress(self.view)
        for column, width in enumerate(widths):
            self.view.horizontalHeader().resizeSection(column, width)
        column_of_one = QVBoxLayout(self)
        column_of_one.setContentsMargins(0, 0, 0, 0)
        column_of_one.addWidget(self.view)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        self.model.set_theme(theme)


def dress(view: QTableView) -> None:
    """Give a table the looks and the ways of the dock's tables."""
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(25)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setStretchLastSection(True)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setMinimumHeight(QFontMetrics(header.font()).height() + 10)
