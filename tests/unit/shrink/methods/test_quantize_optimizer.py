"""Optimizer state in eight bits, in trainings that go on: bytes as told, learning as before, undo to the bit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink.eight_bit import is_narrow
from memgui.shrink.job import held_bytes

NAME = "quantize_optimizer"


@pytest.mark.parametrize(
    ("model", "settings"), [("mlp", {"fused": True}), ("encoder", {"amsgrad": True}), ("llama", {"foreach": True})]
)
def test_bytes_fall_as_told_and_the_loss_goes_on_falling(
    training: Any, visit: Any, model: str, settings: dict[str, Any]
) -> None:
    run, control = training(model, **settings), training(model, **settings)
    start, plan, before = run.step(), visit.preview(run, NAME), held_bytes(run.scene())
    control.step()
    done = visit.run(run, NAME)
    told = plan.before.total - plan.after.total
    assert done.freed_bytes == pytest.approx(told, rel=0.01)
    assert before - held_bytes(run.scene()) == pytest.approx(told, rel=0.01)
    assert plan.after.total < 0.3 * plan.before.total
    reached, wanted = run.steps(40), control.steps(40)
    assert reached < 0.7 * start
    assert reached < 1.15 * wanted
    assert held_bytes(run.scene()) <= before - told + 1


def test_undo_brings_state_and_step_back_to_the_bit(training: Any, visit: Any) -> None:
    run, control = training("encoder"), training("encoder")
    before = run.bits()
    visit.undo(visit.run(run, NAME))
    assert all(map(torch.equal, run.bits(), before))
    assert run.steps(5) == control.steps(5)
    assert not any(is_narrow(value) for state in run.optimizer.state.values() for value in state.values())


def test_undo_later_brings_the_state_of_the_run_back(training: Any, visit: Any) -> None:
    run = training()
    weight = run.model[1].weight
    state = run.optimizer.state[weight]["exp_avg"].clone()
    done = visit.run(run, NAME)
    run.steps(3)
    visit.undo(done)
    assert torch.equal(run.optimizer.state[weight]["exp_avg"], state)
    run.steps(3)


def test_a_run_that_fails_leaves_everything_to_the_bit(
    training: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, control = training(), training()

    def fails(*_: Any) -> None:
        raise RuntimeError("no more memory")

    monkeypatch.setattr("memgui.shrink.quantize_optimizer._take_the_step", fails)
    with pytest.raises(RuntimeError, match="no more memory"):
        visit.run(run, NAME)
    assert run.steps(4) == control.steps(4)


def test_a_scheduler_and_a_checkpoint_go_on(training: Any, visit: Any) -> None:
    run = training()
    visit.run(run, NAME)
    rate = run.scheduler.get_last_lr()
    run.step()
    assert run.scheduler.get_last_lr() < rate
    told = run.optimizer.state_dict()
    assert all(type(value) is torch.Tensor for state in told["state"].values() for value in state.values())
    run.optimizer.load_state_dict(told)
    assert is_narrow(run.optimizer.state[run.model[1].weight]["exp_avg"])
    run.step()


def test_only_the_chosen_modules_change(training: Any, visit: Any) -> None:
    run = training("encoder")
    plan = visit.preview(run, NAME, modules="layers.layers.1")
    assert {layer.module.split(".")[2] for layer in plan.layers} == {"1"}
    visit.run(run, NAME, modules="layers.layers.1")
    run.step()
    state = run.optimizer.state
    assert not is_narrow(state[run.model.layers.layers[0].linear1.weight]["exp_avg"])
    assert is_narrow(state[run.model.layers.layers[1].linear1.weight]["exp_avg"])


def test_modules_one_after_the_other_and_back(training: Any, visit: Any) -> None:
    run, control = training("encoder"), training("encoder")
    first = visit.run(run, NAME, modules="layers.layers.0")
    second = visit.run(run, NAME, modules="layers.layers.1")
    visit.undo(second)
    visit.undo(first)
    assert "_steps_piecewise" not in vars(run.optimizer.step)
    assert run.steps(3) == control.steps(3)


def test_damage_is_told_and_small_tensors_are_left_out(training: Any, visit: Any) -> None:
    plan = visit.preview(training("encoder"), NAME)
    assert all(layer.damage is not None and 0 < layer.damage < 0.05 for layer in plan.layers)
    assert "fewer than 4096" in next(left for left in plan.left_out if left.module.endswith("norm1")).reason


@pytest.mark.parametrize(
    ("kind", "settings", "reason"),
    [
        (torch.optim.SGD, {"momentum": 0.9}, "is not Adam"),
        (torch.optim.Adafactor, {}, "is not Adam"),
    ],
)
def test_other_optimizers_are_refused(training: Any, visit: Any, kind: Any, settings: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        visit.preview(training("mlp", kind, **settings), NAME)
    assert refused.value.next_step


@pytest.mark.parametrize("option", ["capturable", "differentiable"])
def test_an_optimizer_that_keeps_its_state_where_it_is_is_refused(training: Any, visit: Any, option: str) -> None:
    run = training()
    run.optimizer.param_groups[0][option] = True
    with pytest.raises(Refused, match=option):
        visit.preview(run, NAME)


def test_a_step_that_something_else_took_is_refused(training: Any, visit: Any) -> None:
    run = training()
    run.optimizer.step = lambda closure=None: None
    with pytest.raises(Refused, match="took the place"):
        visit.preview(run, NAME)


def test_pruning_state_in_eight_bits_is_refused_with_the_order_that_works(training: Any, visit: Any) -> None:
    run = training()
    done = visit.run(run, NAME)
    with pytest.raises(Refused, match="OptimState8bit") as refusal:
        visit.run(run, "prune_sparse")
    assert "take back first what made it so (memgui act TARGET --undos)" in refusal.value.next_step
    visit.undo(done)
    visit.run(run, "prune_sparse")


def test_eight_bits_twice_is_refused(training: Any, visit: Any) -> None:
    run = training()
    visit.run(run, NAME)
    with pytest.raises(Refused, match="in eight bits already"):
        visit.run(run, NAME)


def test_nothing_to_shrink_is_refused(training: Any, visit: Any) -> None:
    run = training(nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 50)))
    with pytest.raises(Refused, match="fewer than 4096"):
        visit.preview(run, NAME)
