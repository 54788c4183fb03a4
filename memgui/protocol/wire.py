"""Dataclasses to JSON objects and back; unknown fields of a newer peer are ignored."""

from __future__ import annotations

import typing
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Dict, Mapping, Type, TypeVar, Union

T = TypeVar("T")


class WireError(ValueError):
    """An object from the other side lacks a field or has one of the wrong type; the text names it."""


def to_wire(value: Any) -> Any:
    """Plain JSON data for a dataclass, a container of dataclasses, or a plain value. None fields are left out."""
    if is_dataclass(value) and not isinstance(value, type):
        items = ((item.name, getattr(value, item.name)) for item in fields(value))
        return {name: to_wire(part) for name, part in items if part is not None}
    if isinstance(value, Mapping):
        return {str(key): to_wire(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(part) for part in value]
    return value


def from_wire(cls: Type[T], data: Any) -> T:
    """The dataclass `cls` made from JSON data.

    Raises:
        WireError: a field without default is missing, or a field has the wrong type.
    """
    if not isinstance(data, Mapping):
        raise WireError(f"{cls.__name__}: expected an object, got {type(data).__name__}")
    hints = _hints(cls)
    values: Dict[str, Any] = {}
    for item in fields(cls):  # type: ignore[arg-type]
        if item.name in data:
            values[item.name] = _convert(hints[item.name], data[item.name], f"{cls.__name__}.{item.name}")
        elif item.default is MISSING and item.default_factory is MISSING:
            raise WireError(f"{cls.__name__}: the field {item.name!r} is missing")
    return cls(**values)


_HINTS: Dict[type, Dict[str, Any]] = {}


def _hints(cls: type) -> Dict[str, Any]:
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls)
    return _HINTS[cls]


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    arguments = typing.get_args(hint)
    if hint is Any:
        return value
    if origin is Union:
        if value is None:
            return None
        return _convert(next(part for part in arguments if part is not type(None)), value, where)
    if is_dataclass(hint):
        return from_wire(typing.cast(type, hint), value)
    if origin is tuple:
        _expect(isinstance(value, (list, tuple)), hint, value, where)
        return tuple(_convert(arguments[0], part, where) for part in value)
    if origin is dict:
        _expect(isinstance(value, Mapping), hint, value, where)
        return {str(key): _convert(arguments[1], part, where) for key, part in value.items()}
    if hint is float:
        _expect(isinstance(value, (int, float)) and not isinstance(value, bool), hint, value, where)
        return float(value)
    _expect(type(value) is hint, hint, value, where)
    return value


def _expect(holds: bool, hint: Any, value: Any, where: str) -> None:  # noqa: FBT001
    if not holds:
        raise WireError(f"{where}: expected {getattr(hint, '__name__', hint)}, got {type(value).__name__}")
