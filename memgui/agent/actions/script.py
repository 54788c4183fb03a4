"""Actions that the training script registers itself; held weakly, so that none keeps a model alive."""

from __future__ import annotations

import inspect
import weakref
from typing import Any, Callable, Dict, Mapping, Optional

from memgui.agent.actions.action import NO_PARAMS, Action, Estimate, Outcome, Point
from memgui.protocol.errors import Refused

Function = Callable[..., Any]


class ScriptAction(Action):
    """Calls a function of the script with the parameters that were asked for.

    The function returns None, the number of bytes it freed, or a mapping of details.
    """

    def __init__(
        self,
        function: Function,
        *,
        name: str,
        title: str,
        params: Mapping[str, Any],
        description: str,
        group: str,
        safe_point: bool,
        gone: Callable[[], None],
    ) -> None:
        """`gone` is called when the function was garbage."""
        self.name = name
        self.title = title
        self.group = group
        self.description = description
        self.safe_point = safe_point
        self._schema = _object_schema(params)
        self._gone = gone
        method = inspect.ismethod(function)
        self._function: Callable[[], Optional[Function]] = (
            weakref.WeakMethod(function, self._is_gone) if method else weakref.ref(function, self._is_gone)
        )

    @property
    def is_alive(self) -> bool:
        """The function still exists."""
        return self._function() is not None

    def schema(self) -> Dict[str, Any]:
        """As registered."""
        return self._schema

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """Unknown."""
        return Estimate()

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Call it."""
        function = self._function()
        if function is None:
            raise Refused(f"the function behind {self.name} exists no more", "the script must register it again")
        told = function(**params)
        if isinstance(told, Mapping):
            return Outcome(details={str(key): value for key, value in told.items()})
        return Outcome(freed_bytes=told if type(told) is int else None)

    def frees(self, metric: str) -> bool:
        """Resident memory and what the devices have handed out."""
        return metric == "host.rss_bytes" or metric.endswith(".allocated_bytes")

    def _is_gone(self, _reference: Any) -> None:
        self._gone()


def _object_schema(params: Mapping[str, Any]) -> Dict[str, Any]:
    """A whole object schema as it is; else a mapping of names to schemas, or to defaults."""
    if params.get("type") == "object":
        return dict(params)
    if not params:
        return NO_PARAMS
    return {"type": "object", "properties": {name: _schema_of(value) for name, value in params.items()}}


def _schema_of(value: Any) -> Dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    names = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    kind = next((word for cls, word in names if isinstance(value, cls)), None)
    if kind is None:
        raise TypeError(f"a parameter is described by a JSON Schema or a default value, not by {value!r}")
    return {"type": kind, "default": value}
