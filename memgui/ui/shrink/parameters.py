"""A method's own parameters, and below them what keeps the run safe: guard and backup. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from memgui.ui.action_form import SchemaForm
from memgui.ui.i18n import translate
from memgui.ui.labels import section

# The scope has its own tree; these stand in a part of their own.
_SCOPE = "modules"
_SAFETY = ("guard_ratio", "guard_steps", "backup_dir")


class Parameters(QWidget):
    """Two forms, built from one schema.

    Attributes:
        edited: a value changed.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._forms: list[SchemaForm] = []
        self._parts: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 6, 0)
        self._column.setSpacing(8)

    def show_schema(self, schema: Mapping[str, Any]) -> None:
        """Show another method's parameters, at their defaults."""
        for part in self._parts:
            part.hide()
            part.deleteLater()
        self._parts, self._forms = [], []
        while self._column.takeAt(0) is not None:
            pass
        properties: Mapping[str, Any] = schema.get("properties", {})
        own = {name: part for name, part in properties.items() if name not in (_SCOPE, *_SAFETY)}
        safety = {name: properties[name] for name in _SAFETY if name in properties}
        for title, chosen in (
            (translate("shrink", "Parameters"), own),
            (translate("shrink", "Guard and backup"), safety),
        ):
            if not chosen:
                continue
            required = [name for name in schema.get("required", ()) if name in chosen]
            form = SchemaForm({"type": "object", "properties": chosen, "required": required}, narrow=True)
            form.edited.connect(self.edited)
            self._add(section(title))
            self._add(form)
            self._forms.append(form)
        self._column.addStretch(1)

    def field(self, name: str) -> QWidget:
        """The field of a parameter."""
        return next(form for form in self._forms if form.has(name)).field(name)

    def values(self) -> dict[str, Any]:
        """What was entered."""
        return {name: value for form in self._forms for name, value in form.values().items()}

    def missing(self) -> tuple[str, ...]:
        """Titles of required parameters that are still empty."""
        return tuple(title for form in self._forms for title in form.missing())

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._column.addWidget(part)
