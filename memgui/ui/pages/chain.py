"""Who holds what grows: asks the target to explain, and shows each suspect with its chain. GUI thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QScrollArea, QVBoxLayout, QWidget

from memgui.protocol.errors import Problem
from memgui.protocol.explanation import ExplainParams, Explanation
from memgui.protocol.inspection import CancelParams
from memgui.protocol.wire import WireError, from_wire
from memgui.ui import format as fmt
from memgui.ui.chain_card import ChainCard, kind_title
from memgui.ui.editor import open_in_editor, split_place
from memgui.ui.feed import Outcome, as_problem
from memgui.ui.i18n import translate
from memgui.ui.labels import label
from memgui.ui.named_lines import NamedLine
from memgui.ui.pages.page import Desk, Page
from memgui.ui.pages.tabs import CHAIN
from memgui.ui.survivor_watch import SurvivorWatch
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_METHOD = "inspect.explain"
_ASKED = ExplainParams()
_MARGIN_S = 10.0


class ChainPage(Page):
    """One explanation a target, kept while the window is open.

    Attributes:
        start: asks; cancel: has the target stop looking.
    """

    tab = CHAIN

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self._answers: dict[Any, Explanation] = {}
        self._troubles: dict[Any, str] = {}
        self._jobs: dict[Any, int] = {}
        self._expected_ms: dict[Any, float] = {}
        self.cards: list[ChainCard] = []
        self.start = QPushButton(translate("chain", "Show the chain"))
        self.start.setProperty("role", "primary")
        self.start.setProperty("scale", "small")
        self.start.clicked.connect(self.begin)
        self.cancel = QPushButton(translate("chain", "Cancel"))
        self.cancel.setProperty("scale", "small")
        self.cancel.clicked.connect(self._cancel_clicked)
        self.about = label(role="muted", wrap=True)
        self.watch = SurvivorWatch(desk.asks, desk.suspicions)
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        head = QHBoxLayout()
        head.setContentsMargins(12, 8, 12, 0)
        head.setSpacing(10)
        for button in (self.start, self.cancel):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.about, 1)
        cards = QVBoxLayout()
        cards.setContentsMargins(12, 4, 12, 8)
        cards.setSpacing(8)
        self._list = cards
        body = QWidget()
        body.setObjectName("chainBody")
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        inside.addLayout(head)
        inside.addWidget(self.watch)
        inside.addWidget(self.progress)
        inside.addLayout(cards)
        inside.addStretch(1)
        # All of it scrolls: the dock may be lower than the buttons and their words.
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self._tell()

    def show_target(self, target: LiveTarget | None) -> None:
        """Show what is known of another target."""
        super().show_target(target)
        self.watch.show_target(target)
        self._ask_expected()
        self._show_cards()
        self._tell()

    def refresh(self) -> None:
        """The button comes and goes with the connection."""
        self.watch.refresh()
        self._ask_expected()
        self._tell()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        for card in self.cards:
            card.set_theme(theme)

    @Slot()
    def begin(self) -> None:
        """Ask for an explanation, unless one is under way."""
        target = self.target
        if target is None or target.state != "connected" or target.key in self._jobs:
            return
        self._troubles.pop(target.key, None)
        timeout_s = _ASKED.timeout_s + _ASKED.seconds + _MARGIN_S
        answered = _Answered(self, target.key)
        self._jobs[target.key] = self.desk.asks.ask(target.key, _METHOD, _ASKED, answered.take, timeout_s=timeout_s)
        self._tell()

    def take(self, key: Any, outcome: Outcome) -> None:
        """The answer of a target came, or will not come."""
        if self._jobs.pop(key, None) is None:
            return
        try:
            if outcome.error is not None:
                raise outcome.error
            self._answers[key] = answer = from_wire(Explanation, outcome.result)
            self.desk.lines.tell(key, lines_of(answer))
        except WireError as error:
            self._troubles[key] = translate("chain", "The answer cannot be read: {error}").format(error=error)
        except Exception as error:  # noqa: BLE001 - whatever ended the request is told, and the window goes on
            self._troubles[key] = str(as_problem(error))
        if self.target is not None and self.target.key == key:
            self._show_cards()
            self._tell()

    def take_expected(self, key: Any, outcome: Outcome) -> None:
        """The pause to expect came."""
        listed = outcome.result.get("inspections", []) if isinstance(outcome.result, dict) else []
        found = [one.get("pause_ms") for one in listed if one.get("method") == _METHOD]
        self._expected_ms[key] = float(found[0]) if found and found[0] is not None else 0.0
        self._tell()

    def _ask_expected(self) -> None:
        target = self.target
        if (
            target is not None
            and target.state == "connected"
            and target.key not in self._expected_ms
            and self.isVisible()
        ):
            self._expected_ms[target.key] = 0.0
            answered = _Answered(self, target.key)
            self.desk.asks.ask(target.key, "inspect.list", {}, answered.take_expected, timeout_s=_MARGIN_S)

    @Slot()
    def _cancel_clicked(self) -> None:
        """The target is told to stop looking; the answer is not waited for."""
        target = self.target
        if target is not None:
            job = self._jobs.pop(target.key, None)
            if job is not None:
                self.desk.asks.forget(job)
                self.desk.asks.ask(target.key, "inspect.cancel", CancelParams(_METHOD), _ignore, timeout_s=_MARGIN_S)
        self._tell()

    def _tell(self) -> None:
        key = self.target.key if self.target is not None else None
        busy = key in self._jobs
        self.progress.setVisible(busy)
        self.cancel.setVisible(busy)
        self.start.setVisible(not busy)
        self.start.setEnabled(self.target is not None and self.target.state == "connected")
        answer = self._answers.get(key)
        self.start.setText(translate("chain", "Look again") if answer else translate("chain", "Show the chain"))
        if busy:
            text = translate("chain", "Looking, waiting some steps, and looking again; this takes up to ten seconds.")
        elif key in self._troubles:
            text = self._troubles[key]
        elif answer is not None:
            text = self._told(answer)
        else:
            text = self._offer(self._expected_ms.get(key, 0.0))
        self.about.setText(text)

    def _offer(self, pause_ms: float) -> str:
        text = translate("chain", "Finds what outlives its step, who holds it, and the line that made it.")
        if pause_ms:
            pause = translate("chain", "Training pauses for about {ms} ms in all, over three looks.")
            text += " " + pause.format(ms=round(pause_ms))
        return text

    def _told(self, answer: Explanation) -> str:
        words = translate("chain", "{steps} steps in {span}; training paused for {ms} ms.").format(
            steps=f"{answer.steps:,}", span=fmt.span(answer.seconds), ms=round(answer.pause_ms)
        )
        if not answer.suspects:
            words = translate("chain", "Nothing outlives its step: nothing grows by the step.") + " " + words
        if answer.births is not None:
            words += " " + translate("chain", "Lines of birth were not recorded: {why}.").format(why=answer.births)
        if answer.reason is not None:
            words += " " + translate("chain", "Not all was looked at: {why}.").format(why=answer.reason)
        return words

    def _show_cards(self) -> None:
        while self.cards:
            card = self.cards.pop()
            self._list.removeWidget(card)
            card.hide()
            card.deleteLater()
        answer = self._answers.get(self.target.key) if self.target is not None else None
        for suspect in answer.suspects if answer is not None else ():
            card = ChainCard(suspect, self.theme)
            card.place_wanted.connect(self._open_place)
            self._list.insertWidget(len(self.cards), card)
            self.cards.append(card)

    @Slot(str)
    def _open_place(self, place: str) -> None:
        file, line = split_place(place)
        try:
            open_in_editor(Path(file), line)
        except Problem as problem:
            self.about.setText(f"{problem.what}; {problem.next_step}")


def lines_of(answer: Explanation) -> list[NamedLine]:
    """The lines that an explanation names, the worst suspect's first."""
    made = translate("chain", "What grows is made on this line.")
    kept = translate("chain", "What grows is kept by this line.")
    both = translate("chain", "What grows is made and kept on this line.")
    found = []
    for suspect in answer.suspects:
        places = [(suspect.born, made), (suspect.stored, kept)]
        if suspect.born == suspect.stored:
            places = [(suspect.born, both)]
        for place, text in places:
            file, line = split_place(place or "")
            if line is not None:
                found.append(NamedLine(file, line, kind_title(suspect.kind), text))
    return found


def _ignore(_outcome: Outcome) -> None:
    """An agent of another version goes on for a few steps, and its answer is dropped."""


class _Answered:
    """Knows which target was asked, since the page may show another one by then."""

    def __init__(self, page: ChainPage, key: Any) -> None:
        self._page = page
        self._key = key

    def take(self, outcome: Outcome) -> None:
        """Pass it on."""
        self._page.take(self._key, outcome)

    def take_expected(self, outcome: Outcome) -> None:
        """Pass it on."""
        self._page.take_expected(self._key, outcome)
