"""Holds parameters against the part of JSON Schema that actions use."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

_TYPES = {"string": str, "boolean": bool, "integer": int, "object": dict, "array": list}


def complete(schema: Mapping[str, Any], params: Mapping[str, Any]) -> Dict[str, Any]:
    """`params` with the schema's defaults filled in.

    Raises:
        ValueError: a parameter is unknown, missing or of the wrong kind; the text names it.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    for name in params:
        if name not in properties:
            known = ", ".join(properties) or "none"
            raise ValueError(f"unknown parameter {name!r}; known: {known}")
    filled = {name: part["default"] for name, part in properties.items() if "default" in part}
    filled.update(params)
    for name in schema.get("required", ()):
        if name not in filled:
            raise ValueError(f"the parameter {name!r} is missing{_choices(properties.get(name, {}))}")
    for name, value in filled.items():
        fault = _fault(properties[name], value)
        if fault is not None:
            raise ValueError(f"the parameter {name!r} {fault}")
    return filled


def _fault(part: Mapping[str, Any], value: Any) -> Optional[str]:
    kind = part.get("type")
    if kind == "number":
        fits = isinstance(value, (int, float)) and not isinstance(value, bool)
    else:
        fits = kind not in _TYPES or type(value) is _TYPES[kind]
    if not fits:
        return f"must be of type {kind}, got {value!r}"
    if "enum" in part and value not in part["enum"]:
        return f"has no choice {value!r}{_choices(part)}"
    if "minimum" in part and value < part["minimum"]:
        return f"must be at least {part['minimum']}, got {value!r}"
    if "maximum" in part and value > part["maximum"]:
        return f"must be at most {part['maximum']}, got {value!r}"
    return None


def _choices(part: Mapping[str, Any]) -> str:
    shown = [str(choice) for choice in part.get("enum", ())][:10]
    return f"; one of: {', '.join(shown)}" if shown else ""
