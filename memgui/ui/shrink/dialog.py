"""«Shrink the job»: method, scope and parameters at the left, what that would do at the right, then how it went.

GUI thread. The dialog holds no widget a layer: tree and table are views, so that hundreds of layers cost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from memgui.protocol.errors import Problem
from memgui.protocol.inspection import Modules
from memgui.protocol.payloads import ActionInfo, Preview
from memgui.ui import target_view as view
from memgui.ui.actions_panel import ordered, shrinks
from memgui.ui.feed import as_problem
from memgui.ui.i18n import agent_text
from memgui.ui.labels import ElidedLabel, label, restyle
from memgui.ui.shrink.method_list import MethodList
from memgui.ui.shrink.outcome_view import OutcomeView
from memgui.ui.shrink.parameters import Parameters
from memgui.ui.shrink.plan_view import PlanView
from memgui.ui.shrink.previewer import Previewer
from memgui.ui.shrink.requests import Requests, is_refusal, split
from memgui.ui.shrink.run import ShrinkRun
from memgui.ui.shrink.scope import Scope
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.action_runs import ActionRuns
    from memgui.ui.asks import Asks
    from memgui.ui.feed import Feed
    from memgui.ui.journal import Journal

_SIZE = (1120, 720)
_MARGIN_PX = 40
_METHODS_PX, _CHOICES_PX, _LEAST_PLAN_PX = 184, 268, 430


class ShrinkDialog(QDialog):
    """One target, or all ranks of its run.

    Attributes:
        methods, scope, parameters, plan, outcome: its parts.
        run_button, close_button, everywhere: what is pressed.
    """

    def __init__(
        self,
        target: LiveTarget,
        feed: Feed,
        asks: Asks,
        runs: ActionRuns,
        journal: Journal,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Shrink the job"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._target = target
        self._journal = journal
        self._action: ActionInfo | None = None
        self._requests = Requests(feed, asks, target, self)
        self._run = ShrinkRun(target, runs, journal, self._requests, self)
        self._previewer = Previewer(self._requests.preview, self)
        self.methods = MethodList()
        self.scope = Scope(theme)
        self.parameters = Parameters()
        self.plan = PlanView(theme)
        self.outcome = OutcomeView(theme)
        self._about = label(role="muted", wrap=True)
        self.everywhere = QCheckBox()
        self._said = ElidedLabel(role="small")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setRange(0, 0)
        self.run_button = QPushButton(self.tr("Shrink"))
        self.run_button.setProperty("role", "primary")
        self.run_button.setDefault(True)
        self.close_button = QPushButton(self.tr("Cancel"))
        self.close_button.setAutoDefault(False)
        self._right = QStackedWidget()
        self._lay_out()
        self._connect()
        ranks = self._requests.ranks
        self.everywhere.setText(self.tr("on all {n} ranks, at the same step").format(n=len(ranks)))
        self.everywhere.setVisible(len(ranks) > 1)
        self._show_state()

    def _lay_out(self) -> None:
        heading = QHBoxLayout()
        heading.setSpacing(12)
        heading.addWidget(label(self.tr("Shrink the job"), "title"))
        name = ElidedLabel(f"{view.title(self._target)} · {view.detail(self._target)}", "muted")
        heading.addWidget(name, 1)
        heading.addWidget(self.everywhere)
        self._choices = QSplitter(Qt.Orientation.Vertical)
        self._choices.setChildrenCollapsible(False)
        self._choices.addWidget(self.scope)
        self._choices.addWidget(_scrolled(self.parameters))
        self._choices.setSizes([290, 290])
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self._about)
        middle.addWidget(self._choices, 1)
        self._right.addWidget(self.plan)
        self._right.addWidget(self.outcome)
        self._right.setMinimumWidth(_LEAST_PLAN_PX)
        self._methods_area = _scrolled(self.methods)
        self._methods_area.setFixedWidth(_METHODS_PX)
        self._middle = QWidget()
        self._middle.setLayout(middle)
        middle.setContentsMargins(0, 0, 0, 0)
        self._middle.setFixedWidth(_CHOICES_PX)
        columns = QHBoxLayout()
        columns.setSpacing(18)
        columns.addWidget(self._methods_area)
        columns.addWidget(self._middle)
        columns.addWidget(self._right, 1)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addWidget(self._said, 1)
        foot.addWidget(self._progress)
        foot.addWidget(self.close_button)
        foot.addWidget(self.run_button)
        self._progress.setFixedWidth(140)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 14)
        whole.setSpacing(12)
        whole.addLayout(heading)
        whole.addLayout(columns, 1)
        whole.addLayout(foot)

    def _connect(self) -> None:
        self.methods.chosen.connect(self._method_chosen)
        self.scope.changed.connect(self._wish_changed)
        self.parameters.edited.connect(self._wish_changed)
        self.everywhere.toggled.connect(self._everywhere_toggled)
        self._previewer.changed.connect(self._show_preview)
        self.plan.again_wanted.connect(self._previewer.again)
        self.run_button.clicked.connect(self._run_clicked)
        self.close_button.clicked.connect(self._close_clicked)
        self._run.changed.connect(self._show_state)
        self._run.ended.connect(self._show_outcome)
        self._journal.changed.connect(self._refresh_outcome)
        self.outcome.undo_wanted.connect(self._run.undo)

    def begin(
        self, method: str = "", only: str | None = None, modules: Modules | None = None, *, everywhere: bool = False
    ) -> None:
        """Show itself, fill the parts, and ask for what is missing.

        Args:
            method: action that is chosen at first; the first that is available where empty.
            only: path of the one module that is ticked at first; None for all.
            modules: what is known of the modules already; None to ask.
            everywhere: all ranks of the run are meant, where there are several.
        """
        above = self.parentWidget()
        room = above.window().size() if above is not None else self.screen().availableSize()
        self.resize(min(_SIZE[0], room.width() - _MARGIN_PX), min(_SIZE[1], room.height() - _MARGIN_PX))
        if modules is not None:
            self.scope.show_modules(modules, only)
        else:
            self._only = only
            self._requests.modules(self._modules_came)
        self.everywhere.setChecked(everywhere and len(self._requests.ranks) > 1)
        self.methods.show_methods([action for action in ordered(self._target.actions) if shrinks(action)])
        self.methods.choose(method)
        if self._action is None:
            self.plan.show_nothing(self.tr("This target offers no method at present; the reasons stand at the left."))
        self.open()
        self.methods.setFocus()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        for part in (self.scope, self.plan, self.outcome):
            part.set_theme(theme)

    def done(self, result: int) -> None:
        """Close; what is asked is no longer listened to, what runs goes on and ends in the journal."""
        self._requests.close()
        super().done(result)

    # What is wanted.

    @Slot(object)
    def _method_chosen(self, action: ActionInfo) -> None:
        self._action = action
        self._about.setText(agent_text(action.description))
        self.parameters.show_schema(action.params)
        self._wish_changed()

    @Slot()
    def _wish_changed(self) -> None:
        if self._action is None:
            return
        missing = self.parameters.missing()
        if missing:
            self._previewer.want_nothing()
            self.plan.show_nothing(self.tr("Still to be filled in: {names}").format(names=", ".join(missing)))
        elif self.scope.chosen() is None:
            self._previewer.want_nothing()
            self.plan.show_nothing(self.tr("Tick the modules that may be changed."))
        else:
            self._previewer.want(self._action, self._params())
        self._show_state()

    def _params(self) -> dict[str, Any]:
        return {**self.parameters.values(), "modules": self.scope.chosen() or ""}

    @Slot(bool)
    def _everywhere_toggled(self, on: bool) -> None:  # noqa: FBT001 - Qt's signature
        self._requests.everywhere = on
        self._previewer.forget()
        self._wish_changed()

    def _modules_came(self, answer: Any) -> None:
        if isinstance(answer, Modules):
            self.scope.show_modules(answer, self._only)
        else:
            why = as_problem(answer).what
            self.scope.say(self.tr("The modules cannot be listed: {why} Everything is in the scope.").format(why=why))

    # What is shown.

    @Slot()
    def _show_preview(self) -> None:
        answer = self._previewer.answer
        if self._previewer.is_awaited:
            self.plan.show_awaited(self._previewer.text)
        elif isinstance(answer, Preview):
            self.plan.show_preview(answer)
        elif isinstance(answer, BaseException):
            self.plan.show_problem(split(as_problem(answer)), refused=is_refusal(answer))
        self._show_state()

    @Slot()
    def _show_state(self) -> None:
        running = self._run.is_running
        ended = self._right.currentIndex() == 1
        answer = self._previewer.answer
        ready = self._previewer.is_fresh and isinstance(answer, Preview) and not answer.unavailable
        self.run_button.setEnabled(ready and not running)
        self.run_button.setVisible(not ended)
        for part in (self._methods_area, self._middle, self.everywhere):
            part.setEnabled(not running and not ended)
        self._progress.setVisible(running)
        self._said.setText(self._run.text if running else "")
        self.close_button.setText(
            self.tr("Stop waiting") if running else self.tr("Close") if ended else self.tr("Cancel")
        )

    @Slot(object)
    def _show_outcome(self, outcome: Any) -> None:
        """A run or an undo has ended: its receipts, or why there are none."""
        if isinstance(outcome, Problem):
            self.plan.show_problem(outcome, refused=True)
            restyle(self._said, tone="")
        else:
            self.outcome.show_entries(self._run.entries, self._run.said)
            self._right.setCurrentIndex(1)
        self._show_state()

    @Slot()
    def _refresh_outcome(self) -> None:
        """Some steps after a run its receipt tells more, and it may have been taken back."""
        if self._right.currentIndex() == 1:
            self.outcome.show_entries(self._run.entries, self._run.said)

    @Slot()
    def _run_clicked(self) -> None:
        if self._action is not None and self._previewer.is_fresh:
            self._run.start(self._action, self._params(), everywhere=self._requests.everywhere)

    @Slot()
    def _close_clicked(self) -> None:
        if self._run.is_running:
            self._run.stop_waiting()
        self.reject()


def _scrolled(part: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    part.setObjectName("shrinkPart")
    area.setWidget(part)
    return area
