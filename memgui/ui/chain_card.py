"""One suspect: what grows, who holds it, the line that made it, and what to change. GUI thread."""

from __future__ import annotations

import os
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.protocol.explanation import Suspect
from memgui.ui import format as fmt
from memgui.ui.chain_strip import ChainStrip
from memgui.ui.i18n import translate
from memgui.ui.labels import ElidedLabel, label
from memgui.ui.theme import Theme

_PLACE_PX = 140


def kind_title(kind: str) -> str:
    """What a kind of suspect is called."""
    return {
        "graph": translate("chain", "Autograd graph"),
        "tensors": translate("chain", "Tensors in a container"),
        "python": translate("chain", "Python objects"),
        "cache": translate("chain", "Function cache"),
        "hook": translate("chain", "Hook that stores"),
        "exception": translate("chain", "Kept exception"),
        "workers": translate("chain", "Loader workers"),
        "native": translate("chain", "Native memory"),
    }.get(kind, kind)


class ChainCard(QFrame):
    """A suspect on the page.

    Attributes:
        place_wanted: `file:line` that is to be opened.
    """

    place_wanted = Signal(str)

    def __init__(self, suspect: Suspect, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.suspect = suspect
        self.strip = ChainStrip(theme)
        self.strip.show_words(tuple(word for word in suspect.holder if word.strip(" →")))
        self.places: list[QPushButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 10, 13, 11)
        column.setSpacing(6)
        column.addLayout(self._head())
        column.addWidget(self.strip)
        row = self._lines()
        if row is not None:
            column.addLayout(row)
        column.addWidget(label(suspect.advice, wrap=True))
        if suspect.evidence:
            column.addWidget(label("\n".join(f"• {line}" for line in suspect.evidence), "small", wrap=True))

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self.strip.set_theme(theme)

    def _head(self) -> QHBoxLayout:
        suspect = self.suspect
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(label(kind_title(suspect.kind), "strong"))
        if suspect.per_step is not None:
            rate = label(translate("chain", "+{size} a step").format(size=fmt.size(suspect.per_step)))
            rate.setProperty("tone", "warn")
            head.addWidget(rate)
        head.addWidget(ElidedLabel(self._what(), "muted"), 1)
        sure = translate("chain", "confidence {percent} %").format(percent=round(100 * suspect.confidence))
        head.addWidget(ElidedLabel(sure, "small"))
        return head

    def _what(self) -> str:
        suspect = self.suspect
        words = []
        if suspect.shape is not None:
            words.append(f"{suspect.count:,} × {suspect.shape} {suspect.dtype}, {suspect.device}")
        elif suspect.count:
            words.append(f"{suspect.count:,}")
        if suspect.bytes is not None:
            words.append(fmt.size(suspect.bytes))
        if suspect.held_by:
            words.append(", ".join(suspect.held_by))
        return " · ".join(words)

    def _lines(self) -> QHBoxLayout | None:
        places = [
            (translate("chain", "made in"), self.suspect.born),
            (translate("chain", "kept in"), self.suspect.stored),
        ]
        if self.suspect.born == self.suspect.stored:
            places = [(translate("chain", "made and kept in"), self.suspect.born)]
        known = [(words, place) for words, place in places if place]
        if not known:
            return None
        row = QHBoxLayout()
        row.setSpacing(4)
        for words, place in known:
            row.addWidget(label(words, "muted"))
            button = QPushButton()
            name = os.path.basename(place)
            button.setText(button.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, _PLACE_PX))
            button.setProperty("role", "link")
            button.setToolTip(translate("chain", "Open {place} in the editor").format(place=place))
            button.clicked.connect(partial(self.place_wanted.emit, place))
            self.places.append(button)
            row.addWidget(button)
            row.addSpacing(10)
        row.addStretch(1)
        return row
