"""Units, channels and heads taken out of trainings that go on: what is freed is what was said, and undo is exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.errors import Problem, Refused
from memgui.shrink import job as jobs_of
from memgui.shrink.change import Change
from memgui.shrink.prune.structured import PruneStructured

KINDS = ["mlp", "conv_net", "encoder", "decoder", "llama", "gpt2"]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    if request.param in ("llama", "gpt2"):
        pytest.importorskip("transformers")
    return str(request.param)


def test_the_bytes_that_were_promised_are_freed_training_learns_on_and_undo_is_exact(
    start: Callable[..., Any], kind: str
) -> None:
    run = start(kind)
    planned = run.preview()
    before = run.bits()
    promised = planned.before.total - planned.after.total
    assert promised > 0.3 * planned.before.total
    # A run watches one more step, after which the state to come back to is taken.
    job = run.job()
    before = run.bits()
    done = job.run(run.scene(job), 1)
    job.end()
    assert done.freed_bytes == pytest.approx(promised, rel=0.01)
    assert done.details["backup_bytes"] >= promised
    losses = run.training.steps(25)
    assert sum(losses[-5:]) < sum(losses[:5])
    run.undo(done)
    assert run.bits() == before
    run.training.steps(2)


def test_every_trained_tensor_of_a_pruned_model_still_moves(start: Callable[..., Any], kind: str) -> None:
    run = start(kind, steps=3)
    run.run()
    parameters = {name: part.detach().clone() for name, part in run.training.model.named_parameters()}
    run.training.steps(2)
    still = [name for name, part in run.training.model.named_parameters() if torch.equal(part, parameters[name])]
    # A bias that its batch norm takes out has no gradient to speak of; keys' biases cancel in the softmax.
    assert still == []
    for part, state in run.training.optimizer.state.items():
        assert all(value.shape == part.shape for value in state.values() if value.dim())


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        (torch.optim.SGD, {"momentum": 0.9}),
        (torch.optim.Adam, {}),
        (torch.optim.AdamW, {"foreach": True}),
        (torch.optim.AdamW, {"fused": True}),
        (torch.optim.AdamW, {"amsgrad": True}),
    ],
)
def test_schedules_clipping_and_accumulation_go_on_with_every_optimizer(
    start: Callable[..., Any], optimizer: Any, settings: dict[str, Any]
) -> None:
    run = start("conv_net", steps=2, optimizer=optimizer, **settings)
    training = run.training
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(training.optimizer, 50)

    def step() -> float:
        training.optimizer.zero_grad()
        for _ in range(2):
            training.loss = training.kind.loss(training.model, training.data) / 2
            training.loss.backward()
        nn.utils.clip_grad_norm_(training.model.parameters(), 1.0)
        training.optimizer.step()
        schedule.step()
        return float(training.loss.detach())

    training.step = step
    job = run.job(scope="global", criterion="taylor")
    before = run.bits()
    done = job.run(run.scene(job), 1)
    job.end()
    rate = training.optimizer.param_groups[0]["lr"]
    losses = [step() for _ in range(12)]
    assert losses[-1] < max(losses)
    assert training.optimizer.param_groups[0]["lr"] < rate
    run.undo(done)
    assert run.bits() == before


def test_a_target_in_bytes_is_met_and_not_much_exceeded(start: Callable[..., Any]) -> None:
    run = start("decoder", steps=2)
    done = run.run(target_bytes=300_000, scope="global")
    assert 300_000 <= done.freed_bytes < 340_000
    with pytest.raises(Refused, match="can give"):
        run.run(target_bytes=1 << 40)


def test_only_the_chosen_modules_are_cut(start: Callable[..., Any]) -> None:
    run = start("llama", steps=2)
    planned = run.preview(modules="model.layers.0.mlp")
    assert [layer.module for layer in planned.layers] == ["model.layers.0.mlp"]
    with pytest.raises(Refused, match="no module is named 'layrs'"):
        run.preview(modules="layrs")


def test_tied_weights_keep_their_width(start: Callable[..., Any]) -> None:
    run = start("decoder", steps=2)
    with pytest.raises(Refused, match="nothing can be taken out"):
        run.preview(modules="head")

    class Autoencoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.outer = nn.Linear(8, 16), nn.Linear(16, 16, bias=False)
            self.last = nn.Linear(16, 16, bias=False)
            self.last.weight = self.outer.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.outer(self.inner(x)))

    run.training.model = Autoencoder()
    run.training.optimizer = torch.optim.Adam(run.training.model.parameters())

    def step() -> None:
        run.training.model(torch.randn(4, 8)).square().mean().backward()
        run.training.optimizer.step()

    run.training.step = step
    with pytest.raises(Refused, match="tied to another layer"):
        run.preview()


@pytest.mark.parametrize("where", ["apply", "verify", "backup"])
def test_an_exception_in_the_middle_leaves_the_training_undisturbed(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    run, twin = start("conv_net", steps=4), start("conv_net", steps=4)
    twin.training.step()
    if where == "apply":
        calls = iter(range(100))
        replace = Change.replace_parameter

        def broken(*arguments: Any, **more: Any) -> None:
            if next(calls) == 3:
                raise ZeroDivisionError("in the middle")
            replace(*arguments, **more)

        monkeypatch.setattr(Change, "replace_parameter", broken)
    elif where == "verify":
        monkeypatch.setattr(jobs_of, "verify", lambda _scene: 1 / 0)
    else:
        monkeypatch.setattr("os.fsync", lambda _descriptor: (_ for _ in ()).throw(OSError(28, "No space left")))
    with pytest.raises((ZeroDivisionError, Refused)):
        run.run()
    assert run.bits() == twin.bits()
    assert list(run.folder.glob("*/undo-*")) == []
    assert run.training.steps(5) == twin.training.steps(5)
    assert run.bits() == twin.bits()


def test_a_plan_and_a_watched_step_leave_the_training_undisturbed(start: Callable[..., Any], kind: str) -> None:
    run, twin = start(kind, steps=2), start(kind, steps=2)
    run.preview(criterion="taylor")
    twin.training.step()
    assert run.training.steps(2) == twin.training.steps(2)
    assert run.bits() == twin.bits()


def test_a_run_that_frees_nothing_is_a_failure_and_is_taken_back(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start("mlp", steps=2)
    plan = PruneStructured.plan

    def idle(self: Any, scene: Any, params: Any) -> Any:
        planned = plan(self, scene, params)
        planned.apply = lambda _change: None
        return planned

    monkeypatch.setattr(PruneStructured, "plan", idle)
    with pytest.raises(Problem, match="freed nothing"):
        run.run()


def test_taking_back_twice_pruned_models_goes_newest_first(start: Callable[..., Any]) -> None:
    run = start("encoder", steps=2)
    job = run.job(ratio=0.25)
    before = run.bits()
    first = job.run(run.scene(job), 1)
    job.end()
    second = run.run(ratio=0.5)
    with pytest.raises(Refused, match="first"):
        run.undo(first)
    run.undo(second)
    run.undo(first)
    assert run.bits() == before
