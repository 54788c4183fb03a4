"""A slider for a setting of a pool, linear or by factors. GUI thread."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSlider, QWidget

from memgui.protocol.pools import Setting
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.labels import ElidedLabel, label

# Above this many values a slider goes by factors: four steps double, as the size classes of a pool do.
_LINEAR_LIMIT = 200
_PER_DOUBLING = 4
_LEAST_BYTES = 1 << 20
_SETTLE_MS = 350


class Scale:
    """From a setting's values to the positions of its slider and back. Pure."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.is_linear = setting.whole and setting.max - setting.min <= _LINEAR_LIMIT
        self._base = max(setting.min, float(_LEAST_BYTES) if setting.unit == "bytes" else 1.0)
        self._has_low = self._base > setting.min

    @property
    def steps(self) -> int:
        """The highest position; the lowest is 0."""
        if self.is_linear:
            return int(self._setting.max - self._setting.min)
        return self._has_low + math.ceil(_PER_DOUBLING * math.log2(max(1.0, self._setting.max / self._base)))

    def position(self, value: float) -> int:
        """Where a value stands."""
        if self.is_linear:
            return round(value - self._setting.min)
        if value < self._base:
            return 0
        return min(self.steps, self._has_low + round(_PER_DOUBLING * math.log2(value / self._base)))

    def value(self, position: int) -> float:
        """The value at a position; the ends are exact."""
        if self.is_linear:
            return self._setting.min + position
        if position >= self.steps:
            return self._setting.max
        if position <= 0:
            return self._setting.min
        return float(round(self._base * 2 ** ((position - self._has_low) / _PER_DOUBLING)))


def value_text(setting: Setting, value: float) -> str:
    """A value for people: bytes in their unit, and the top of an open range as «no limit»."""
    if setting.unit == "bytes":
        return translate("pools", "no limit") if value >= 2.0**45 else fmt.size(value)
    return fmt.count(value) if setting.whole else f"{value:g}"


class SettingSlider(QWidget):
    """Name, slider and value; a setting of 0 or 1 is a box to tick.

    Attributes:
        chosen: name and value, once the user has let go of it.
    """

    chosen = Signal(str, float)

    def __init__(self, pool: str, name: str, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._setting = setting
        self._scale = Scale(setting)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._send)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        words = name.replace("_", " ")
        self.box: QCheckBox | None = None
        self.slider: QSlider | None = None
        self._value = label("", "small")
        if (setting.min, setting.max, setting.whole) == (0, 1, True):
            self.box = QCheckBox(words)
            self.box.setAccessibleName(f"{pool}: {words}")
            self.box.clicked.connect(self._ticked)
            row.addWidget(self.box, 1)
        else:
            caption = ElidedLabel(words, "small")
            caption.setFixedWidth(92)
            self.slider = QSlider(Qt.Orientation.Horizontal)
            self.slider.setMinimumWidth(70)
            self.slider.setAccessibleName(f"{pool}: {words}")
            self.slider.valueChanged.connect(self._moved)
            self.slider.sliderReleased.connect(self._released)
            self._value.setFixedWidth(66)
            self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(caption)
            row.addWidget(self.slider, 1)
            row.addWidget(self._value)
        self.show_setting(setting)

    @property
    def is_busy(self) -> bool:
        """The user is at it: what the target tells must not move it now."""
        return self._settle.isActive() or (self.slider is not None and self.slider.isSliderDown())

    def show_setting(self, setting: Setting) -> None:
        """Take in what the target says."""
        if self.is_busy:
            return
        self._setting, self._scale = setting, Scale(setting)
        low, high = value_text(setting, setting.min), value_text(setting, setting.max)
        self.setToolTip(translate("pools", "from {low} to {high}").format(low=low, high=high))
        if self.box is not None:
            self.box.setChecked(bool(setting.value))
        elif self.slider is not None:
            self.slider.blockSignals(True)
            self.slider.setRange(0, self._scale.steps)
            self.slider.setPageStep(max(1, self._scale.steps // 10))
            self.slider.setValue(self._scale.position(setting.value))
            self.slider.blockSignals(False)
            self._value.setText(value_text(setting, setting.value))

    @Slot(int)
    def _moved(self, position: int) -> None:
        self._value.setText(value_text(self._setting, self._scale.value(position)))
        if self.slider is not None and not self.slider.isSliderDown():
            # Keys and the wheel have no end: it is sent when they have rested.
            self._settle.start()

    @Slot()
    def _released(self) -> None:
        self._settle.start(0)

    @Slot()
    def _send(self) -> None:
        if self.slider is not None:
            value = self._scale.value(self.slider.value())
            if value != self._setting.value:
                self.chosen.emit(self._name, value)

    @Slot(bool)
    def _ticked(self, on: bool) -> None:  # noqa: FBT001 - Qt's signal
        self.chosen.emit(self._name, float(on))
