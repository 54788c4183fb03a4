"""The page of all targets: which metric, in which order, as small charts or as a heat map. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.i18n import explain
from memgui.ui.labels import ElidedLabel, label
from memgui.ui.overview import choices
from memgui.ui.overview.board import Board
from memgui.ui.overview.canvas import Canvas, Spot
from memgui.ui.overview.heat_map import HeatMap
from memgui.ui.overview.legend import ScaleLegend
from memgui.ui.overview.multiples import Multiples
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

# A frame reads new levels for so long; while a picture is being filled it may take longer.
_BUDGET_S = 0.002
_FILLING_S = 0.03
# Figures, order and choices change this many ticks apart; the levels at every tick that brings a new column.
_WORDS_EVERY = 4
_ORDER_EVERY = 8


class Overview(QWidget):
    """Shows the targets that `targets` gives, as of each `refresh`.

    Attributes:
        opened: the key of the target that a person wants to see.
    """

    opened = Signal(object)

    def __init__(
        self, targets: Callable[[], tuple[LiveTarget, ...]], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._targets = targets
        self._theme = theme
        self._span_s: float | None = 600.0
        self._ticks = 0
        self._chosen = ""
        self._choices: list[str] = []
        self._ordered_by = ""
        self.board = Board()
        self.heat_map = HeatMap(self.board, theme)
        self.multiples = Multiples(self.board, theme)
        self.heat_map.setAccessibleName(self.tr("Heat map of all targets"))
        self.multiples.setAccessibleName(self.tr("Small charts of all targets"))
        self.metric_box = QComboBox()
        self.metric_box.setAccessibleName(self.tr("Metric"))
        self.metric_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.metric_box.setMinimumContentsLength(8)
        self.order_box = QComboBox()
        self.order_box.setAccessibleName(self.tr("Order"))
        for word, title in (
            ("growth", self.tr("By growth")),
            ("size", self.tr("By size")),
            ("name", self.tr("By name")),
        ):
            self.order_box.addItem(title, word)
        self.same_scale = QPushButton(self.tr("Same scale"))
        self.same_scale.setCheckable(True)
        self.same_scale.setChecked(True)
        self.same_scale.setToolTip(
            self.tr("One scale for all targets; off: each from its own lowest to its own highest")
        )
        self._title = label(self.tr("All targets"), "title")
        self._about = ElidedLabel(role="muted")
        self._read_out = ElidedLabel(role="muted")
        self._legend = ScaleLegend(theme)
        self._views = QButtonGroup(self)
        self._stack = QStackedWidget()
        self._lay_out()
        self.metric_box.activated.connect(self._metric_chosen)
        self.order_box.currentIndexChanged.connect(self._order_chosen)
        self.same_scale.toggled.connect(self._scale_chosen)
        self._views.idClicked.connect(self._view_chosen)
        for canvas in (self.heat_map, self.multiples):
            canvas.opened.connect(self.opened)
            canvas.pointed.connect(self._pointed)

    def _lay_out(self) -> None:
        top, tools = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self._title)
        top.addSpacing(4)
        top.addWidget(self._about, 1)
        for number, (title, canvas) in enumerate(
            ((self.tr("Charts"), self.multiples), (self.tr("Heat map"), self.heat_map))
        ):
            button = QPushButton(title)
            button.setCheckable(True)
            button.setProperty("scale", "small")
            button.setChecked(number == 0)
            self._views.addButton(button, number)
            top.addWidget(button)
            self._stack.addWidget(self._scrolled(canvas))
        tools.setSpacing(6)
        self.same_scale.setProperty("scale", "small")
        for tool in (self.metric_box, self.order_box, self.same_scale):
            tools.addWidget(tool)
        tools.addStretch(1)
        tools.addWidget(self._legend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(9)
        column.addLayout(top)
        column.addLayout(tools)
        column.addWidget(self._stack, 1)
        column.addWidget(self._read_out)

    def _scrolled(self, canvas: Canvas) -> QScrollArea:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(canvas)
        area.viewport().installEventFilter(self)
        return area

    @property
    def canvas(self) -> Canvas:
        """The picture in sight."""
        return self.heat_map if self._stack.currentIndex() else self.multiples

    @property
    def read_out(self) -> str:
        """What is said of the place that is pointed at."""
        return self._read_out.text()

    # ---- what the window asks for --------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        for part in (self.heat_map, self.multiples, self._legend):
            part.set_theme(theme)

    def set_span(self, seconds: float | None) -> None:
        """The stretch of time, None for all there is."""
        self._span_s = seconds
        if self.isVisible():
            self._show_all()

    def refresh(self) -> None:
        """Called by the window's timer: read what is new, and paint where a level has changed."""
        if not self.isVisible():
            return
        self._ticks += 1
        if self._arrange():
            self._show_all()
            return
        # While somebody points at a row it stays where it is.
        if self._ticks % _ORDER_EVERY == 0 and self.canvas.spot is None:
            self._sort()
        if self.board.read(_BUDGET_S) or self._ticks % _ORDER_EVERY == 0:
            self.canvas.update()
        if self._ticks % _WORDS_EVERY == 0:
            self._words()

    def _show_all(self) -> None:
        self._arrange()
        self.board.read(_FILLING_S)
        self._sort()
        self._words()
        self.canvas.arranged()

    def _arrange(self) -> bool:
        targets = tuple(target for target in self._targets() if target.timeline.last_t is not None)
        if not self._chosen or self._ticks % _WORDS_EVERY == 0:
            self._fill_choices(targets)
        return self.board.arrange(targets, self._chosen, self._span_s, self.canvas.columns)

    def _fill_choices(self, targets: tuple[LiveTarget, ...]) -> None:
        there = choices.choices_of(targets)
        if not there or self.metric_box.view().isVisible():
            return
        if there != self._choices:
            self._choices = there
            self.metric_box.clear()
            for choice in there:
                self.metric_box.addItem(choices.title_of(choice), choice)
                self.metric_box.setItemData(self.metric_box.count() - 1, explain(choice), Qt.ItemDataRole.ToolTipRole)
        if self._chosen not in there:
            self._chosen = choices.default_choice(there)
        self.metric_box.setCurrentIndex(there.index(self._chosen))

    def _sort(self) -> None:
        self.board.sort(self.order_box.currentData())

    def _words(self) -> None:
        rows = self.board.rows
        growing = sum(view.alarming(row.target) is not None for row in rows)
        parts = [self.tr("{n} targets").format(n=len(rows)), self.tr("last {span}").format(span=self._span_words())]
        if growing:
            parts.insert(1, self.tr("{n} growing").format(n=growing))
        self._about.setText(" · ".join(parts))
        bounds = self.board.bounds()
        unit = fmt.metric_unit(self.board.choice)
        low, high = (fmt.quantity(end, unit) for end in bounds) if bounds else (fmt.MISSING, fmt.MISSING)
        if not self.same_scale.isChecked():
            low, high = self.tr("own lowest"), self.tr("own highest")
        self._legend.show_ends(low, high, has_bar=self.canvas is self.heat_map)
        self._pointed(self.canvas.spot)

    def _span_words(self) -> str:
        return fmt.span(self.board.span_s)

    # ---- what a person does --------------------------------------------------------------------------------------

    @Slot(int)
    def _metric_chosen(self, number: int) -> None:
        self._chosen = self.metric_box.itemData(number)
        self._show_all()

    @Slot()
    def _order_chosen(self) -> None:
        self._sort()
        self.canvas.arranged()

    @Slot(bool)
    def _scale_chosen(self, shared: bool) -> None:  # noqa: FBT001 - Qt's signature
        for canvas in (self.heat_map, self.multiples):
            canvas.shared = shared
        self._words()
        self.canvas.update()

    @Slot(int)
    def _view_chosen(self, number: int) -> None:
        self._stack.setCurrentIndex(number)
        self._show_all()
        self.canvas.setFocus()

    def show_view(self, name: str) -> None:
        """Show "charts" or "map"."""
        number = 1 if name == "map" else 0
        self._views.button(number).setChecked(True)
        self._view_chosen(number)

    @Slot(object)
    def _pointed(self, spot: Spot | None) -> None:
        if spot is None or spot.row >= len(self.board.rows):
            self._read_out.setText(self.tr("Point at a target to read its value; a click opens it."))
            return
        target = self.board.rows[spot.row].target
        unit = fmt.metric_unit(self.board.choice)
        words = [view.title(target), view.detail(target)]
        if spot.column is not None and spot.column < self.board.columns:
            words.append(fmt.clock(self.board.time_of(spot.row, spot.column)))
            words.append(fmt.quantity(self.board.level(spot.row, spot.column), unit))
        else:
            words.append(fmt.quantity(self.board.value(spot.row), unit))
        change = self.board.change(spot.row)
        if change is not None:
            grown = fmt.size_change(change) if unit == "bytes" else fmt.quantity(change, unit)
            words.append(self.tr("{change} in view").format(change=grown))
        self._read_out.setText(" · ".join(words))

    # ---- Qt ------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Another room means other columns, tiles and heights."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.canvas.updateGeometry()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """What was not looked at is read now."""
        super().showEvent(event)
        self._show_all()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody points at anything."""
        super().hideEvent(event)
        self.canvas.point(None)
