"""One group of tensors in full, and who holds it: asked when a person wants it, shown as chains. GUI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from memgui.protocol.explanation import Holders, HoldersParams
from memgui.protocol.inspection import TensorGroup
from memgui.protocol.wire import WireError, from_wire
from memgui.ui import format as fmt
from memgui.ui.asks import Asks
from memgui.ui.chain_strip import ChainStrip
from memgui.ui.feed import Outcome, as_problem
from memgui.ui.i18n import translate
from memgui.ui.labels import ElidedLabel
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_HOST = ("host", "shared", "mapped")
_SHOWN = 3
_WAIT_S, _MARGIN_S = 30.0, 10.0


class HeldBy(QWidget):
    """A button, and below it at most three chains, the most common first.

    Attributes:
        details: the group; button: asks; about: how it went; strips: the chains.
    """

    def __init__(self, asks: Asks, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asks = asks
        self._target: LiveTarget | None = None
        self._group: TensorGroup | None = None
        self._job: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.button = QPushButton(translate("tensors", "Who holds them?"))
        self.button.setProperty("scale", "small")
        self.button.setToolTip(
            translate(
                "tensors",
                "Follows eight tensors of this shape and type to what keeps them alive. The training stands still "
                "meanwhile, for two seconds at most.",
            )
        )
        self.button.clicked.connect(self.ask)
        self.about = ElidedLabel(role="small")
        self.details = ElidedLabel(role="small")
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.strips = tuple(ChainStrip(theme) for _ in range(_SHOWN))
        row = QHBoxLayout()
        row.setSpacing(10)
        row.addWidget(self.button)
        row.addWidget(self.about)
        row.addWidget(self.details, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 2, 10, 4)
        column.setSpacing(4)
        column.addLayout(row)
        for strip in self.strips:
            column.addWidget(strip)

    def show_group(self, target: LiveTarget | None, group: TensorGroup, details: str) -> None:
        """Show another group, and offer to ask who holds it."""
        if self._job is not None:
            self._asks.forget(self._job)
            self._job = None
        self._target, self._group = target, group
        self.details.setText(details)
        for strip in self.strips:
            strip.hide()
        self._say("")
        self.button.setEnabled(target is not None and target.state == "connected")
        self.show()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        for strip in self.strips:
            strip.set_theme(theme)

    @Slot()
    def ask(self) -> None:
        """Have the target look who holds the group's tensors."""
        target, group = self._target, self._group
        if target is None or group is None or self._job is not None:
            return
        device = "cpu" if group.device in _HOST else group.device.replace(".", ":")
        shape = f"({', '.join(map(str, group.shape))})"
        params = HoldersParams(timeout_s=_WAIT_S, shape=shape, dtype=group.dtype, device=device)
        self._say(translate("tensors", "waiting for a step boundary"))
        self.button.setEnabled(False)
        answered = partial(self._answered, group)
        self._job = self._asks.ask(
            target.key, "inspect.holders", params, answered, timeout_s=_WAIT_S + _MARGIN_S, progressed=self._got_on
        )

    def _say(self, text: str) -> None:
        self.about.setText(text)
        self.about.setVisible(bool(text))

    def _got_on(self, text: str, _ratio: float) -> None:
        self._say(text)

    def _answered(self, group: TensorGroup, outcome: Outcome) -> None:
        if group is not self._group:
            return
        self._job = None
        self.button.setEnabled(True)
        if outcome.error is not None:
            self._say(str(as_problem(outcome.error)))
            return
        try:
            self._show(from_wire(Holders, outcome.result))
        except WireError as error:
            self._say(translate("tensors", "the answer cannot be read: {error}").format(error=error))

    def _show(self, found: Holders) -> None:
        chains = found.chains[:_SHOWN]
        for place, strip in enumerate(self.strips):
            strip.setVisible(place < len(chains))
            if place < len(chains):
                strip.show_words(chains[place].holder)
        words = translate("tensors", "{n} match; training paused for {ms} ms.").format(
            n=fmt.count(found.found), ms=round(found.pause_ms)
        )
        if found.found and not chains:
            words = translate("tensors", "Nothing in Python holds them.") + " " + words
        self._say(words)
