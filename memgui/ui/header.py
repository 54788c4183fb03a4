"""The sentence above the charts: which process this is, and how it fares. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from memgui.ui import target_view as view
from memgui.ui.labels import ElidedLabel, label, restyle

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget


class Header(QWidget):
    """Name, then pid, rank, torch, device and safe point; below it what went wrong, where something did.

    Attributes:
        report_wanted, picture_wanted: what is shown is to be handed on.
    """

    report_wanted = Signal()
    picture_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = label(role="title")
        self._about = ElidedLabel(role="muted")
        self._about.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._state = label(wrap=True)
        self._state.setVisible(False)
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self._name)
        row.addWidget(self._about, 1)
        row.addWidget(self._make_export())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._state)

    def _make_export(self) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setProperty("scale", "small")
        button.setText(self.tr("Export"))
        button.setToolTip(self.tr("Hand on what is shown: a report that needs no memgui, or a picture of the charts"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addAction(self.tr("Report of this run…")).triggered.connect(self.report_wanted)
        menu.addAction(self.tr("Picture of the charts…")).triggered.connect(self.picture_wanted)
        button.setMenu(menu)
        return button

    def show_target(self, target: LiveTarget | None, end_text: str = "") -> None:
        """Say who `target` is; `end_text` is what the window itself knows of its end."""
        if target is None:
            self._name.clear()
            self._about.clear()
            self._state.setVisible(False)
            return
        self._name.setText(view.plain_name(target))
        self._about.setText(" · ".join(self._parts(target)))
        hello = target.hello
        argv = " ".join(hello.argv) if hello else ""
        self._name.setToolTip(argv)
        text, tone = self._trouble(target, end_text)
        self._state.setText(text)
        self._state.setVisible(bool(text))
        restyle(self._state, tone=tone)

    def _parts(self, target: LiveTarget) -> list[str]:
        parts = [self.tr("pid {pid}").format(pid=target.pid)]
        rank = view.rank_of(target)
        if rank is not None and (rank[1] or 1) > 1:
            parts.append(self.tr("rank {rank} of {world}").format(rank=rank[0], world=rank[1]))
        torch = view.torch_version(target)
        if torch:
            parts.append(f"torch {torch.partition('+')[0]}")
        hello = target.hello
        if hello is not None and hello.devices:
            more = f" +{len(hello.devices) - 1}" if len(hello.devices) > 1 else ""
            parts.append(hello.devices[0] + more)
        elif hello is not None:
            parts.append(self.tr("no accelerator in use"))
        if hello is not None and hello.safe_point:
            parts.append(self.tr("safe point: {where}").format(where=hello.safe_point))
        elif hello is not None:
            parts.append(self.tr("no step seen yet"))
        return parts

    def _trouble(self, target: LiveTarget, end_text: str) -> tuple[str, str]:
        if target.recording is not None:
            if target.state == "followed":
                return self.tr("From {file}, which is still being written.").format(file=target.recording), "muted"
            how = getattr(target.end, "text", "") or target.state_text
            tone = "bad" if getattr(target.end, "kind", "") in ("oom_killed", "signal") else "muted"
            return self.tr("From {file}; the process {how}.").format(file=target.recording, how=how), tone
        if target.state == "ended":
            kind = getattr(target.end, "kind", "")
            how = getattr(target.end, "text", "") or target.state_text
            if end_text or not how:
                text = self.tr("Ended: {reason}. The charts stay.").format(
                    reason=end_text or self.tr("the process is gone")
                )
            else:  # the observer says it as "was ended by SIGKILL"
                text = self.tr("The process {how}. The charts stay.").format(how=how)
            return text, "bad" if kind in ("oom_killed", "signal") else "warn"
        if target.state == "lost":
            text = target.state_text or self.tr("no answer from the agent")
            return self.tr("Connection lost: {text}. Trying again by itself.").format(text=text.rstrip(".")), "warn"
        if target.state == "outside":
            text = target.state_text or self.tr("there is no agent in this process")
            return self.tr("Watched from outside: {text}.").format(text=text.rstrip(".")), "muted"
        return "", ""
