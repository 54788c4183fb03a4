"""PyTorch processes that have no agent yet: one row each, with a button or the reason why not. GUI thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from memgui.ui import format as fmt
from memgui.ui.feed import Attaching
from memgui.ui.labels import ElidedLabel, label

if TYPE_CHECKING:
    from memgui.link.targets import TargetInfo

_MOST_ROWS = 40


def process_name(info: TargetInfo) -> str:
    """The script's name, else the process's."""
    return os.path.basename(info.script) if info.script else info.name


class AttachableRow(QWidget):
    """A process, its size, and what can be done with it.

    Attributes:
        attach_wanted, cancel_wanted, outside_wanted: the pid.
    """

    attach_wanted = Signal(int)
    cancel_wanted = Signal(int)
    outside_wanted = Signal(int)

    def __init__(self, info: TargetInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pid = info.pid
        self._name = ElidedLabel()
        self._detail = ElidedLabel(role="small")
        self._attach = QPushButton(self.tr("Attach"))
        self._attach.setProperty("scale", "small")
        self._attach.clicked.connect(self._attach_clicked)
        self._outside = QPushButton(self.tr("Watch"))
        self._outside.setProperty("scale", "small")
        self._outside.clicked.connect(self._outside_clicked)
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setProperty("scale", "small")
        self._cancel.clicked.connect(self._cancel_clicked)
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        grid = QGridLayout(self)
        grid.setContentsMargins(9, 5, 9, 5)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self._name, 0, 0)
        grid.addWidget(self._detail, 1, 0)
        for button in (self._attach, self._outside, self._cancel):
            grid.addWidget(button, 0, 1, 2, 1)
        grid.addWidget(self._busy, 2, 0, 1, 2)
        self.show_process(info, None)

    def show_process(self, info: TargetInfo, attaching: Attaching | None) -> None:
        """Take in how the process is now, and how far an attach to it has come."""
        name = process_name(info)
        self._name.setText(name)
        reason = info.reason or ""
        if attaching is not None:
            detail = attaching.text or self.tr("attaching…")
        elif not info.attachable and not info.agent:
            detail = self.tr("pid {pid} · {about}").format(pid=info.pid, about=reason or self.tr("no access"))
        else:
            detail = self.tr("pid {pid} · {about}").format(pid=info.pid, about=fmt.size(info.rss_bytes))
        self._detail.setText(detail)
        self._attach.setVisible(attaching is None and bool(info.attachable))
        self._outside.setVisible(attaching is None and not info.attachable)
        self._outside.setToolTip(
            self.tr("The agent is in this process already.")
            if info.agent
            else self.tr("{reason}\nIts memory can still be watched from outside, without steps and actions.").format(
                reason=reason or self.tr("The agent cannot be put into this process.")
            )
        )
        self._cancel.setVisible(attaching is not None)
        self._busy.setVisible(attaching is not None)
        self._attach.setAccessibleName(self.tr("Attach to {name}, pid {pid}").format(name=name, pid=info.pid))
        self._outside.setAccessibleName(self.tr("Watch {name}, pid {pid}").format(name=name, pid=info.pid))
        torch = f" · torch {info.torch}" if info.torch else ""
        tip = self.tr("{name} · pid {pid} · {user}{torch} · {size} resident").format(
            name=name, pid=info.pid, user=info.user, torch=torch, size=fmt.size(info.rss_bytes)
        )
        if reason:
            tip += f"\n{reason}"
        self.setToolTip(tip)

    @Slot()
    def _attach_clicked(self) -> None:
        self.attach_wanted.emit(self._pid)

    @Slot()
    def _outside_clicked(self) -> None:
        self.outside_wanted.emit(self._pid)

    @Slot()
    def _cancel_clicked(self) -> None:
        self.cancel_wanted.emit(self._pid)


class AttachableList(QWidget):
    """All rows, kept by pid and start so that a refresh changes only what changed.

    Attributes:
        attach_wanted, cancel_wanted, outside_wanted: the pid of a row whose button was pressed.
    """

    attach_wanted = Signal(int)
    cancel_wanted = Signal(int)
    outside_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("attachableBody")
        self._rows: dict[tuple[int, int], AttachableRow] = {}
        self._note = label(role="small", wrap=True)
        self._note.setContentsMargins(9, 2, 9, 2)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._note)
        self._column.addStretch(1)

    @property
    def rows(self) -> tuple[AttachableRow, ...]:
        """The rows on show."""
        return tuple(self._rows.values())

    def show_processes(self, infos: tuple[TargetInfo, ...], attaching: dict[int, Attaching], note: str) -> None:
        """Show these processes; `note` stands there where there are none, or tells of more."""
        shown = infos[:_MOST_ROWS]
        wanted = {(info.pid, info.start_time): info for info in shown}
        for ident in [ident for ident in self._rows if ident not in wanted]:
            row = self._rows.pop(ident)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, (ident, info) in enumerate(wanted.items()):
            known = self._rows.get(ident)
            if known is None:
                known = self._rows[ident] = AttachableRow(info, self)
                known.attach_wanted.connect(self.attach_wanted)
                known.cancel_wanted.connect(self.cancel_wanted)
                known.outside_wanted.connect(self.outside_wanted)
                self._column.insertWidget(place, known)
            known.show_process(info, attaching.get(info.pid))
        left = len(infos) - len(shown)
        text = self.tr("and {n} more: press Attach…").format(n=left) if left else note
        self._note.setText(text)
        self._note.setVisible(bool(text) and (left > 0 or not shown))
