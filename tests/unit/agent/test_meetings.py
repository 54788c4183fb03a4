"""A rank stands still, changes, and keeps or drops the change as all ranks of its run do: an agent, and a client that
leads it by the wire."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

import memgui.agent
from memgui.agent import common_step, meetings, steps
from memgui.agent.actions.action import Point
from memgui.protocol.errors import Refused
from memgui.shrink import undo

NAME = "00112233445566aa"


class Training:
    """Steps in a thread of its own, so that it can stand."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        torch.set_num_threads(1)
        self.model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 4))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.data = torch.Generator().manual_seed(1)
        self.steps = 0
        self.ends_at = 1_000_000
        self.thread = threading.Thread(target=self._train)

    def _train(self) -> None:
        while self.steps < self.ends_at:
            self.step()

    def step(self) -> None:
        x = torch.randn(8, 16, generator=self.data)
        self.optimizer.zero_grad()
        (self.model(x) - x[:, :4]).square().mean().backward()
        self.optimizer.step()
        self.steps += 1

    def end(self, after: int = 0) -> list[torch.Tensor]:
        """The weights after so many steps; at once for 0."""
        self.ends_at = after
        self.thread.join(30)
        assert not self.thread.is_alive()
        return [part.detach().clone() for part in self.model.parameters()]


@pytest.fixture
def training(agent: Path) -> Iterator[Training]:
    made = Training()
    made.step()
    made.thread.start()
    yield made
    made.end()
    memgui.agent.stop()


class Led:
    """A run in a meeting, led by hand."""

    def __init__(self, viewer: Any, name: str = NAME) -> None:
        self.viewer = viewer
        self.name = name
        self.run = 0

    def begin(self, folder: Path, **params: Any) -> Led:
        body = {"ratio": 0.5, "backup_dir": str(folder), **params}
        self.run = self.viewer.send("actions.run", action="prune_structured", params=body, meeting=self.name)
        return self

    def order(self, order: str, **more: Any) -> Any:
        return self.viewer.call("actions.meet", meeting=self.name, order=order, **more)

    def to_change(self) -> Any:
        self.order("stand", at=self.order("count")["count"] + 5)
        return self.order("change")

    @property
    def receipt(self) -> Any:
        return self.viewer.answer(self.run)["result"]


def test_a_rank_stands_at_the_named_step_and_goes_on_when_the_change_is_kept(
    training: Training, viewer: Any, tmp_path: Path
) -> None:
    led = Led(viewer).begin(tmp_path)
    counted = led.order("count")
    assert (counted["state"], counted["counted_by"]) == ("counted", "the steps in the state of Adam")
    standing = led.order("stand", at=counted["count"] + 40)
    assert (standing["state"], standing["count"]) == ("standing", counted["count"] + 40)
    assert int(training.optimizer.state[training.model[0].weight]["step"]) == standing["count"]
    further = led.order("stand", at=standing["count"] + 3)
    assert further["count"] == standing["count"] + 3
    changed = led.order("change")
    assert changed["state"] == "changed"
    assert set(changed["decided"]) == {"0", "2"}
    assert training.model[0].weight.shape == (32, 16)
    assert training.steps == further["count"] - 1
    led.order("keep")
    receipt = led.receipt
    assert receipt["outcome"] == "done"
    assert receipt["details"]["meeting"] == NAME
    assert undo.listed()[0].meeting == NAME
    training.end(training.steps + 20)


def test_a_change_that_is_dropped_leaves_the_training_bit_equal_to_an_undisturbed_one(
    training: Training, viewer: Any, tmp_path: Path
) -> None:
    led = Led(viewer).begin(tmp_path)
    at = led.to_change()["count"]
    led.order("drop", reason="rank 1: no room for the backup")
    receipt = led.receipt
    assert receipt["outcome"] == "refused"
    assert "rank 1: no room for the backup" in receipt["reason"]
    weights = training.end(at + 50)
    memgui.agent.stop()
    twin = Training()
    while twin.steps < training.steps:
        twin.step()
    assert all(map(torch.equal, weights, twin.model.parameters()))
    assert not list(tmp_path.glob("*/undo-*"))


def test_a_rank_whose_client_has_gone_takes_its_change_back(
    training: Training, connect: Callable[..., Any], tmp_path: Path
) -> None:
    client, other = connect(), connect()
    Led(client).begin(tmp_path).to_change()
    assert training.model[0].weight.shape == (32, 16)
    client.close()
    assert "the client that led the ranks has gone" in other.event("receipt")["text"]
    assert training.model[0].weight.shape == (64, 16)
    training.end(training.steps + 5)


def test_what_another_rank_has_dropped_cannot_be_kept_and_what_it_kept_not_dropped(
    training: Training, agent: Path, connect: Callable[..., Any], tmp_path: Path
) -> None:
    led = Led(connect()).begin(tmp_path)
    led.to_change()
    os.symlink("drop", agent.parent / f"{NAME}.meeting")
    led.order("keep")
    assert "another rank did not keep the change" in led.receipt["reason"]
    assert training.model[0].weight.shape == (64, 16)
    client, other = connect(), connect()
    led = Led(client, "ffffffffffffffff").begin(tmp_path)
    led.to_change()
    os.symlink("keep", agent.parent / "ffffffffffffffff.meeting")
    client.close()
    assert other.note("event", lambda event: event["data"].get("outcome") == "done")
    assert training.model[0].weight.shape == (32, 16)


def test_a_rank_waits_for_the_others_for_a_bounded_time_only(
    training: Training, viewer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meetings, "_HOLD_S", 0.2)
    monkeypatch.setattr(meetings, "_OWN_TIMES", 0)
    led = Led(viewer).begin(tmp_path)
    led.order("stand", at=led.order("count")["count"] + 5)
    assert "another rank did not come to this step in time" in led.receipt["reason"]
    led = Led(viewer).begin(tmp_path)
    led.to_change()
    assert "the other ranks were not heard of in time" in led.receipt["reason"]
    assert training.model[0].weight.shape == (64, 16)
    assert led.order("keep")["state"] == "ended"


def test_an_undo_of_a_common_change_is_common_too(training: Training, viewer: Any, tmp_path: Path) -> None:
    led = Led(viewer).begin(tmp_path)
    led.to_change()
    led.order("keep")
    number = led.receipt["undo"]
    alone = viewer.call("actions.undo", undo=number)
    assert f"memgui act TARGET --undo {number} --all-ranks" in alone["reason"]
    for name, word, rows in (("a" * 16, "drop", 32), ("b" * 16, "keep", 64)):
        back = Led(viewer, name)
        back.run = viewer.send("actions.undo", undo=number, meeting=name)
        back.to_change()
        back.order(word)
        assert back.receipt["outcome"] == {"drop": "refused", "keep": "done"}[word]
        assert training.model[0].weight.shape == (rows, 16)
    training.end(training.steps + 5)


def test_a_loss_guard_and_a_second_meeting_are_refused(training: Training, viewer: Any, tmp_path: Path) -> None:
    assert "sees the loss of its own rank" in Led(viewer).begin(tmp_path, guard_ratio=2.0).receipt["reason"]
    led = Led(viewer, "c" * 16).begin(tmp_path)
    led.order("count")
    error = viewer.fail("actions.run", action="prune_structured", params={}, meeting="d" * 16)
    assert "another change of all ranks is under way here" in error["message"]
    led.order("drop")
    assert led.receipt["outcome"] == "refused"
    error = viewer.fail("actions.run", action="collect_garbage", params={}, meeting="d" * 16)
    assert "cannot be run so" in error["message"]


def test_an_agent_that_ends_lets_a_standing_rank_go(training: Training, viewer: Any, tmp_path: Path) -> None:
    led = Led(viewer).begin(tmp_path)
    led.to_change()
    memgui.agent.stop()
    training.end(training.steps + 5)
    assert training.model[0].weight.shape == (64, 16)


def _optimizer(kind: type[Any], width: int = 4) -> Any:
    made = kind(nn.Linear(width, 4).parameters(), lr=0.1)
    for parameter in made.param_groups[0]["params"]:
        parameter.grad = torch.ones_like(parameter)
    made.step()
    return made


def test_steps_are_counted_by_what_means_the_same_on_all_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = _optimizer(torch.optim.Adam), _optimizer(torch.optim.AdamW, 8)
    large.step()
    count = common_step.count(Point("optimizer", 1, large), [small, large], {}, None)
    assert count == common_step.Count("the steps in the state of AdamW", 2)
    assert common_step.count(Point("optimizer", 1, small), [small, large], {}, None) is None
    assert common_step.count(Point("optimizer", 1, large), [large], {}, 7) is None
    assert common_step.count(Point("script", 1), [large], {}, 7) == common_step.Count(
        "the script's calls of memgui.agent.step()", 7
    )
    told = common_step.count(Point("script", 1), [large], {"step": 1200.0}, 7)
    assert told == common_step.Count("step=… of memgui.agent.step()", 1200)
    plain = _optimizer(torch.optim.SGD)
    with pytest.raises(Refused, match="SGD keeps no count") as refusal:
        common_step.count(Point("optimizer", 1, plain), [plain], {}, None)
    assert "memgui.agent.step(step=n)" in refusal.value.next_step
    group = SimpleNamespace(_get_sequence_number_for_group=lambda: 40)
    distributed = SimpleNamespace(is_initialized=lambda: True, _get_default_group=lambda: group)
    monkeypatch.setattr("memgui.agent.torch_access.loaded", lambda _name: distributed)
    counted = common_step.count(Point("optimizer", 1, plain), [plain], {}, None)
    assert counted is not None
    assert counted.steps == 40


def test_the_script_s_calls_are_counted_before_an_agent_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_script_steps", 0)
    memgui.agent.step()
    memgui.agent.step(loss=1.0)
    assert steps.script_steps() == 2
