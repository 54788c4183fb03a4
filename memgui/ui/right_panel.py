"""The right side: findings, actions, what can be taken back, and the newest lines of the journal. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from memgui.ui.actions_panel import ActionsPanel
from memgui.ui.findings_panel import FindingsPanel
from memgui.ui.journal_view import JournalView
from memgui.ui.silence import Silence
from memgui.ui.theme import Theme
from memgui.ui.told_panel import ToldPanel
from memgui.ui.undo_rows import UndoRows

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.action_runs import ActionRuns
    from memgui.ui.journal import Journal


class RightPanel(QFrame):
    """One column that scrolls as a whole."""

    def __init__(
        self, runs: ActionRuns, journal: Journal, silence: Silence, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("rightPanel")
        self.findings = FindingsPanel(runs, silence)
        self.told = ToldPanel()
        self.action_panel = ActionsPanel(runs)
        self.undos = UndoRows(runs)
        self.journal = JournalView(journal, theme)
        self.findings.action_wanted.connect(self.action_panel.trigger)
        body = QWidget()
        body.setObjectName("rightBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 14, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.findings)
        column.addWidget(self.told)
        column.addWidget(self.action_panel)
        column.addWidget(self.undos)
        column.addWidget(self.journal)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(body)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's findings and actions."""
        self.findings.show_target(target)
        self.told.show_target(target)
        self.action_panel.show_target(target)
        self.undos.show_target(target)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self.journal.set_theme(theme)

    def refresh(self) -> None:
        """Called by the window's timer."""
        self.findings.refresh()
        self.told.refresh()
        self.action_panel.refresh()
        self.undos.refresh()
