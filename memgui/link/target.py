"""The model of one target, for the window and the commands. Single-threaded: its owner calls `apply`."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace

import msgspec

from memgui.analysis.detector import Detector
from memgui.analysis.finding import Finding
from memgui.analysis.settings import DetectorSettings
from memgui.collect.children import ChildProcess
from memgui.collect.facts import ProcessFacts
from memgui.collect.limits import HOST, limits_of
from memgui.collect.observer import EndReason
from memgui.link.batch import CONNECTING, Batch
from memgui.link.judge import Judge
from memgui.protocol.payloads import ActionInfo, Hello, Receipt
from memgui.protocol.shrinking import UndoInfo
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row, Timeline

_RATE_OVER_ROWS = 30
_RECEIPTS_KEPT = 1000
# What they are made of is read once a second.
_LIMITS_EVERY_S = 1.0


class LiveTarget:
    """Everything known of a target; it stays when the target is lost or has ended.

    Attributes:
        state: "connecting", "connected", "outside" (no agent), "lost" or "ended", of a recording also "followed" (it
            grows) or "replayed" (an earlier moment is looked at); `state_text` says it in words.
        receipts: results of actions, oldest first; `details["settled"]` is what was left of an effect some steps later.
        undos: runs that the target can take back, newest first; as it told last.
        dropped: samples that were lost on the way, so far.
        limit: name and bytes of the limit of host memory that binds; None while it is unknown.
        recording: name of the file that it was read from; None for a process that is or was watched here.
        horizon_s: growth that reaches the limit later than this raises no alarm.

    Args:
        settings: what a person has set about verdicts.
    """

    def __init__(self, key: str, settings: DetectorSettings | None = None) -> None:
        self.key = key
        self.pid = int(key.split(".", 1)[0])
        self.state, self.state_text = CONNECTING, "looking for the agent"
        self.hello: Hello | None = None
        self.facts: ProcessFacts | None = None
        self.timeline = Timeline()
        self.actions: tuple[ActionInfo, ...] = ()
        self.undos: tuple[UndoInfo, ...] = ()
        self.receipts: list[Receipt] = []
        self.children: tuple[ChildProcess, ...] = ()
        self.dropped = 0
        self.limit: tuple[str, float] | None = None
        self.end: EndReason | None = None
        self.recording: str | None = None
        settings = settings or DetectorSettings()
        self.horizon_s = settings.horizon_s
        self._judge = Judge(Detector(settings))
        self._limits_due_s = 0.0
        self._arrivals: deque[float] = deque(maxlen=_RATE_OVER_ROWS)

    @property
    def name(self) -> str:
        """What people call the run."""
        known = self.hello or self.facts
        return known.name if known is not None else f"process {self.pid}"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules say at present, the most urgent first."""
        return self._judge.findings

    @property
    def rate_hz(self) -> float:
        """Samples a second over the last seconds, 0.0 where there are none."""
        if len(self._arrivals) < 2 or self._arrivals[-1] == self._arrivals[0]:
            return 0.0
        return (len(self._arrivals) - 1) / (self._arrivals[-1] - self._arrivals[0])

    @property
    def agent_cost_ratio(self) -> float | None:
        """Share of one core that the agent's thread takes; None without an agent."""
        cost = self.timeline.latest("agent.sample_cpu_s")
        return None if cost is None else cost * self.rate_hz

    def apply(self, batch: Batch) -> None:
        """Take in what the link has delivered, in the order of delivery."""
        if batch.state is not None:
            self.state, self.state_text = batch.state, batch.state_text
        self.hello = batch.hello or self.hello
        self.facts = batch.facts or self.facts
        self.end = batch.end or self.end
        if batch.actions is not None:
            self.actions = batch.actions
        if batch.undos is not None:
            self.undos = batch.undos
        if batch.children is not None:
            self.children = batch.children
        if batch.dropped is not None:
            self.dropped = batch.dropped
        for event in batch.events:
            self._apply_event(event)
        if batch.history:
            self._apply_history(batch.history)
        for row in batch.rows:
            self._apply_row(row)
        if batch.rows and (self.limit is None or batch.rows[-1].t_s >= self._limits_due_s):
            self._limits_due_s = batch.rows[-1].t_s + _LIMITS_EVERY_S
            self._note_limits(batch.rows[-1].values)

    def _apply_history(self, rows: tuple[Row, ...]) -> None:
        last = self.timeline.last_t
        if last is None or rows[0].t_s > last:
            for row in rows:
                self.timeline.append_summary(row.t_s, row.step, row.values, row.low, row.high)
                self._judge.sample(row.t_s, row.step, row.low or row.values)
        else:
            self.timeline.backfill(rows)

    def _apply_row(self, row: Row) -> None:
        # From outside nobody knows the step; it is at least where it was.
        step = max(row.step, self.timeline.last_step)
        self.timeline.append(row.t_s, step, row.values)
        self._judge.sample(row.t_s, step, row.values)
        self._arrivals.append(row.t_s)

    def _apply_event(self, event: MarkedEvent) -> None:
        if not self.timeline.events.append(event):
            return
        self._judge.note(event)
        if event.kind == "receipt":
            self._take_receipt(event)
        elif event.kind == "settled":
            self._settle(event)

    def _take_receipt(self, event: MarkedEvent) -> None:
        try:
            receipt = msgspec.convert(dict(event.data), Receipt)
        except (msgspec.ValidationError, TypeError):
            return  # an agent of another version; its text stands among the events
        if all(receipt.id != known.id for known in self.receipts):
            self.receipts.append(receipt)
            del self.receipts[:-_RECEIPTS_KEPT]

    def _note_limits(self, values: Mapping[str, float | None]) -> None:
        for where, limit in limits_of(values).items():
            if where == HOST:
                self.limit = (limit.name, limit.limit_bytes)
            self._judge.set_limit(limit.name, limit.limit_bytes, limit.headroom_bytes, device=where)

    def _settle(self, event: MarkedEvent) -> None:
        """Some steps after a run it is known what stays freed: that belongs to its receipt."""
        for at, receipt in enumerate(self.receipts):
            if receipt.id == event.data.get("id"):
                self.receipts[at] = replace(receipt, details={**receipt.details, "settled": dict(event.data)})
