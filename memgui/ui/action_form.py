"""A form from an action's JSON Schema: one field a parameter, of the kind that its type asks for. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from memgui.ui.i18n import agent_text
from memgui.ui.labels import label
from memgui.ui.size_box import SizeBox

_INT_LIMIT = 2**31 - 1
_FLOAT_LIMIT = 1e15
_SIZE_STEP = 16 * 1024.0**2
# The style sheet's padding does not reach the text of a spin box.
_FIELD_MARGIN_PX = 6


class SchemaForm(QWidget):
    """Fields for an object schema; `values` gives what was entered.

    Attributes:
        edited: a value changed.
    """

    edited = Signal()

    def __init__(self, schema: Mapping[str, Any], parent: QWidget | None = None, *, narrow: bool = False) -> None:
        """`narrow` puts each caption above its field."""
        super().__init__(parent)
        self._required = frozenset(schema.get("required", ()))
        self._fields: dict[str, QWidget] = {}
        self._parts: dict[str, Mapping[str, Any]] = dict(schema.get("properties", {}))
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        if narrow:
            form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
            form.setVerticalSpacing(3)
        for name, part in self._parts.items():
            field = self._make_field(name, part)
            field.setAccessibleName(title_of(name, part))
            tip = agent_text(str(part.get("description", "")))
            field.setToolTip(tip)
            self._fields[name] = field
            caption = "" if isinstance(field, QCheckBox) else title_of(name, part)
            if isinstance(field, QCheckBox):
                field.setText(title_of(name, part))
            if narrow:
                if caption:
                    form.addRow(label(caption, wrap=True))
                form.addRow(field)
                if tip:
                    form.addRow(label(tip, "small", wrap=True))
                continue
            form.addRow(caption, field)
            if tip:
                form.addRow("", label(tip, "small", wrap=True))

    def has(self, name: str) -> bool:
        """There is such a parameter."""
        return name in self._fields

    def field(self, name: str) -> QWidget:
        """The field of a parameter."""
        return self._fields[name]

    def values(self) -> dict[str, Any]:
        """What was entered; an optional text that is empty is left out, so that the target's default holds."""
        read = {name: self._read(field) for name, field in self._fields.items()}
        return {
            name: value
            for name, value in read.items()
            if not (value == "" and name not in self._required and "default" not in self._parts[name])
        }

    def missing(self) -> tuple[str, ...]:
        """Titles of required parameters that are still empty."""
        values = self.values()
        return tuple(title_of(name, self._parts[name]) for name in self._required if values.get(name, "") == "")

    def _make_field(self, name: str, part: Mapping[str, Any]) -> QWidget:
        if "enum" in part:
            return self._make_choice(part)
        kind = part.get("type")
        if kind == "boolean":
            box = QCheckBox()
            box.setChecked(bool(part.get("default", False)))
            box.toggled.connect(self._edited)
            return box
        low, high = _range(part, -_INT_LIMIT, _INT_LIMIT, 1)
        if kind == "integer" and high <= _INT_LIMIT and not name.endswith("_bytes"):
            whole = QSpinBox()
            whole.setRange(int(max(low, -_INT_LIMIT)), int(min(high, _INT_LIMIT)))
            whole.setGroupSeparatorShown(True)
            whole.setValue(int(part.get("default", max(whole.minimum(), min(0, whole.maximum())))))
            whole.lineEdit().setTextMargins(_FIELD_MARGIN_PX, 0, 0, 0)
            if part.get("optional"):
                _leave_blank(whole)
            whole.valueChanged.connect(self._edited)
            return whole
        if kind in ("integer", "number"):
            real = SizeBox() if name.endswith("_bytes") else _RealBox()
            low, high = _range(part, -_FLOAT_LIMIT, _FLOAT_LIMIT, 0.0)
            # Bytes are more than a spin box of Qt's integers holds.
            real.setDecimals(0 if kind == "integer" else 4 if high - low <= 10 else 2)
            real.setGroupSeparatorShown(kind == "integer")
            real.setRange(low, high)
            real.setSingleStep((high - low) / 20 if high - low <= 100 else 1.0)
            if isinstance(real, SizeBox):
                real.setSingleStep(_SIZE_STEP)
            real.setValue(float(part.get("default", max(low, min(0.0, high)))))
            real.lineEdit().setTextMargins(_FIELD_MARGIN_PX, 0, 0, 0)
            if part.get("optional"):
                _leave_blank(real)
            real.valueChanged.connect(self._edited)
            return real
        line = QLineEdit(str(part.get("default", "")))
        if isinstance(part.get("maxLength"), int):
            line.setMaxLength(part["maxLength"])
        line.textChanged.connect(self._edited)
        return line

    def _make_choice(self, part: Mapping[str, Any]) -> QComboBox:
        box = QComboBox()
        # By its contents a long choice would take the room of the captions.
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        for value in part["enum"]:
            box.addItem(str(value), value)
        if "default" in part:
            box.setCurrentIndex(max(0, box.findData(part["default"])))
        box.currentIndexChanged.connect(self._edited)
        return box

    @staticmethod
    def _read(field: QWidget) -> Any:
        if isinstance(field, QComboBox):
            return field.currentData()
        if isinstance(field, QCheckBox):
            return field.isChecked()
        if isinstance(field, (QSpinBox, QDoubleSpinBox)):
            if field.specialValueText() and field.value() == field.minimum():
                return ""
            return int(field.value()) if isinstance(field, QDoubleSpinBox) and not field.decimals() else field.value()
        return field.text() if isinstance(field, QLineEdit) else None

    @Slot()
    def _edited(self, _value: object = None) -> None:
        self.edited.emit()


class _RealBox(QDoubleSpinBox):
    """Shows as many decimals as the value has: 0.5, not 0.5000."""

    def textFromValue(self, value: float) -> str:
        """In the user's notation."""
        text, point = super().textFromValue(value), self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def _leave_blank(field: QSpinBox | QDoubleSpinBox) -> None:
    """Begin below the range, which stands for «not given»."""
    field.setMinimum(field.minimum() - 1)  # type: ignore[arg-type]
    field.setSpecialValueText("–")
    field.setValue(field.minimum())  # type: ignore[arg-type]


def title_of(name: str, part: Mapping[str, Any]) -> str:
    """What a parameter is called: its title, else its name in words."""
    return agent_text(str(part.get("title") or name.replace("_", " ").capitalize()))


def _range(part: Mapping[str, Any], lowest: float, highest: float, step: float) -> tuple[float, float]:
    low = part.get("minimum", part.get("exclusiveMinimum", lowest - step) + step)
    high = part.get("maximum", part.get("exclusiveMaximum", highest + step) - step)
    return float(low), float(high)
