"""What changed between two moments: metrics, and by the nearest looks roles, tensors, modules, types. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import auto
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QTableView, QVBoxLayout, QWidget

from memgui.protocol.inspection import InspectParams
from memgui.protocol.marking import Marked, MarkParams
from memgui.ui import format as fmt
from memgui.ui.i18n import metric_title, translate
from memgui.ui.labels import label
from memgui.ui.pages.look import LookPage
from memgui.ui.pages.page import Desk
from memgui.ui.pages.table_page import Columns, dress
from memgui.ui.pages.tabs import COMPARE
from memgui.ui.table_model import Cell, ColumnText, TableModel
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.analysis.difference import Change, LookAt, Moment
    from memgui.link.target import LiveTarget

_WIDTHS = (64, 160, 92, 92, 88, 88)
_NAME_LEAST_PX = 150
_EDGE_PX = 24
_SHOWN = 400
_ROUND = 100


class CompareColumn(Columns):
    """Columns of the changes."""

    KIND = auto()
    NAME = auto()
    CHANGE = auto()
    PER_STEP = auto()
    BEFORE = auto()
    AFTER = auto()


class ComparePage(LookPage):
    """Two clicks in the charts choose the moments; without, the last two looks are compared.

    Attributes:
        model: the changes; view: the table; filter: words that must occur; moments: which looks were compared.
    """

    tab = COMPARE

    method = "inspect.mark"
    answer_type = Marked

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self._span: tuple[float, float] | None = None
        self._shown: object = None
        self.model = TableModel(CompareColumn, compare_columns(), theme, self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.title())
        dress(self.view)
        for column, width in enumerate(_WIDTHS):
            self.view.horizontalHeader().resizeSection(column, width)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(translate("compare", "Filter…"))
        self.filter.setAccessibleName(translate("compare", "Filter"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(90)
        self.filter.setMaximumWidth(200)
        self.filter.textChanged.connect(self._filtered)
        self.bar.insertWidget(1, self.filter)
        self.moments = label(role="small", wrap=True)
        self.moments.setContentsMargins(10, 0, 10, 4)
        body = QFrame()
        column_of_two = QVBoxLayout(body)
        column_of_two.setContentsMargins(0, 0, 0, 0)
        column_of_two.setSpacing(0)
        column_of_two.addWidget(self.moments)
        column_of_two.addWidget(self.view, 1)
        self.set_body(body)

    def button_text(self) -> str:
        """The look stays in the history."""
        return translate("compare", "Mark here")

    def invitation(self) -> str:
        """What is said before there is anything to compare."""
        return translate(
            "compare",
            "Click two moments in the charts to see what changed between them. “Mark here” takes a look at everything "
            "that stays in the history: between two of them roles, tensors, modules, Python types and workers are "
            "compared too.",
        )

    def params(self) -> InspectParams:
        """A look that is named by its step."""
        return MarkParams()

    def show_target(self, target: LiveTarget | None) -> None:
        """Compare another target's moments."""
        self._span, self._shown = None, None
        super().show_target(target)

    def show_interval(self, span: tuple[float, float] | None) -> None:
        """Compare its two ends."""
        self._span = span
        self.refresh()

    def show_answer(self, answer: Marked) -> None:
        """The look stands among the events by now, or will in a moment."""
        self._shown = None
        self._compare()

    def refresh(self) -> None:
        """Look whether there is something new to compare."""
        super().refresh()
        self._compare()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        self.model.set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Names get what room there is."""
        super().resizeEvent(event)
        rest = self.width() - (sum(_WIDTHS) - _WIDTHS[CompareColumn.NAME]) - _EDGE_PX
        self.view.horizontalHeader().resizeSection(CompareColumn.NAME, max(_NAME_LEAST_PX, rest))

    @Slot()
    def _filtered(self) -> None:
        self._shown = None
        self._compare()

    def _compare(self) -> None:
        target = self.target
        if target is None or target.timeline.last_t is None:
            return
        # The history before the newest sample does not change, but a look may come late.
        state = (target.key, self._span, len(target.timeline.events))
        if state == self._shown:
            return
        self._shown = state
        from memgui.analysis.difference import Moment, largest_first, look_changes, metric_changes, nearest_looks

        timeline = target.timeline
        span = self._span or _last_looks(target)
        if span is None:
            self._say(self.invitation())
            return
        start, end = (Moment(at, timeline.step_at(at)) for at in span)
        changes = metric_changes(timeline, start, end)
        looks = nearest_looks(timeline, start, end)
        if looks is not None:
            changes += look_changes(looks[0].found, looks[1].found, looks[1].moment.step - looks[0].moment.step)
        words = self.filter.text().lower().split()
        shown = [one for one in largest_first(changes) if one.change and _matches(one, words)]
        self.model.set_rows([change_row(one) for one in shown[:_SHOWN]])
        self.moments.setText(moments_words(start, end, looks))
        self._stack.setCurrentIndex(1)


def compare_columns() -> dict[CompareColumn, ColumnText]:
    """Headings."""
    return {
        CompareColumn.KIND: ColumnText(translate("compare", "Kind")),
        CompareColumn.NAME: ColumnText(translate("compare", "What")),
        CompareColumn.BEFORE: ColumnText(translate("compare", "Before"), is_number=True),
        CompareColumn.AFTER: ColumnText(translate("compare", "After"), is_number=True),
        CompareColumn.CHANGE: ColumnText(translate("compare", "Change"), is_number=True),
        CompareColumn.PER_STEP: ColumnText(translate("compare", "A step"), is_number=True),
    }


def change_row(change: Change) -> Mapping[CompareColumn, Cell]:
    """One change; what stands on one side only has a dash on the other."""
    tone = "warn" if change.change > 0 else "good"
    name = metric_title(change.name) if change.group in ("metric", "role", "worker") else change.name
    return {
        CompareColumn.KIND: Cell(kind_words().get(change.group, change.group), tone="muted"),
        CompareColumn.NAME: Cell(name, change.name),
        CompareColumn.BEFORE: Cell(_figure(change, change.before), tone="muted"),
        CompareColumn.AFTER: Cell(_figure(change, change.after), tone="muted"),
        CompareColumn.CHANGE: Cell(_signed(change, change.change), tone=tone, order=change.change),
        CompareColumn.PER_STEP: Cell(_signed(change, change.per_step), order=change.per_step),
    }


def kind_words() -> dict[str, str]:
    """What may change."""
    return {
        "role": translate("compare", "role"),
        "tensors": translate("compare", "tensors"),
        "module": translate("compare", "module"),
        "type": translate("compare", "type"),
        "worker": translate("compare", "worker"),
        "metric": translate("compare", "metric"),
    }


def moments_words(start: Moment, end: Moment, looks: tuple[LookAt, LookAt] | None) -> str:
    """Which moments were compared, and how far the looks are away from them."""
    words = translate("compare", "Step {a} to {b}, {span}.").format(
        a=fmt.count(start.step), b=fmt.count(end.step), span=fmt.span(end.t_s - start.t_s)
    )
    if looks is None:
        return f"{words} " + translate(
            "compare", "There are no two looks to compare roles, tensors, modules and types by: mark twice."
        )
    told = translate(
        "compare", "Roles, tensors, modules and types by the looks “{first}” ({off_a}) and “{last}” ({off_b})."
    )
    return f"{words} " + told.format(
        first=looks[0].text, off_a=_off(looks[0], start), last=looks[1].text, off_b=_off(looks[1], end)
    )


def _off(look: LookAt, wanted: Moment) -> str:
    steps = look.moment.step - wanted.step
    if not steps:
        return translate("compare", "at this step")
    words = translate("compare", "{n} steps later") if steps > 0 else translate("compare", "{n} steps earlier")
    return words.format(n=fmt.count(abs(steps)))


def _last_looks(target: LiveTarget) -> tuple[float, float] | None:
    looks = [event.t_s for event in target.timeline.events if event.kind == "look"][-2:]
    return (looks[0], looks[1]) if len(looks) == 2 else None


def _matches(change: Change, words: list[str]) -> bool:
    text = f"{kind_words().get(change.group, '')} {change.name} {change.title}".lower()
    return all(word in text for word in words)


def _figure(change: Change, value: float | None) -> str:
    return fmt.quantity(value, _unit(change))


def _signed(change: Change, value: float | None) -> str:
    if value is None:
        return fmt.MISSING
    if _unit(change) == "bytes":
        return fmt.size_change(value)
    text = fmt.number(value, 2) if abs(value) < _ROUND and value % 1 else fmt.quantity(value, _unit(change))
    return f"+{text}" if value > 0 else text


def _unit(change: Change) -> str:
    from memgui.analysis.difference import is_size

    if is_size(change.name, change.group):
        return "bytes"
    return fmt.metric_unit(change.name) if change.group == "metric" else "count"
