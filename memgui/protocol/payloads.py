"""What the messages carry: frozen dataclasses, one per object on the wire.

Times named `t_s` are seconds of the target's own monotonic clock; the handshake gives the pair of readings
(`Hello.monotonic_s`, `Hello.time_s`) that ties it to wall time. Sizes are bytes. A value that cannot be had is None
on the inside and absent on the wire, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple

from memgui.protocol.shrinking import ShrinkPlan, UndoInfo


@dataclass(frozen=True)
class HelloParams:
    """`hello`, the first request on a connection."""

    protocol: Tuple[int, ...]
    client: str = "unknown"


@dataclass(frozen=True)
class Hello:
    """Answer to `hello`: who the target is.

    Attributes:
        start_time: start of the process in clock ticks since boot, /proc/PID/stat field 22; tells reused pids apart.
        monotonic_s, time_s: the target's monotonic and wall clock, read together.
        torch: version of torch, None before it is imported.
        step: optimizer steps seen so far, None before the first.
        safe_point: where queued actions run, in words; None where no optimizer step was seen yet.
        rank, local_rank, world_size, run_id: as the launcher set them in the environment.
        devices: one name per accelerator in use, such as "cuda:0 NVIDIA H100 80GB HBM3".
    """

    protocol: Tuple[int, ...]
    agent_version: str
    pid: int
    start_time: int
    monotonic_s: float
    time_s: float
    host: str
    name: str
    argv: Tuple[str, ...]
    user: str
    python: str
    script: Optional[str] = None
    cwd: Optional[str] = None
    torch: Optional[str] = None
    step: Optional[int] = None
    safe_point: Optional[str] = None
    rank: Optional[int] = None
    local_rank: Optional[int] = None
    world_size: Optional[int] = None
    run_id: Optional[str] = None
    devices: Tuple[str, ...] = ()


@dataclass(frozen=True)
class SubscribeParams:
    """`subscribe`: start the stream of `sample` notifications, or change its rate."""

    hz: float = 10.0


@dataclass(frozen=True)
class Subscribed:
    """Answer to `subscribe`: the names that the values of each `sample` belong to, in order.

    The set of metrics may change while the stream runs (an accelerator is first used); an event of kind `metrics`
    with the new `generation` and `names` comes before the first sample of that generation.
    """

    generation: int
    names: Tuple[str, ...]
    hz: float


@dataclass(frozen=True)
class Sample:
    """`sample`: one reading of every metric.

    Attributes:
        t_s: monotonic time of the reading.
        step: optimizer steps completed, -1 before the first.
        v: values in the order of `names` of this `generation`; None where a value could not be had.
        dropped: samples thrown away on this connection since it began, because the peer read too slowly.
    """

    t_s: float
    step: int
    generation: int
    v: Tuple[Optional[float], ...]
    dropped: int = 0


@dataclass(frozen=True)
class Event:
    """`event`: something that happened at one instant.

    Attributes:
        kind: `mark` (of the training script), `metrics`, `receipt` (an action ended), `settled` (what is left of its
            effect some steps later), `actions` (the list of actions changed), `probe` (a probe was switched off),
            `exit`. Unknown kinds are shown by their text.
        text: for people.
        data: depends on the kind; see docs/protocol.md.
    """

    t_s: float
    kind: str
    text: str
    step: int = -1
    data: Dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """`progress`: how far a running request is."""

    request: int
    text: str
    done_ratio: Optional[float] = None


@dataclass(frozen=True)
class HistoryParams:
    """`history`: one page of what the ring holds, oldest first.

    Attributes:
        since_s: only what was sampled after this monotonic time; None for everything.
        limit: rows at most; the agent may send fewer.
    """

    since_s: Optional[float] = None
    limit: int = 200


@dataclass(frozen=True)
class HistoryRow:
    """One sample, or the summary of several: `low` and `high` are the minima and maxima, absent where v is exact."""

    t_s: float
    step: int
    v: Tuple[Optional[float], ...]
    low: Optional[Tuple[Optional[float], ...]] = None
    high: Optional[Tuple[Optional[float], ...]] = None


@dataclass(frozen=True)
class History:
    """Answer to `history`; ask again with `since_s` = the last row's `t_s` while `more` is true."""

    names: Tuple[str, ...]
    rows: Tuple[HistoryRow, ...]
    events: Tuple[Event, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class ActionInfo:
    """An action that the target offers; button and form are built from it.

    Attributes:
        group: "free", "shrink", "pools", "diagnose" or a word of the script's own.
        params: JSON Schema of the parameters, an object schema.
        safe_point: runs only at a step boundary, on the training thread.
        undoable: a done run can be taken back by `actions.undo`.
        requires: distributions that the target's environment must have.
        unavailable: why it cannot be run now; None where it can.
        yield_bytes: what a run would free by the present counters; None where only a run tells.
        pause_ms: how long training would stand still, by the present counters; None where unknown.
    """

    name: str
    title: str
    group: str
    description: str
    params: Dict[str, Any] = field(default_factory=lambda: {"type": "object", "properties": {}})
    safe_point: bool = True
    undoable: bool = False
    requires: Tuple[str, ...] = ()
    unavailable: Optional[str] = None
    yield_bytes: Optional[int] = None
    pause_ms: Optional[float] = None


@dataclass(frozen=True)
class ActionList:
    """Answer to `actions.list`.

    Attributes:
        undos: what can still be taken back, newest first.
    """

    actions: Tuple[ActionInfo, ...]
    undos: Tuple[UndoInfo, ...] = ()


@dataclass(frozen=True)
class PreviewParams:
    """`actions.preview`.

    Attributes:
        timeout_s: how long to wait for a step boundary, where the preview has to look at the model.
    """

    action: str
    params: Dict[str, Any] = field(default_factory=dict)
    timeout_s: float = 30.0


@dataclass(frozen=True)
class Preview:
    """Answer to `actions.preview`: what a run would change. Nothing is changed by asking.

    Attributes:
        plan: layer by layer, for an action that changes the model.
    """

    action: str
    would_free_bytes: Optional[int] = None
    pause_ms: Optional[float] = None
    changes: Tuple[str, ...] = ()
    unavailable: Optional[str] = None
    plan: Optional[ShrinkPlan] = None


@dataclass(frozen=True)
class RunParams:
    """`actions.run`.

    Attributes:
        when: "safe_point", or "now" for an action that is declared safe anywhere.
        timeout_s: how long to wait for a step boundary.
        at_step: run at the boundary after this step, not before it; refused where the step is past. None for the next.
        meeting: 16 hexadecimal digits, the same for all ranks that change together, as `actions.meet` orders.
    """

    action: str
    params: Dict[str, Any] = field(default_factory=dict)
    when: str = "safe_point"
    timeout_s: float = 30.0
    at_step: Optional[int] = None
    meeting: Optional[str] = None


@dataclass(frozen=True)
class UndoParams:
    """`actions.undo`: take back the run whose receipt carries this `undo` id.

    Attributes:
        at_step, meeting: as for `actions.run`, so that the ranks of a run can take back together.
    """

    undo: str
    timeout_s: float = 30.0
    at_step: Optional[int] = None
    meeting: Optional[str] = None


OUTCOMES = ("done", "refused", "failed", "timed_out", "disconnected")


@dataclass(frozen=True)
class Receipt:
    """Answer to `actions.run` and `actions.undo`: the one result of a run.

    Attributes:
        outcome: one of `OUTCOMES`; `disconnected` is filled in by the client.
        reason: why it did not end in `done`, with the next step; None where it did.
        before, after: metrics named `…_bytes` at the start and the end of the run.
        freed_bytes: what the action freed by the metric it is about; negative where it took memory.
        cost_ms: how long the thread that ran it was kept.
        undo: id for `actions.undo`; None where it cannot be taken back.
    """

    id: str
    action: str
    outcome: str
    reason: Optional[str] = None
    t_s: Optional[float] = None
    step: int = -1
    before: Dict[str, float] = field(default_factory=dict)
    after: Dict[str, float] = field(default_factory=dict)
    freed_bytes: Optional[int] = None
    cost_ms: Optional[float] = None
    undo: Optional[str] = None
    details: Dict[str, Any] = field(default_factory=dict)
