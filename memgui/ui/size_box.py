"""A number of bytes as people write it. GUI thread."""

from __future__ import annotations

import re

from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox

from memgui.ui import format as fmt

_WRITTEN = re.compile(r"\s*([0-9][0-9.,\s\u202f\u00a0]*)\s*([kmgtp]?)(i?b)?\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


class SizeBox(QDoubleSpinBox):
    """Shows "512 MiB" and takes "512 MiB", "1.5g" or plain bytes; its value is bytes."""

    def textFromValue(self, value: float) -> str:
        """Bytes in binary units."""
        return fmt.size(value)

    def valueFromText(self, text: str) -> float:
        """Bytes; the present value where the text is none, and where it is as it was shown, so that nothing is lost."""
        if text == self.textFromValue(self.value()):
            return self.value()
        match = _WRITTEN.fullmatch(text)
        if match is None:
            return self.value()
        number = re.sub(r"[,\s\u202f\u00a0]", "", match[1])
        try:
            return round(float(number) * 1024.0 ** _POWERS[match[2].lower()])
        except ValueError:
            return self.value()

    def validate(self, text: str, at: int) -> tuple[QValidator.State, str, int]:
        """Anything that can be read, or may become so."""
        if text == self.specialValueText() or _WRITTEN.fullmatch(text):
            return QValidator.State.Acceptable, text, at
        return QValidator.State.Intermediate, text, at
