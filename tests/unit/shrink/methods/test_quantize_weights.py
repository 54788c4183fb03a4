"""Weights in int8: of layers that rest, and under adapters that learn; bytes as told, ordinary checkpoints, undo."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink.int8 import AdaptedLinear, Int8Linear, codes_of, new_adapters, wide
from memgui.shrink.job import held_bytes

NAME = "quantize_weights"


def freeze_blocks(run: Any) -> None:
    """All but the embedding, the norms and the head, as for fine-tuning the ends."""
    for name, part in run.model.named_parameters():
        if part.dim() == 2 and not name.startswith(("embed", "head", "llama.lm_head", "llama.model.embed")):
            part.requires_grad_(False)
            part.grad = None


def test_codes_are_within_half_a_step() -> None:
    weight = torch.randn(7, 33)
    codes, scale = codes_of(weight)
    assert codes.dtype is torch.int8
    assert ((wide(codes, scale) - weight).abs() <= scale / 2 * 1.0001).all()
    assert wide(*codes_of(torch.zeros(2, 3))).eq(0).all()


def test_a_nan_is_not_hidden() -> None:
    weight = torch.ones(2, 3)
    weight[1, 1] = float("nan")
    assert wide(*codes_of(weight))[1].isnan().all()
    assert wide(*codes_of(weight))[0].eq(1).all()


def test_new_adapters_add_nothing_and_draw_no_random_numbers() -> None:
    before = torch.get_rng_state()
    both = new_adapters(torch.randn(5, 9, generator=torch.Generator()), 2)
    assert torch.equal(before, torch.get_rng_state())
    assert (both[:, 9:].t() @ both[:, :9]).eq(0).all()
    assert both[:, :9].abs().max() > 0


@pytest.mark.parametrize("model", ["encoder", "llama"])
def test_frozen_layers_shrink_as_told_and_training_goes_on(training: Any, visit: Any, model: str) -> None:
    run = training(model)
    freeze_blocks(run)
    start, plan = run.step(), visit.preview(run, NAME)
    weights = [part for part in run.model.parameters() if part.dim() == 2 and not part.requires_grad]
    before = held_bytes(run.scene())
    done = visit.run(run, NAME)
    told = plan.before.total - plan.after.total
    assert done.freed_bytes == pytest.approx(told, rel=0.01)
    assert before - held_bytes(run.scene()) == pytest.approx(told, rel=0.01)
    assert plan.after.parameters < 0.3 * plan.before.parameters
    assert all(layer.damage is not None and 0 < layer.damage < 0.02 for layer in plan.layers)
    assert sum(part.numel() for part in weights if part.numel() == 0) == 0
    assert run.steps(25) < 0.95 * start


def test_gradients_pass_through_a_frozen_layer(training: Any, visit: Any) -> None:
    run = training()
    for part in run.model[1].parameters():
        part.requires_grad_(False)
    dense = copy.deepcopy(run.model[1])
    visit.run(run, NAME)
    layer = run.model[1]
    assert isinstance(layer, Int8Linear)
    with torch.no_grad():
        dense.weight.copy_(layer.weight)
    x = torch.randn(3, 64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    layer(x).square().sum().backward()
    dense(y).square().sum().backward()
    assert torch.allclose(x.grad, y.grad, rtol=1e-4, atol=1e-5)  # type: ignore[arg-type]


def test_no_dense_weight_is_kept_for_backward(training: Any, visit: Any) -> None:
    run = training()
    run.model[1].weight.requires_grad_(False)
    visit.run(run, NAME)
    saved: list[int] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor.numel()), lambda _: None):
        run.model[1](torch.randn(2, 64, requires_grad=True))
    assert 64 * 256 not in saved


@pytest.mark.parametrize(
    ("model", "kind", "settings"),
    [
        ("mlp", torch.optim.SGD, {"momentum": 0.9, "lr": 0.03}),
        ("encoder", torch.optim.AdamW, {"fused": True}),
        ("llama", torch.optim.Adam, {"amsgrad": True}),
    ],
)
def test_adapters_learn_in_the_place_of_the_weights(
    training: Any, visit: Any, model: str, kind: Any, settings: Any
) -> None:
    run = training(model, kind, **settings)
    start = run.step()
    plan = visit.preview(run, NAME, mode="adapters", rank=4)
    before = held_bytes(run.scene())
    done = visit.run(run, NAME, mode="adapters", rank=4)
    told = plan.before.total - plan.after.total
    assert done.freed_bytes == pytest.approx(told, rel=0.01)
    assert run.steps(40) < 0.9 * start
    assert before - held_bytes(run.scene()) == pytest.approx(told, rel=0.01)
    adapted = [module for module in run.model.modules() if isinstance(module, AdaptedLinear)]
    assert adapted
    assert all(module._adapters()[1].abs().max() > 0 for module in adapted)


def test_the_first_step_of_new_adapters_is_like_the_first_of_a_run(training: Any, visit: Any) -> None:
    run = training("mlp", torch.optim.Adam)
    run.steps(20)
    visit.run(run, NAME, mode="adapters", rank=2)
    weight = run.model[1]._parameters["weight"]
    before = weight.detach().clone()
    run.step()
    assert (weight - before).abs().max() <= 1.01 * run.optimizer.param_groups[0]["lr"]


def test_the_layer_computes_what_its_merged_weight_computes(training: Any, visit: Any) -> None:
    run = training()
    visit.run(run, NAME, mode="adapters", rank=2)
    run.steps(5)
    layer, x = run.model[1], torch.randn(3, 64)
    dense = nn.Linear(64, 256)
    dense.load_state_dict(layer.state_dict())
    assert torch.allclose(layer(x), dense(x), atol=1e-5)
    layer.load_state_dict(dense.state_dict())
    assert torch.allclose(layer.weight, dense.weight, atol=0.02)


@pytest.mark.parametrize("mode", ["frozen", "adapters"])
def test_undo_is_to_the_bit_also_after_steps(training: Any, visit: Any, mode: str) -> None:
    run = training("encoder")
    if mode == "frozen":
        freeze_blocks(run)
    names = list(dict(run.model.named_parameters()))
    before, data = run.bits(), run.data.get_state()
    done = visit.run(run, NAME, mode=mode)
    if mode == "adapters":
        run.steps(3)
    visit.undo(done)
    assert list(dict(run.model.named_parameters())) == names
    assert all(map(torch.equal, run.bits(), before))
    run.data.set_state(data)
    run.step()
    assert not any(isinstance(module, Int8Linear) for module in run.model.modules())


def test_a_run_that_fails_leaves_everything_to_the_bit(
    training: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, control = training("llama"), training("llama")

    def fails(_scene: Any) -> None:
        raise RuntimeError("not verified")

    monkeypatch.setattr("memgui.shrink.job.verify", fails)
    with pytest.raises(RuntimeError, match="not verified"):
        visit.run(run, NAME, mode="adapters")
    assert run.steps(3) == control.steps(3)


def test_the_preview_tells_the_loss_by_the_codes(start: Any) -> None:
    plan = start("encoder").preview(NAME, mode="adapters")
    assert plan.loss_note is None
    assert plan.loss_after != plan.loss_before
    assert plan.loss_after == pytest.approx(plan.loss_before, rel=0.02)


def test_trained_weights_are_refused_without_adapters(training: Any, visit: Any) -> None:
    with pytest.raises(Refused, match="mode=adapters"):
        visit.preview(training(), NAME)


def test_resting_weights_are_refused_adapters(training: Any, visit: Any) -> None:
    run = training()
    run.model[1].weight.requires_grad_(False)
    plan = visit.preview(run, NAME, mode="adapters", rank=2)
    assert "mode=frozen" in next(left.reason for left in plan.left_out if left.module == "1")


def test_adapters_that_would_be_as_large_as_the_weight_are_refused(training: Any, visit: Any) -> None:
    with pytest.raises(Refused, match="half as large"):
        visit.preview(training(), NAME, mode="adapters", rank=64)


def test_a_model_for_evaluation_shrinks_too(training: Any, visit: Any, wrap: Any) -> None:
    run = training()
    shrunk = wrap(run)
    shrunk.others = [nn.Sequential(nn.Linear(64, 64)).eval()]
    plan = shrunk.preview(NAME)
    assert [layer.module for layer in plan.layers] == ["Sequential:0"]
    shrunk.run(NAME)
    assert isinstance(shrunk.others[0][0], Int8Linear)
