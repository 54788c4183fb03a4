"""An action on all ranks is done by all at the same step, or by none."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import pytest

from memgui.link.errors import Disconnected, RemoteError
from memgui.link.ranks import Rank, RanksOutcome, run_on_all, undo_together
from memgui.link.targets import TargetInfo, resolve_ranks
from memgui.protocol.errors import BadInput
from memgui.protocol.jsonrpc import METHOD_NOT_FOUND
from memgui.protocol.meeting import MeetParams, Met
from memgui.protocol.payloads import Preview, Receipt
from memgui.protocol.shrinking import LayerChange, ShrinkPlan, Sizes
from memgui.protocol.wire import to_wire


def plan(after: int) -> ShrinkPlan:
    return ShrinkPlan((LayerChange("body.0", "Linear", "cut", Sizes(100, 100, 200), Sizes(after, after, 2 * after)),))


@dataclass
class FakeRank:
    """Steps at a speed, and answers each method as a test says."""

    step: int = 100
    speed: int = 0
    preview: object = field(default_factory=lambda: Preview("prune", 200, 5.0))
    receipt: object = field(default_factory=lambda: Receipt("r", "prune", "done", undo="u-1"))
    undo: object = field(default_factory=lambda: Receipt("x", "undo", "done"))
    asked: list[tuple[str, Any]] = field(default_factory=list)
    clock_s: float = 0.0
    late: int = 0
    counted_by: str = "the steps of Adam"
    decided: dict[str, str] = field(default_factory=lambda: {"body.0": "abc"})
    fails_at: str = ""
    knows: bool = True
    run: Future[Any] | None = None

    def request(
        self, key: str, method: str, params: Any = None, *, timeout_s: float, on_progress: object = None
    ) -> Future[Any]:
        self.asked.append((method, params))
        future: Future[Any] = Future()
        if method == "actions.meet":
            return self.meet(params, future)
        if getattr(params, "meeting", None) is not None:
            self.run = future
            return future
        answer = {"actions.preview": self.preview, "actions.run": self.receipt, "actions.undo": self.undo}.get(method)
        if method == "hello":
            answer = {
                "protocol": [1], "agent_version": "0", "pid": 1, "start_time": 1, "monotonic_s": self.clock_s,
                "time_s": 0.0, "host": "h", "name": "n", "argv": [], "user": "u", "python": "3",
                **({"step": self.step} if self.step >= 0 else {}),
            }  # fmt: skip
            self.clock_s += 1.0
            self.step += self.speed
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(to_wire(answer))
        return future

    def meet(self, wanted: MeetParams, future: Future[Any]) -> Future[Any]:
        """As an agent does: counts 10 steps a second, and comes `late` steps after the one that was named."""
        if not self.knows:
            future.set_exception(RemoteError(METHOD_NOT_FOUND, "this agent has no method 'actions.meet'"))
            return future
        state = {"count": "counted", "stand": "standing", "change": "changed"}.get(wanted.order, "ended")
        if wanted.order == self.fails_at or wanted.order in ("keep", "drop"):
            state = "ended"
            if self.run is not None and not self.run.done():
                outcome = "done" if wanted.order == "keep" else "refused"
                reason = wanted.reason if wanted.order == "drop" else "no room for the backup\nfree some"
                self.run.set_result(to_wire(Receipt("r", "prune", outcome, reason, step=7, undo="u-1")))
        if wanted.at is not None:
            self.step = wanted.at + self.late
            self.late = 0
        if wanted.order == "count":
            self.step, self.clock_s = self.step + 5, self.clock_s + 0.5
        decided = self.decided if state == "changed" else {}
        future.set_result(to_wire(Met(state, self.step, self.clock_s, self.counted_by, "1:2", decided)))
        return future

    def orders(self) -> list[str]:
        return [params.order for method, params in self.asked if method == "actions.meet"][1:]

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked if method != "hello"]


def run(*ranks: FakeRank) -> RanksOutcome:
    return run_on_all([Rank(each, "k", f"rank {number}") for number, each in enumerate(ranks)], "prune", {"ratio": 0.5})


def test_all_ranks_run_after_the_same_step_which_none_has_reached() -> None:
    slow, fast = FakeRank(step=100, speed=1), FakeRank(step=104, speed=30)
    outcome = run(slow, fast)
    assert outcome.outcome == "done"
    steps = {params.at_step for each in (slow, fast) for method, params in each.asked if method == "actions.run"}
    assert steps == {outcome.at_step}
    # The fast one is at 134 and takes 30 steps a second.
    assert outcome.at_step == 134 + 30 + 3
    assert set(outcome.receipts) == {"rank 0", "rank 1"}


@pytest.mark.parametrize(
    "answer",
    [Preview("prune", unavailable="inside DDP: unwrap it"), RemoteError(-1, "inside DDP: unwrap it")],
)
def test_a_rank_that_refuses_keeps_every_rank_from_running(answer: object) -> None:
    willing, refusing = FakeRank(), FakeRank(preview=answer)
    outcome = run(willing, refusing)
    assert outcome.outcome == "refused"
    assert outcome.reason == "rank 1: inside DDP: unwrap it; no rank was changed"
    assert willing.methods() == refusing.methods() == ["actions.preview"]


def test_a_rank_that_has_not_stepped_keeps_every_rank_from_being_asked() -> None:
    outcome = run(FakeRank(), FakeRank(step=-1))
    assert outcome.outcome == "refused"
    assert "rank 1: no optimizer step was seen there yet" in (outcome.reason or "")


def test_replicas_that_would_come_out_different_are_refused() -> None:
    outcome = run(FakeRank(preview=Preview("prune", plan=plan(50))), FakeRank(preview=Preview("prune", plan=plan(75))))
    assert outcome.outcome == "refused"
    assert "rank 1 would change body.0 in another way than rank 0" in (outcome.reason or "")


def alike(**about: Any) -> FakeRank:
    return FakeRank(preview=Preview("prune", 200, plan=plan(50)), **about)


def test_a_change_is_made_where_all_ranks_stand_at_a_step_that_none_has_reached() -> None:
    slow, fast = alike(step=100), alike(step=101)
    outcome = run(slow, fast)
    assert outcome.outcome == "done"
    # The fast one is at 111; 5 steps lie between two looks, and 10 are made in the second before it stands.
    assert (outcome.count, outcome.counted_by, outcome.at_step) == (126, "the steps of Adam", 7)
    assert slow.orders() == fast.orders() == ["count", "count", "stand", "change", "keep"]


def test_a_rank_that_stands_further_on_is_waited_for_and_the_others_run_on_to_its_step() -> None:
    ahead, behind = alike(late=1), alike()
    outcome = run(ahead, behind)
    assert (outcome.outcome, outcome.count) == ("done", 126)
    assert ahead.orders().count("stand") == 1
    assert [params.at for method, params in behind.asked if getattr(params, "order", "") == "stand"] == [125, 126]


@pytest.mark.parametrize("order", ["count", "stand", "change"])
def test_where_one_rank_does_not_follow_an_order_the_others_are_told_to_drop_it(order: str) -> None:
    fine, failing = alike(), alike(fails_at=order)
    outcome = run(fine, failing)
    assert outcome.outcome == "refused"
    assert outcome.reason == "rank 1: no room for the backup; free some; no rank was changed"
    assert fine.orders()[-1] == "drop"
    assert "keep" not in fine.orders() + failing.orders()


@pytest.mark.parametrize(
    ("other", "text"),
    [
        ({"decided": {"body.0": "xyz"}}, "rank 1 would keep other parts of body.0 than rank 0"),
        ({"counted_by": "the script"}, "which cannot be compared; call memgui.agent.step(step=n)"),
        ({"late": 10**6}, ""),
    ],
)
def test_ranks_that_do_not_fit_together_are_not_changed(other: dict[str, Any], text: str) -> None:
    outcome = run(alike(), alike(**other))
    assert outcome.outcome == ("refused" if text else "done")
    assert text in (outcome.reason or "")


def test_layers_that_only_one_rank_holds_need_not_be_decided_alike() -> None:
    assert run(alike(), alike(decided={"body.1": "xyz"})).outcome == "done"


def test_an_agent_that_knows_no_meetings_is_never_asked_to_run() -> None:
    old = alike(knows=False)
    outcome = run(alike(), old)
    assert outcome.outcome == "refused"
    assert "no method" in (outcome.reason or "")
    assert "actions.run" not in old.methods()


def test_a_rank_that_is_lost_amid_the_change_is_told_and_nothing_is_kept() -> None:
    lost, other = alike(), alike()
    meet = lost.meet

    def gone(wanted: MeetParams, future: Future[Any]) -> Future[Any]:
        if wanted.order != "change":
            return meet(wanted, future)
        assert lost.run is not None
        lost.run.set_exception(Disconnected("the agent closed the connection"))
        future.set_exception(Disconnected("the agent closed the connection"))
        return future

    lost.meet = gone  # type: ignore[method-assign]
    outcome = run(lost, other)
    assert outcome.outcome == "disconnected"
    assert "rank 0: the agent closed the connection" in (outcome.reason or "")
    assert other.orders()[-1] == "drop"


def test_a_loss_guard_is_refused_on_several_ranks() -> None:
    ranks = [Rank(alike(), "k", name) for name in "ab"]
    outcome = run_on_all(ranks, "prune", {"guard_ratio": 1.5})
    assert outcome.outcome == "refused"
    assert "take it back on all ranks by hand" in (outcome.reason or "")


def test_what_was_done_together_is_taken_back_together() -> None:
    one, two, other = FakeRank(), FakeRank(), FakeRank()
    ranks = [Rank(each, "k", name) for each, name in ((one, "a"), (two, "b"), (other, "c"))]
    receipts = undo_together(ranks, {"a": "u-1", "b": "u-2"})
    assert {name: receipt.outcome for name, receipt in receipts.items()} == {"a": "done", "b": "done"}
    undos = [params for each in (one, two) for method, params in each.asked if method == "actions.undo"]
    assert [each.undo for each in undos] == ["u-1", "u-2"]
    assert len({each.meeting for each in undos}) == 1
    assert other.methods() == []


def test_a_rank_that_cannot_free_at_the_step_is_named() -> None:
    past = Receipt("r", "prune", "refused", "step 104 is past")
    outcome = run(FakeRank(receipt=past), FakeRank(receipt=past))
    assert outcome.reason == "rank 0: step 104 is past"


def _info(pid: int, rank: int | None, **about: Any) -> TargetInfo:
    words: dict[str, Any] = {
        "name": "train.py", "script": "/w/train.py", "user": "ada", "python": "3.11", "torch": "2.13", "agent": None,
        "attachable": True, "reason": None, "world_size": 2 if rank is not None else None, "parent": 7,
        "rss_bytes": 1.0, "run_id": "job-1",
    }  # fmt: skip
    return TargetInfo(pid=pid, start_time=1, rank=rank, **{**words, **about})


def test_one_target_stands_for_all_ranks_of_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    here = [_info(12, 1), _info(11, 0), _info(13, 0, run_id="job-2"), _info(14, None, name="serve.py", script="/s.py")]
    monkeypatch.setattr("memgui.link.targets.list_targets", lambda _directory=None: here)
    monkeypatch.setattr("memgui.link.targets.resolve", lambda word, _directory=None: int(word))
    assert resolve_ranks(["12"]) == [(11, "rank 0 (pid 11)"), (12, "rank 1 (pid 12)")]
    assert resolve_ranks(["14", "11"]) == [(14, "pid 14"), (11, "rank 0 (pid 11)")]
    with pytest.raises(BadInput, match="no rank of a run"):
        resolve_ranks(["14"])
    with pytest.raises(BadInput, match="several runs are called"):
        resolve_ranks(["train.py"])
