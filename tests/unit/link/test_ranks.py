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

    def request(
        self, key: str, method: str, params: Any = None, *, timeout_s: float, on_progress: object = None
    ) -> Future[Any]:
        self.asked.append((method, params))
        future: Future[Any] = Future()
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


def test_a_change_of_the_model_is_refused_since_ranks_count_their_steps_apart() -> None:
    alike = [FakeRank(preview=Preview("prune", 200, plan=plan(50))) for _ in range(2)]
    outcome = run(*alike)
    assert outcome.outcome == "refused"
    assert "load_pruned" in (outcome.reason or "")
    assert all("actions.run" not in each.methods() for each in alike)


def test_what_the_others_did_is_taken_back_where_one_fails() -> None:
    fine, failing = FakeRank(), FakeRank(receipt=Receipt("r", "prune", "failed", "no space left"))
    outcome = run(fine, failing)
    assert outcome.outcome == "failed"
    assert outcome.reason == "rank 1: no space left; taken back on rank 0"
    assert [params.undo for method, params in fine.asked if method == "actions.undo"] == ["u-1"]
    assert "actions.undo" not in failing.methods()
    assert outcome.undone["rank 0"].outcome == "done"


def test_a_change_that_cannot_be_taken_back_is_told_with_its_id() -> None:
    stuck = FakeRank(undo=Receipt("x", "undo", "failed", "the backup is gone"))
    outcome = run(stuck, FakeRank(receipt=Disconnected("the agent closed the connection")))
    assert outcome.outcome == "disconnected"
    assert "rank 0 is still changed (the backup is gone): take it back with u-1" in (outcome.reason or "")
    assert "whether rank 1 is changed is not known" in (outcome.reason or "")


def test_what_was_done_together_is_taken_back_after_the_same_step() -> None:
    slow, fast, other = FakeRank(step=100, speed=1), FakeRank(step=104, speed=30), FakeRank(step=1)
    ranks = [Rank(each, "k", name) for each, name in ((slow, "a"), (fast, "b"), (other, "c"))]
    receipts = undo_together(ranks, {"a": "u-1", "b": "u-2"}, rest=lambda _s: None)
    assert set(receipts) == {"a", "b"}
    undos = [params for each in (slow, fast) for method, params in each.asked if method == "actions.undo"]
    assert [one.undo for one in undos] == ["u-1", "u-2"]
    assert {one.at_step for one in undos} == {134 + 30 + 3}
    assert other.methods() == []


def test_ranks_that_all_refuse_at_the_step_change_nothing() -> None:
    past = Receipt("r", "prune", "refused", "step 104 is past")
    outcome = run(FakeRank(receipt=past), FakeRank(receipt=past))
    assert outcome.reason == "rank 0: step 104 is past; no rank was changed"
    assert outcome.undone == {}


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
