"""Shrinking by the wire: a training in this process, an agent, and a viewer that asks."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import memgui.agent
from memgui.shrink import undo


class Loop:
    """Steps while somebody waits for an answer."""

    def __init__(self) -> None:
        torch.manual_seed(0)
        torch.set_num_threads(1)
        self.model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 4))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.data = torch.Generator().manual_seed(1)
        self.factor = 1.0
        self.losses: list[float] = []

    def step(self) -> None:
        x = torch.randn(8, 16, generator=self.data)
        self.optimizer.zero_grad()
        loss = self.factor * (self.model(x) - x[:, :4]).square().mean()
        loss.backward()
        self.optimizer.step()
        self.losses.append(float(loss.detach()))

    def answer(self, viewer: Any, method: str, **params: Any) -> Any:
        number = viewer.send(method, **params)
        while True:
            self.step()
            while select.select([viewer.socket], [], [], 0)[0]:
                message = viewer.read()
                if message.get("id") == number and "method" not in message:
                    return message.get("result", message.get("error"))
                viewer.notes.append(message)

    def run(self, viewer: Any, folder: Path, **params: Any) -> Any:
        params = {"backup_dir": str(folder), **params}
        return self.answer(viewer, "actions.run", action="prune_structured", params=params, timeout_s=20)

    def event(self, viewer: Any, kind: str, text: str) -> Any:
        for _ in range(2000):
            self.step()
            while select.select([viewer.socket], [], [], 0.002)[0]:
                viewer.notes.append(viewer.read())
            for note in viewer.notes:
                event = note["params"]
                if note["method"] == "event" and event["kind"] == kind and text in event["text"]:
                    return event
        raise AssertionError(f"no event {kind}")


@pytest.fixture
def loop(agent: Path) -> Iterator[Loop]:
    training = Loop()
    for _ in range(3):
        training.step()
    backward = torch.autograd.backward
    yield training
    memgui.agent.stop()
    assert torch.autograd.backward is backward


def test_the_list_names_what_it_needs_and_that_it_can_be_taken_back(loop: Loop, viewer: Any) -> None:
    info = next(info for info in viewer.call("actions.list")["actions"] if info["name"] == "prune_structured")
    assert info["group"] == "shrink"
    assert info["undoable"]
    assert info["requires"] == ["torch-pruning"]
    assert "unavailable" not in info


def test_without_its_package_it_says_which_one_to_install(
    loop: Loop, viewer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memgui.agent.actions.shrinking._is_installed", lambda _name: False)
    info = next(info for info in viewer.call("actions.list")["actions"] if info["name"] == "prune_structured")
    assert "needs torch-pruning" in info["unavailable"]
    assert "pip install 'memgui[torch]'" in info["unavailable"]


def test_a_preview_tells_each_layer_and_changes_nothing(loop: Loop, viewer: Any, tmp_path: Path) -> None:
    params = {"ratio": 0.5, "backup_dir": str(tmp_path)}
    preview = loop.answer(viewer, "actions.preview", action="prune_structured", params=params)
    assert preview["plan"]["layers"][0]["text"] == "32 of 64 units removed"
    assert preview["plan"]["backup_bytes"] > preview["would_free_bytes"] > 0
    assert loop.model[0].weight.shape == (64, 16)
    assert list(tmp_path.iterdir()) == []


def test_a_refused_preview_says_why(loop: Loop, viewer: Any, tmp_path: Path) -> None:
    params = {"modules": "nothing"}
    preview = loop.answer(viewer, "actions.preview", action="prune_structured", params=params)
    assert "no module is named 'nothing'" in preview["unavailable"]


def test_a_run_is_told_by_its_receipt_and_twenty_steps_later_by_its_effect(
    loop: Loop, viewer: Any, tmp_path: Path
) -> None:
    receipt = loop.run(viewer, tmp_path)
    assert receipt["outcome"] == "done"
    assert receipt["freed_bytes"] > 0
    at = receipt["step"] - 1
    assert receipt["details"]["loss_before"] == pytest.approx(loop.losses[at])
    event = loop.event(viewer, "settled", "prune_structured")
    losses = event["data"]["losses"]
    assert losses == pytest.approx(loop.losses[at + 1 : at + 1 + len(losses)])
    assert len(losses) >= 19
    assert event["data"]["step_after_s"] > 0
    assert event["data"]["after"]["host.rss_bytes"] > 0


def test_a_run_can_be_taken_back_by_a_viewer_that_comes_after_the_agent_was_restarted(
    loop: Loop, connect: Callable[..., Any], tmp_path: Path
) -> None:
    weight = loop.model[0].weight
    receipt = loop.run(connect(), tmp_path)
    assert weight.shape == (32, 16)
    memgui.agent.stop()
    assert memgui.agent.start(in_worker=True) is not None
    loop.step()
    later = connect()
    undos = later.call("actions.list")["undos"]
    assert [entry["undo"] for entry in undos] == [receipt["undo"]]
    answer = loop.answer(later, "actions.undo", undo=receipt["undo"])
    assert answer["outcome"] == "done"
    assert loop.model[0].weight is weight
    assert weight.shape == (64, 16)
    assert undo.listed() == ()


def test_the_guard_takes_a_change_back_when_the_loss_stays_high(loop: Loop, viewer: Any, tmp_path: Path) -> None:
    receipt = loop.run(viewer, tmp_path, guard_ratio=1.5, guard_steps=3)
    assert receipt["outcome"] == "done"
    loop.factor = 100.0
    event = loop.event(viewer, "receipt", "taken back")
    assert event["data"]["details"]["undone"] == receipt["undo"]
    assert "for 3 steps in a row" in event["data"]["details"]["guard"]
    assert loop.model[0].weight.shape == (64, 16)


def test_a_guard_lets_a_change_stand_whose_loss_stays_low(loop: Loop, viewer: Any, tmp_path: Path) -> None:
    loop.run(viewer, tmp_path, guard_ratio=50.0, guard_steps=2)
    loop.event(viewer, "settled", "prune_structured")
    for _ in range(40):
        loop.step()
    assert loop.model[0].weight.shape == (32, 16)


def test_a_run_at_a_named_step_changes_the_model_at_that_step_and_not_before(
    loop: Loop, viewer: Any, tmp_path: Path
) -> None:
    step = len(loop.losses) + 5
    params = {"backup_dir": str(tmp_path)}
    answer = loop.answer(viewer, "actions.run", action="prune_structured", params=params, at_step=step)
    assert (answer["outcome"], answer["step"]) == ("done", step)
    late = loop.answer(viewer, "actions.run", action="prune_structured", params=params, at_step=step)
    assert late["outcome"] == "refused"
    assert "lies further ahead" in late["reason"]


def test_off_a_step_boundary_it_is_refused(loop: Loop, viewer: Any) -> None:
    answer = viewer.call("actions.run", action="prune_structured", params={}, when="now")
    assert answer["outcome"] == "refused"
    assert "at a step boundary only" in answer["reason"]


def test_a_watched_run_that_is_given_up_leaves_no_hook(loop: Loop, viewer: Any, tmp_path: Path) -> None:
    number = viewer.send("actions.run", action="prune_structured", params={"backup_dir": str(tmp_path)}, timeout_s=0.4)
    while not loop.model._forward_pre_hooks:
        loop.step()
    answer = viewer.answer(number)["result"]
    assert answer["outcome"] == "timed_out"
    loop.step()
    assert not loop.model._forward_pre_hooks
    assert loop.model[0].weight.shape == (64, 16)
