"""A page that shows the answer to a look at the target's objects, taken when a person asks for it. GUI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from memgui.link.actions import MARGIN_S
from memgui.protocol.inspection import Inspected, InspectionList, InspectParams
from memgui.ui import format as fmt
from memgui.ui.feed import Outcome, as_problem
from memgui.ui.i18n import translate
from memgui.ui.labels import label
from memgui.ui.pages.page import Desk, Page
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_WAIT_S, _LIST_S = 30.0, 10.0


class LookPage(Page):
    """A bar with the button, what the look has cost, and below it the answer, or why there is none.

    Attributes:
        method: of the wire.
        answer_type: dataclass of the answer.
        button: takes a look.
        about: how the last look went.
        bar: where a page puts its own widgets, between the button and the words.
    """

    method = ""
    answer_type: type[Inspected] = Inspected

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self._job: int | None = None
        self._answers: dict[object, Inspected] = {}
        # Milliseconds by target; None while the agent was asked and has not answered.
        self._pauses: dict[object, float | None] = {}
        self.button = QPushButton(self.button_text())
        self.button.setProperty("scale", "small")
        self.button.clicked.connect(self.look)
        self.about = label(role="small")
        self.bar = QHBoxLayout()
        self.bar.setContentsMargins(10, 6, 10, 6)
        self.bar.setSpacing(8)
        self.bar.addWidget(self.button)
        self.bar.addStretch(1)
        self.bar.addWidget(self.about)
        self._empty = label(role="muted")
        self._empty.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._make_empty())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self.bar)
        column.addWidget(self._stack, 1)

    def _make_empty(self) -> QWidget:
        holder = QWidget()
        row = QVBoxLayout(holder)
        row.setContentsMargins(12, 6, 12, 6)
        row.addWidget(self._empty)
        row.addStretch(1)
        return holder

    # What a page fills in.

    def set_body(self, body: QWidget) -> None:
        """The widget that shows an answer."""
        self._stack.addWidget(body)

    def invitation(self) -> str:
        """What is said before the first look."""
        raise NotImplementedError

    def button_text(self) -> str:
        """What is on the button."""
        return translate("looks", "Look now")

    def params(self) -> InspectParams:
        """What to ask."""
        return InspectParams(timeout_s=_WAIT_S)

    def show_answer(self, answer: Any) -> None:
        """Show what was found, an instance of `answer_type`."""
        raise NotImplementedError

    @property
    def answer(self) -> Inspected | None:
        """What the last look at the target has found."""
        return self._answers.get(self.target.key) if self.target is not None else None

    # What happens.

    def show_target(self, target: LiveTarget | None) -> None:
        """Show the last look at this target, if there was one."""
        if target is self.target:
            return
        super().show_target(target)
        if self._job is not None:
            self.desk.asks.forget(self._job)
            self._job = None
        answer = self._answers.get(target.key) if target is not None else None
        if answer is None:
            self.about.setText("")
            self._say(self.invitation())
        else:
            self._show(answer)
        self._dress_button()

    def refresh(self) -> None:
        """A look is possible only while the agent answers; what pause to expect is told before."""
        target = self.target
        if target is not None and target.state == "connected" and target.key not in self._pauses:
            self._pauses[target.key] = None
            told = partial(self._told, target.key)
            self.desk.asks.ask(target.key, "inspect.list", {}, told, timeout_s=_LIST_S)
        self._dress_button()

    @Slot()
    def look(self) -> None:
        """Ask for a look."""
        if self.target is None or self._job is not None:
            return
        params = self.params()
        timeout_s = params.timeout_s + params.budget_ms / 1e3 + MARGIN_S
        self.about.setText(translate("looks", "waiting for a step boundary"))
        self._job = self.desk.asks.ask(
            self.target.key, self.method, params, self._answered, timeout_s=timeout_s, progressed=self._got_on
        )
        self._dress_button()

    def _told(self, key: object, outcome: Outcome) -> None:
        """What there is to look at came; an agent that does not know the question is asked for a look all the same."""
        try:
            known = msgspec.convert(outcome.result, InspectionList).inspections
        except msgspec.ValidationError:
            return
        pauses = {info.method: info.pause_ms for info in known}
        self._pauses[key] = pauses.get(self.method)
        self._dress_button()

    def _got_on(self, text: str, _ratio: float) -> None:
        self.about.setText(text)

    def _answered(self, outcome: Outcome) -> None:
        self._job = None
        self._dress_button()
        if outcome.error is not None:
            problem = as_problem(outcome.error)
            self._fail(f"{problem.what}. {problem.next_step}".strip())
            return
        try:
            answer = msgspec.convert(outcome.result, self.answer_type)
        except (msgspec.ValidationError, TypeError) as error:
            self._fail(translate("looks", "the answer cannot be read: {error}").format(error=error))
            return
        if self.target is not None:
            self._answers[self.target.key] = answer
            self._pauses[self.target.key] = answer.pause_ms
            self._show(answer)

    def _fail(self, why: str) -> None:
        # What was found before stays in sight, with the reason beside it.
        if self.target is not None and self.target.key in self._answers:
            self.about.setText(why)
            self.about.setToolTip(why)
        else:
            self.about.setText("")
            self._say(why)

    def _show(self, answer: Inspected) -> None:
        words = translate("looks", "step {step} · pause {pause}").format(
            step=fmt.count(answer.step), pause=fmt.duration(answer.pause_ms / 1e3)
        )
        if not answer.complete:
            words = f"{translate('looks', 'not complete')} · {words}"
        self.about.setText(words)
        self.about.setToolTip(answer.reason or translate("looks", "How long the training stood still for it."))
        self._stack.setCurrentIndex(1)
        self.show_answer(answer)

    def _say(self, text: str) -> None:
        self._empty.setText(text)
        self._stack.setCurrentIndex(0)

    def _dress_button(self) -> None:
        ready = self.target is not None and self.target.state == "connected" and self._job is None
        self.button.setEnabled(ready)
        self.button.setText(translate("looks", "Looking…") if self._job is not None else self.button_text())
        words = translate("looks", "Visits the objects of the training at its next step boundary.") + " "
        pause_ms = self._pauses.get(self.target.key) if self.target is not None else None
        if pause_ms is None:
            words += translate("looks", "The training stands still meanwhile, for two seconds at most.")
        else:
            pause = fmt.duration(pause_ms / 1e3)
            words += translate("looks", "The training will stand still for about {pause}.").format(pause=pause)
            if not self.about.text():
                self.about.setText(translate("looks", "a look takes about {pause}").format(pause=pause))
        self.button.setToolTip(words)
