"""What the shown target can still take back, also of runs from before this window was opened. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.protocol.shrinking import UndoInfo
from memgui.ui import format as fmt
from memgui.ui.action_runs import ActionRuns
from memgui.ui.i18n import action_title, translate
from memgui.ui.labels import ElidedLabel, section

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget


class UndoRows(QWidget):
    """A row for each, hidden where there is none."""

    def __init__(self, runs: ActionRuns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._target: LiveTarget | None = None
        self._shown: tuple[object, ...] = ()
        self.buttons: dict[str, QPushButton] = {}
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        heading = section(translate("undos", "Can be taken back"))
        heading.setContentsMargins(4, 8, 0, 0)
        self._column.addWidget(heading)
        runs.changed.connect(self.refresh)
        self.hide()

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's."""
        self._target = target
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Take in what the target tells now."""
        target = self._target
        undos = target.undos if target is not None and target.state == "connected" else ()
        shape = tuple((undo, self._text(undo)) for undo in undos)
        if shape == self._shown:
            return
        self._shown = shape
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows, self.buttons = [], {}
        for undo in undos:
            self._add(undo)
        self.setVisible(bool(undos))

    def _text(self, undo: UndoInfo) -> str:
        run = self._runs.running(self._target.key, f"undo {undo.undo}") if self._target is not None else None
        return run.text if run is not None else ""

    def _add(self, undo: UndoInfo) -> None:
        row = QWidget()
        inner = QHBoxLayout(row)
        inner.setContentsMargins(4, 0, 0, 0)
        inner.setSpacing(8)
        title = action_title(undo.title).rstrip("…")
        step = translate("undos", "step {step}").format(step=fmt.count(undo.step))
        words = ElidedLabel(f"{title} · {step}")
        words.setToolTip(
            translate("undos", "Backup: {size} in {place}").format(size=fmt.size(undo.backup_bytes), place=undo.backup)
            if undo.backup
            else translate("undos", "Nothing was lost, so there is no backup.")
        )
        button = _UndoButton(undo, title, self)
        waiting = self._text(undo)
        button.setEnabled(not waiting)
        if waiting:
            words.setText(f"{title} · {waiting}")
        inner.addWidget(words, 1)
        inner.addWidget(button)
        self._column.addWidget(row)
        self._rows.append(row)
        self.buttons[undo.undo] = button

    def undo(self, undo: UndoInfo) -> None:
        """A button was pressed."""
        if self._target is not None:
            self._runs.take_back(self._target.key, undo.undo, action_title(undo.title).rstrip("…"))


class _UndoButton(QPushButton):
    def __init__(self, undo: UndoInfo, title: str, rows: UndoRows) -> None:
        super().__init__(translate("undos", "Undo"), rows)
        self.setProperty("role", "link")
        self.setProperty("scale", "small")
        self.setAccessibleName(translate("undos", "Undo {title}").format(title=title))
        self._undo = undo
        self._of = rows
        self.clicked.connect(self._pressed)

    @Slot()
    def _pressed(self) -> None:
        self._of.undo(self._undo)
