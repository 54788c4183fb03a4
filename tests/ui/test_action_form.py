"""The form of an action's parameters."""

from __future__ import annotations

from memgui.ui.action_form import SchemaForm

RATIO = {"type": "number", "default": 0.5, "minimum": 0.0, "maximum": 0.95}


def test_a_number_shows_as_many_decimals_as_it_has_and_loses_none(qtbot):
    form = SchemaForm({"properties": {"ratio": RATIO}})
    qtbot.addWidget(form)
    field = form.field("ratio")
    assert field.text() == field.locale().toString(0.5)
    for value in (0.0, 0.25, 0.9375):
        field.setValue(value)
        assert field.text() == field.locale().toString(value)
        assert form.values() == {"ratio": value}
