"""Changing and emptying pools and buffers; the receipt tells what it did to memory and to the step time."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Optional

from memgui.agent.actions.action import Action, Estimate, Outcome, Point
from memgui.agent.pools.pools import Pools
from memgui.agent.steps import StepClock
from memgui.protocol.errors import Refused

ALL = "all"
# The effect is told after so many steps, or as many as fit into so many seconds.
_STEPS = 20
_SECONDS = 10.0

Post = Callable[[str, str, Dict[str, Any]], None]


class _PoolAction(Action):
    """Does its work at one step boundary and looks at the step time for some steps more."""

    group = "pools"

    def __init__(self, pools: Pools, clock: StepClock, post: Post) -> None:
        """`post` marks the change on the time line."""
        self._pools = pools
        self._clock = clock
        self._post = post

    def frees(self, metric: str) -> bool:
        """Resident memory and what the devices have handed out."""
        return metric == "host.rss_bytes" or metric.endswith(".allocated_bytes")

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Act, then wait until the effect shows."""
        if so_far.state is None:
            before_s = self._clock.recent_step_s()
            outcome = self.act(params)
            details = dict(outcome.details)
            if before_s is not None:
                details["step_before_s"] = round(before_s, 6)
            if point.step < 0:
                return Outcome(outcome.freed_bytes, details)
            return Outcome(outcome.freed_bytes, details, complete=False, state=(point.step, time.monotonic()))
        begun, begun_s = so_far.state
        steps = point.step - begun
        if steps < 2 or (steps < _STEPS and time.monotonic() - begun_s < _SECONDS):
            return Outcome(complete=False, state=so_far.state)
        # The step in which it was changed paid for the change.
        after_s = self._clock.recent_step_s(steps - 1)
        effect = {} if after_s is None else {"step_after_s": round(after_s, 6)}
        return Outcome(details={"steps": steps, **effect}, state=so_far.state)

    def act(self, params: Dict[str, Any]) -> Outcome:
        """The change itself."""
        raise NotImplementedError


class SetPool(_PoolAction):
    """Any setting of a pool, buffer or loader."""

    name = "set_pool"
    title = "Set a pool"
    description = (
        "Changes settings of a pool or buffer while the training runs. The effect on memory and step time is told some "
        "steps later."
    )

    def schema(self) -> Dict[str, Any]:
        """The names, and every setting that any of them has."""
        properties: Dict[str, Any] = {"name": {"type": "string", "title": "Pool", "enum": self._names()}}
        for info in self._pools.infos():
            for word, setting in info.settings.items():
                kind = "integer" if setting.whole else "number"
                part = properties.setdefault(
                    word, {"type": kind, "minimum": setting.min, "maximum": setting.max, "optional": True}
                )
                part["minimum"] = min(part["minimum"], setting.min)
                part["maximum"] = max(part["maximum"], setting.max)
                part["description"] = f"{part['description']}, {info.name}" if "description" in part else info.name
        return {"type": "object", "properties": properties, "required": ["name"]}

    def unavailable(self) -> Optional[str]:
        """There is none."""
        return None if self._names() else "this run has no pool or buffer whose settings could be changed"

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """From which value to which."""
        info = self._pools.info(str(params.get("name")))
        changes = []
        for word, value in params.items():
            if info is not None and word in info.settings:
                setting = info.settings[word]
                changes.append(
                    setting.refusal(f"{info.name}: {word}", value)
                    or f"{info.name}: {word} {setting.value:g} → {value:g}"
                )
        changes += list(info.notes) if info is not None and changes else []
        return Estimate(None, 0.0, tuple(changes))

    def act(self, params: Dict[str, Any]) -> Outcome:
        """Change them, all or none."""
        values = {word: value for word, value in params.items() if word != "name"}
        name = params["name"]
        info = self._pools.info(name)
        if not values:
            known = ", ".join(info.settings) if info is not None else "none"
            raise Refused(f"nothing was given to change of {name}", f"its settings: {known}")
        before = {} if info is None else {word: setting.value for word, setting in info.settings.items()}
        self._pools.change(name, values)
        changes = [f"{word} {before.get(word, 0):g} → {value:g}" for word, value in values.items()]
        text = f"{name}: {', '.join(changes)}"
        self._post("pool", text, {"name": name, **values})
        return Outcome(details={"change": text})

    def _names(self) -> List[str]:
        return [info.name for info in self._pools.infos() if info.settings]


class TrimPool(_PoolAction):
    """What pools and caches hold for reuse only."""

    name = "trim_pool"
    title = "Trim pools"
    description = (
        "Gives back what a pool holds for reuse and nobody has, or empties a cache. It fills again as it is used, and "
        "the next steps are slower for it."
    )

    def schema(self) -> Dict[str, Any]:
        """One pool, or all."""
        choice = {"type": "string", "title": "Pool", "enum": [ALL, *self._spare()], "default": ALL}
        return {"type": "object", "properties": {"name": choice}}

    def unavailable(self) -> Optional[str]:
        """Nothing to trim."""
        return None if self._spare() else "no pool or cache of this run holds anything that it could give back"

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """Held, less what is in use; a cache gives back all."""
        spare = self._spare()
        asked = params.get("name", ALL)
        chosen = {name: size for name, size in spare.items() if asked in (ALL, name)}
        return Estimate(sum(chosen.values()), None, tuple(f"{name}: {size} bytes" for name, size in chosen.items()))

    def act(self, params: Dict[str, Any]) -> Outcome:
        """Trim."""
        asked = params.get("name", ALL)
        freed = self._pools.trim(list(self._spare()) if asked == ALL else [asked])
        self._post("pool", f"trimmed {', '.join(freed) or 'nothing'}", {"name": asked})
        return Outcome(sum(freed.values()), {f"freed_{name}_bytes": size for name, size in freed.items()})

    def _spare(self) -> Dict[str, int]:
        spare = {}
        for info in self._pools.infos():
            if info.can_trim:
                used = 0 if "cache" in info.kind else info.used_bytes or 0
                spare[info.name] = (info.held_bytes or 0) - used
        return spare
