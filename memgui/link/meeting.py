"""Leads the ranks of a run to one change: all stand still at the same step, change, and keep it; or none. Any thread.

First each counts its steps and trains on, so that a step can be named which none has reached: a rank that stood while
another is a step ahead would keep that one from ever coming to stand. Where one stands further on all the same, the
others run on to its step, which they can, since it has entered every exchange of that step already. What decides
between keeping and dropping is not here but on the ranks' own host (`memgui.agent.meetings`), so that it does not
matter when this end is lost.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from memgui.link.actions import MARGIN_S, receipt_of, sentence
from memgui.protocol.errors import Problem
from memgui.protocol.meeting import MeetParams, Met
from memgui.protocol.payloads import Receipt
from memgui.protocol.wire import WireError, from_wire

if TYPE_CHECKING:
    from memgui.link.ranks import Rank

# Writing the backup of a large model takes this long at most; ranks that wait for it give up by their own measure.
_CHANGE_S = 600.0
_LAST_WORDS_S = 10.0
# Between naming the step and standing at it.
_LEAD_S = 1.0
_ROUNDS = 4
_STATES = {"count": "counted", "stand": "standing", "change": "changed"}

Begin = Callable[["Rank", str, float], Future[Any]]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """How a meeting ended.

    Attributes:
        reason: why nothing is changed, naming the rank that was in the way; None where all kept it.
        outcome: "done", or what the receipt of that rank says.
        count, counted_by: where all stood still; None where they did not.
        receipts: by rank.
    """

    outcome: str
    reason: str | None
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    count: int | None = None
    counted_by: str | None = None


class _InTheWay(Exception):  # noqa: N818 - it becomes an Outcome
    def __init__(self, text: str, outcome: str = "refused") -> None:
        super().__init__(text)
        self.outcome = outcome


def meet(ranks: Sequence[Rank], begin: Begin, *, timeout_s: float, tell: Tell) -> Outcome:
    """Have every rank do what `begin` asks for, at the same step.

    Args:
        begin: sends the request for the run or the undo: the rank, the meeting's name, and the request's time-out.
        timeout_s: how long a rank may take to its step boundary.
        tell: is told what is being waited for.

    Raises:
        Problem: an agent does not answer, or is too old to know of meetings; none was asked.
    """
    return _Led(ranks, begin, timeout_s, tell).outcome()


class _Led:
    def __init__(self, ranks: Sequence[Rank], begin: Begin, timeout_s: float, tell: Tell) -> None:
        self._ranks = ranks
        self._name = secrets.token_hex(8)
        self._timeout_s = timeout_s
        self._tell = tell
        whole_s = timeout_s + 2 * _CHANGE_S
        # An agent that knows nothing of meetings would run at once, and alone.
        known = self._order("drop", ranks)
        for rank in ranks:
            try:
                _met(rank.name, known[rank.name])
            except _InTheWay as way:
                raise Problem(str(way)) from way
        self._runs = {rank.name: begin(rank, self._name, whole_s) for rank in ranks}
        self._at: tuple[int, str] | None = None

    def outcome(self) -> Outcome:
        try:
            self._stand()
            self._change()
        except _InTheWay as way:
            self._order("drop", self._ranks, reason=str(way))
            receipts = self._receipts()
            return Outcome(way.outcome, f"{way}; {_standing(receipts)}", receipts)
        self._order("keep", self._ranks)
        receipts = self._receipts()
        for name, receipt in receipts.items():
            if receipt.outcome != "done":
                text = f"{name}: {_why(receipt)}; {_standing(receipts)}"
                return Outcome(receipt.outcome, text, receipts)
        return Outcome("done", None, receipts, *(self._at or ()))

    def _stand(self) -> None:
        """All stand after the same step."""
        self._tell("counting the steps of every rank")
        wait_s = self._timeout_s + MARGIN_S
        before = self._followed("count", self._ranks, wait_s)
        self._comparable(before)
        at = _ahead(before, self._followed("count", self._ranks, wait_s))
        self._tell("waiting for every rank to stand still at the same step")
        met = self._followed("stand", self._ranks, wait_s, at=at)
        for _ in range(_ROUNDS):
            counts = _counts(met)
            most = max(counts.values())
            behind = [rank for rank in self._ranks if counts[rank.name] < most]
            if not behind:
                self._at = most, next(iter(met.values())).counted_by or ""
                return
            met |= self._followed("stand", behind, wait_s, at=most)
        raise _InTheWay("the ranks do not come to the same step; shrink each by itself")

    def _change(self) -> None:
        self._tell("every rank stands still at the same step; changing")
        met = self._followed("change", self._ranks, _CHANGE_S)
        decided: dict[str, tuple[str, str]] = {}
        for name, one in met.items():
            for module, fingerprint in one.decided.items():
                first, other = decided.setdefault(module, (name, fingerprint))
                if other != fingerprint:
                    raise _InTheWay(
                        f"{name} would keep other parts of {module or 'the model'} than {first}, so they would no "
                        "longer fit together; choose a criterion that depends on what all share, such as the weights"
                    )

    def _comparable(self, met: Mapping[str, Met]) -> None:
        (first, one), *others = met.items()
        for name, other in others:
            if other.counted_by != one.counted_by:
                raise _InTheWay(
                    f"{first} counts its steps by {one.counted_by} and {name} by {other.counted_by}, which cannot be "
                    "compared; call memgui.agent.step(step=n) on every rank, at the end of each iteration"
                )
            if other.place is None or other.place != one.place:
                raise _InTheWay(
                    f"the sockets of {first} and {name} are not in one directory, where ranks agree; start them on one "
                    "host with the same MEMGUI_RUNTIME_DIR"
                )

    def _followed(self, order: str, ranks: Sequence[Rank], wait_s: float, **more: Any) -> dict[str, Met]:
        """What each rank answers when it has followed the order.

        Raises:
            _InTheWay: one of them has not, or its run has ended.
        """
        asked = self._order(order, ranks, wait_s=wait_s, **more)
        wanted = _STATES[order]
        deadline_s = time.monotonic() + wait_s
        met: dict[str, Met] = {}
        while len(met) < len(asked):
            for name, future in self._runs.items():
                if future.done():
                    receipt = receipt_of(future, "")
                    raise _InTheWay(f"{name}: {_why(receipt)}", receipt.outcome)
            for name, future in asked.items():
                if name not in met and future.done():
                    answer = _met(name, future)
                    if answer.state == wanted:
                        met[name] = answer
                    elif answer.state != "ended":  # whose receipt is on its way
                        raise _InTheWay(f"{name} did not wait any longer", "timed_out")
                    else:
                        receipt = self._receipt(name)
                        raise _InTheWay(f"{name}: {_why(receipt)}", receipt.outcome)
            left = [future for name, future in asked.items() if name not in met]
            if left and not wait([*left, *self._runs.values()], deadline_s - time.monotonic(), FIRST_COMPLETED).done:
                raise _InTheWay("the ranks did not answer in time", "timed_out")
        return met

    def _order(
        self, order: str, ranks: Sequence[Rank], *, wait_s: float = _LAST_WORDS_S, **more: Any
    ) -> dict[str, Future[Any]]:
        body = MeetParams(self._name, order, **more)
        return {rank.name: rank.hub.request(rank.key, "actions.meet", body, timeout_s=wait_s) for rank in ranks}

    def _receipt(self, name: str) -> Receipt:
        wait([self._runs[name]], _LAST_WORDS_S)
        if self._runs[name].done():
            return receipt_of(self._runs[name], "")
        return Receipt("", "", "timed_out", "it does not answer; what it began it takes back by itself")

    def _receipts(self) -> dict[str, Receipt]:
        wait(list(self._runs.values()), _LAST_WORDS_S)
        return {name: self._receipt(name) for name in self._runs}


def _counts(met: Mapping[str, Met]) -> dict[str, int]:
    return {name: one.count or 0 for name, one in met.items()}


def _ahead(before: Mapping[str, Met], now: Mapping[str, Met]) -> int:
    """A count that no rank reaches before it has heard of it."""
    first, last = _counts(before), _counts(now)
    made = {name: last[name] - first[name] for name in last}
    took_s = {name: max(1e-3, (now[name].t_s or 0.0) - (before[name].t_s or 0.0)) for name in last}
    lead = max(made[name] / took_s[name] for name in last) * _LEAD_S
    return max(last.values()) + max(made.values()) + math.ceil(lead)


def _met(name: str, future: Future[Any]) -> Met:
    try:
        return from_wire(Met, future.result())
    except WireError as error:
        raise _InTheWay(f"{name}: the agent's answer cannot be read: {error}") from error
    except Problem as error:
        raise _InTheWay(f"{name}: {sentence(error)}") from error


def _why(receipt: Receipt) -> str:
    return (receipt.reason or receipt.outcome).replace("\n", "; ")


def _standing(receipts: Mapping[str, Receipt]) -> str:
    """How the ranks are now."""
    done = [name for name, receipt in receipts.items() if receipt.outcome == "done"]
    if done:
        return f"{', '.join(done)}: changed; take it back by hand where the others are not"
    return "no rank was changed"
