"""What a shrink would do: the sum, the layers, what is left out; or why that cannot be told. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from memgui.protocol.errors import Problem
from memgui.protocol.payloads import Preview
from memgui.protocol.shrinking import LeftOut, ShrinkPlan
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.labels import ElidedLabel, label, restyle
from memgui.ui.pages.table_page import dress
from memgui.ui.shrink import words
from memgui.ui.shrink.bars import BeforeAfter
from memgui.ui.shrink.plan_delegate import BarsDelegate, NameDelegate
from memgui.ui.shrink.plan_model import PlanColumn, PlanModel
from memgui.ui.shrink.requests import parts_of
from memgui.ui.table_model import Cell, ColumnText, TableModel
from memgui.ui.theme import Theme

_ROW_PX = 42
_WIDE = {PlanColumn.FREED: 94, PlanColumn.DAMAGE: 86}
# The bars take this share of the table, within limits.
_BARS_SHARE, _BARS_PX = 0.28, (96, 220)


class _LeftColumn(IntEnum):
    MODULE = 0
    REASON = 1


class PlanView(QWidget):
    """One of two pages: the plan, or a text in its place.

    Attributes:
        again_wanted: a preview that failed shall be asked once more.
        model: the layers; view: their table; left_out: the model of what is not changed.
    """

    again_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = PlanModel(theme, self)
        self.view = self._make_view(theme)
        self.left_out = TableModel(_LeftColumn, _left_titles(), theme, self)
        self._left_view = QTableView()
        self._left_view.setModel(self.left_out)
        self._left_view.setAccessibleName(translate("shrink", "Modules that are left out"))
        dress(self._left_view)
        self._left_view.horizontalHeader().resizeSection(0, 190)
        self.bars = BeforeAfter(theme)
        self.gain = label(role="strong")
        self._aside = ElidedLabel(role="small")
        self._aside.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._facts: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self.tabs = QTabBar()
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(translate("shrink", "What is changed, and what is left out"))
        self._tables = QStackedWidget()
        self._tables.addWidget(self.view)
        self._tables.addWidget(self._left_view)
        for _ in range(2):
            self.tabs.addTab("")
        self.tabs.currentChanged.connect(self._tables.setCurrentIndex)
        self.message = label(wrap=True)
        self.way_out = label(role="muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 0)
        self.again = QPushButton(translate("shrink", "Ask again"))
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self.again_wanted)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_message())
        self._stack.addWidget(self._make_plan())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def _make_view(self, theme: Theme) -> QTableView:
        view = QTableView()
        view.setModel(self.model)
        view.setObjectName("plan")
        view.setAccessibleName(translate("shrink", "Layers that are changed"))
        dress(view)
        view.verticalHeader().setDefaultSectionSize(_ROW_PX)
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._delegate = BarsDelegate(self.model, theme, view)
        view.setItemDelegateForColumn(PlanColumn.BARS, self._delegate)
        self._names = NameDelegate(theme, view)
        view.setItemDelegateForColumn(PlanColumn.MODULE, self._names)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = view.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(PlanColumn.MODULE, QHeaderView.ResizeMode.Stretch)
        for column, wide in _WIDE.items():
            header.resizeSection(column, wide)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.setSortIndicatorClearable(True)
        view.setSortingEnabled(True)
        return view

    def _make_message(self) -> QWidget:
        holder = QWidget()
        self._card = QFrame()
        self._card.setProperty("role", "card")
        inner = QVBoxLayout(self._card)
        inner.setContentsMargins(14, 12, 14, 12)
        inner.setSpacing(8)
        for part in (self.message, self.way_out, self._bar):
            inner.addWidget(part)
        for text in (self.message, self.way_out):
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addWidget(self.again)
        row.addStretch(1)
        inner.addLayout(row)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._card)
        column.addStretch(1)
        return holder

    def _make_plan(self) -> QWidget:
        holder = QWidget()
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self.gain)
        head.addWidget(self._aside, 1)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(7)
        column.addLayout(head)
        column.addWidget(self.bars)
        column.addLayout(self._grid)
        column.addWidget(self.tabs)
        column.addWidget(self._tables, 1)
        return holder

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._delegate.set_theme(theme)
        self._names.set_theme(theme)
        self.bars.set_theme(theme)
        self.model.set_theme(theme)
        self.left_out.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The bars get their share of the room."""
        super().resizeEvent(event)
        wide = min(_BARS_PX[1], max(_BARS_PX[0], round(self.width() * _BARS_SHARE)))
        self.view.horizontalHeader().resizeSection(PlanColumn.BARS, wide)

    # What is shown.

    def show_awaited(self, text: str) -> None:
        """A preview is under way; the one before stays in sight."""
        said = text or translate("shrink", "asking at the next step boundary…")
        if self._stack.currentIndex() == 1:
            self._aside.setText(said)
            self._dim(on=True)
        else:
            self._say(said[:1].upper() + said[1:], "", tone="", waits=True, again=False)

    def show_nothing(self, text: str) -> None:
        """There is nothing to preview, and why."""
        self._say(text, "", tone="", waits=False, again=False)

    def show_problem(self, problem: Problem, *, refused: bool) -> None:
        """The preview was refused, or failed, or nobody answered."""
        self._say(problem.what, problem.next_step, tone="warn" if refused else "bad", waits=False, again=True)

    def show_preview(self, preview: Preview) -> None:
        """Show the answer."""
        if preview.unavailable:
            what, way = parts_of(preview.unavailable)
            self._say(what, way, tone="warn", waits=False, again=True)
            return
        plan = preview.plan or ShrinkPlan()
        self._dim(on=False)
        self.gain.setText(words.gain(preview))
        restyle(self.gain, tone="good" if (preview.would_free_bytes or 0) > 0 else "warn")
        self._aside.setText("")
        self.bars.show_sizes(plan.before, plan.after)
        self.bars.setVisible(bool(plan.before.total))
        self._show_facts(words.facts(preview, plan))
        self.model.set_layers(plan.layers)
        self._show_left_out(plan.left_out)
        self.tabs.setTabText(0, translate("shrink", "Layers: {n}").format(n=fmt.count(len(plan.layers))))
        self.tabs.setTabText(1, translate("shrink", "Left out: {n}").format(n=fmt.count(len(plan.left_out))))
        self.tabs.setTabVisible(1, bool(plan.left_out))
        if plan.left_out and not plan.layers:
            self.tabs.setCurrentIndex(1)
        elif not plan.left_out:
            self.tabs.setCurrentIndex(0)
        self._stack.setCurrentIndex(1)

    def _say(self, text: str, way_out: str, *, tone: str, waits: bool, again: bool) -> None:
        self.message.setText(text)
        self.way_out.setText(way_out)
        self.way_out.setVisible(bool(way_out))
        self._bar.setVisible(waits)
        self.again.setVisible(again)
        restyle(self._card, tone=tone)
        self._stack.setCurrentIndex(0)

    def _show_facts(self, facts: list[words.Fact]) -> None:
        while len(self._facts) < len(facts):
            row = len(self._facts)
            title, value = label(role="small"), label(wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1)
            self._facts.append((title, value))
        for place, (title, value) in enumerate(self._facts):
            fact = facts[place] if place < len(facts) else None
            title.setVisible(fact is not None)
            value.setVisible(fact is not None)
            if fact is not None:
                title.setText(fact.title)
                value.setText(fact.text)
                value.setToolTip(fact.tip)
                restyle(value, tone=fact.tone)

    def _show_left_out(self, left_out: tuple[LeftOut, ...]) -> None:
        rows: list[Mapping[Any, Cell]] = [
            {
                _LeftColumn.MODULE: Cell(one.module, one.module),
                _LeftColumn.REASON: Cell(one.reason, one.reason, "muted"),
            }
            for one in left_out
        ]
        self.left_out.set_rows(rows)

    def _dim(self, *, on: bool) -> None:
        for part in (self.gain, self.bars, self._tables):
            part.setEnabled(not on)


def _left_titles() -> dict[_LeftColumn, ColumnText]:
    return {
        _LeftColumn.MODULE: ColumnText(translate("shrink", "Module")),
        _LeftColumn.REASON: ColumnText(translate("shrink", "Why it is left out")),
    }
