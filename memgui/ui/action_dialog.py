"""Asks before an action runs: its parameters, what would change, how long training would stand still. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.protocol.payloads import ActionInfo, Preview
from memgui.ui import format as fmt
from memgui.ui.action_form import SchemaForm
from memgui.ui.feed import as_problem
from memgui.ui.i18n import action_title, agent_text
from memgui.ui.labels import label, restyle

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.action_runs import ActionRuns

_SETTLE_MS = 250
_WIDTH_PX = 420


class ActionDialog(QDialog):
    """A form where the action has parameters, else a short question; both with a live preview.

    Attributes:
        run_wanted: the parameters.
    """

    run_wanted = Signal(object)

    def __init__(self, target: LiveTarget, action: ActionInfo, runs: ActionRuns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(action_title(action.title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._target = target
        self._action = action
        self._runs = runs
        self._job = -1
        self.form = SchemaForm(action.params)
        self.form.edited.connect(self._ask_soon)
        self._gain = label(role="strong")
        self._pause = label(role="muted", wrap=True)
        self._changes = label(wrap=True)
        self.run_button = QPushButton(self.tr("Run"))
        self.run_button.setProperty("role", "primary")
        self.run_button.setDefault(True)
        self.run_button.clicked.connect(self.accept)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._ask)
        runs.previewed.connect(self._previewed)
        self._lay_out()
        self._show(Preview(action.name, action.yield_bytes, action.pause_ms, (), action.unavailable))
        self._ask()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(label(action_title(self._action.title), "title"))
        column.addWidget(label(agent_text(self._action.description), "muted", wrap=True))
        if self._action.params.get("properties"):
            column.addSpacing(4)
            column.addWidget(self.form)
            column.addSpacing(4)
        else:
            self.form.hide()
        for part in (self._gain, self._changes, self._pause):
            column.addWidget(part)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.run_button)
        column.addLayout(buttons)
        self.setFixedWidth(_WIDTH_PX)

    def accept(self) -> None:
        """Run with what was entered, unless something that is required is missing."""
        missing = self.form.missing()
        if missing:
            self._pause.setText(self.tr("Still to be filled in: {names}").format(names=", ".join(missing)))
            restyle(self._pause, tone="warn")
            return
        self.run_wanted.emit(self.form.values())
        super().accept()

    @Slot()
    def _ask_soon(self) -> None:
        self._settle.start()

    @Slot()
    def _ask(self) -> None:
        if not self.form.missing():
            self._job = self._runs.preview(self._target, self._action, self.form.values())

    @Slot(int, object)
    def _previewed(self, job: int, answer: Any) -> None:
        if job != self._job:
            return
        if isinstance(answer, Preview):
            self._show(answer)
        else:
            self._pause.setText(as_problem(answer).what)
            restyle(self._pause, tone="warn")

    def _show(self, preview: Preview) -> None:
        freed = preview.would_free_bytes
        self._gain.setText(
            self.tr("What it frees is known after the run.")
            if freed is None
            else self.tr("Would free about {size}.").format(size=fmt.size(freed))
        )
        restyle(self._gain, tone="good" if freed else "")
        self._changes.setText("\n".join(f"• {change}" for change in preview.changes))
        self._changes.setVisible(bool(preview.changes))
        pause, tone = self._pause_words(preview)
        if preview.unavailable:
            pause, tone = self.tr("Not now: {reason}").format(reason=preview.unavailable), "warn"
        self._pause.setText(pause)
        restyle(self._pause, tone=tone)
        self.run_button.setEnabled(not preview.unavailable)
        self._fit_height()

    def _fit_height(self) -> None:
        """Wrapped texts have their height by the width, which a top-level layout does not ask for by itself."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(layout.totalHeightForWidth(_WIDTH_PX))

    def _pause_words(self, preview: Preview) -> tuple[str, str]:
        if preview.pause_ms is None:
            words = self.tr("How long training stands still is not known beforehand.")
            return words, ""
        if preview.pause_ms < 0.5:
            return self.tr("Training goes on meanwhile, or pauses for less than a millisecond."), ""
        took = fmt.duration(preview.pause_ms / 1000)
        where = self.tr(", between two steps") if self._action.safe_point else ""
        return self.tr("Training stands still for about {time}{where}.").format(time=took, where=where), (
            "warn" if preview.pause_ms > 1000 else ""
        )
