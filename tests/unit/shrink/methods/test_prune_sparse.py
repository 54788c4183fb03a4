"""Weights held as a vector with a pattern: the same mathematics, the bytes that were told, ordinary checkpoints."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink.job import held_bytes
from memgui.shrink.sparse import PATTERN, SparseLinear, pattern_of, places_of

NAME = "prune_sparse"


def pair(*, bias: bool = True) -> tuple[SparseLinear, nn.Linear]:
    """A sparse layer, and a dense one with the same weights."""
    torch.manual_seed(0)
    dense = nn.Linear(6, 5, bias=bias).double()
    keep = torch.rand(5, 6) < 0.4
    with torch.no_grad():
        dense.weight.mul_(keep)
    layer = copy.deepcopy(dense)
    layer.register_parameter("weight", nn.Parameter(dense.weight.detach()[keep]))
    layer.register_buffer(PATTERN, pattern_of(keep))
    layer.__class__ = SparseLinear
    return layer, dense  # type: ignore[return-value]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 30])
def test_a_pattern_tells_its_places(count: int) -> None:
    mask = torch.rand(count) < 0.5
    assert torch.equal(places_of(pattern_of(mask), count), mask.nonzero().squeeze(1))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(6,), (3, 6), (2, 3, 6)])
def test_it_computes_what_the_dense_layer_computes(bias: bool, shape: tuple[int, ...]) -> None:
    layer, dense = pair(bias=bias)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    layer(x).square().sum().backward()
    dense(y).square().sum().backward()
    assert torch.allclose(x.grad, y.grad)  # type: ignore[arg-type]
    held = layer._parameters["weight"]
    assert torch.allclose(held.grad, dense.weight.grad[dense.weight != 0])
    if bias:
        assert torch.allclose(layer.bias.grad, dense.bias.grad)


def test_its_gradients_are_right() -> None:
    layer, _ = pair()
    x = torch.randn(4, 6, dtype=torch.float64, requires_grad=True)
    held = layer._parameters["weight"]
    assert torch.autograd.gradcheck(lambda *_: layer(x), (x, held, layer.bias))
    assert torch.autograd.gradcheck(lambda _: layer.weight.square(), (held,))


def test_it_follows_autocast() -> None:
    layer, dense = pair()
    x = torch.randn(4, 6)
    layer.float(), dense.float()
    with torch.autocast("cpu", torch.bfloat16):
        answer = layer(x)
        assert answer.dtype is torch.bfloat16
        assert torch.allclose(answer, dense(x), rtol=0.02, atol=0.02)
    answer.sum().backward()
    assert layer._parameters["weight"].grad.dtype is torch.float32


def test_a_checkpoint_loads_into_a_dense_layer_and_back() -> None:
    layer, dense = pair()
    told = layer.state_dict()
    assert list(told) == ["weight", "bias"]
    assert torch.equal(told["weight"], dense.weight)
    dense.load_state_dict(told)
    with torch.no_grad():
        layer._parameters["weight"].zero_()
    layer.load_state_dict(told)
    assert torch.equal(layer.state_dict()["weight"], told["weight"])
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        layer.load_state_dict({"weight": torch.zeros(2, 2), "bias": layer.bias})


@pytest.mark.parametrize(
    ("model", "kind", "settings"),
    [
        ("mlp", torch.optim.SGD, {"momentum": 0.9, "lr": 0.5}),
        ("encoder", torch.optim.AdamW, {"fused": True}),
        ("llama", torch.optim.Adam, {"amsgrad": True}),
    ],
)
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_bytes_fall_as_told_and_the_loss_goes_on_falling(
    training: Any, visit: Any, model: str, kind: Any, settings: Any, scope: str
) -> None:
    run = training(model, kind, **settings)
    start, plan, before = run.step(), visit.preview(run, NAME, scope=scope), held_bytes(run.scene())
    done = visit.run(run, NAME, scope=scope)
    told = plan.before.total - plan.after.total
    assert done.freed_bytes == pytest.approx(told, rel=0.01)
    assert before - held_bytes(run.scene()) == pytest.approx(told, rel=0.01)
    # One ranking over all may leave nothing of a layer, which then stays whole.
    assert plan.after.total < (0.25 if scope == "layer" else 0.45) * plan.before.total
    assert run.steps(40) < 0.85 * start
    run.model.eval()
    with torch.no_grad():
        assert run.model(torch.zeros(2, 12, dtype=torch.long)).isfinite().all()


def test_undo_is_to_the_bit_also_after_steps(training: Any, visit: Any) -> None:
    run, control = training("encoder"), training("encoder")
    before = run.bits()
    data = run.data.get_state()
    done = visit.run(run, NAME)
    run.steps(3)
    visit.undo(done)
    assert all(map(torch.equal, run.bits(), before))
    run.data.set_state(data)
    run.made -= 3
    assert run.step() == control.step()
    assert not any(isinstance(module, SparseLinear) for module in run.model.modules())


def test_a_run_that_fails_leaves_everything_to_the_bit(
    training: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, control = training("llama"), training("llama")

    def fails(_scene: Any) -> None:
        raise RuntimeError("not verified")

    monkeypatch.setattr("memgui.shrink.job.verify", fails)
    with pytest.raises(RuntimeError, match="not verified"):
        visit.run(run, NAME)
    assert run.steps(3) == control.steps(3)


def test_the_parameter_stays_the_one_that_everybody_knows(training: Any, visit: Any) -> None:
    run = training()
    weight = run.model[1].weight
    visit.run(run, NAME)
    assert run.model[1]._parameters["weight"] is weight
    assert run.optimizer.param_groups[0]["params"][1] is weight
    assert weight.dim() == 1


def test_damage_is_the_share_of_the_norm(training: Any, visit: Any) -> None:
    run = training()
    layer = next(layer for layer in visit.preview(run, NAME, ratio=0.5).layers if layer.module == "1")
    weight = run.model[1].weight.detach()
    small = weight.abs() < weight.abs().median()
    assert layer.damage == pytest.approx(((weight * small).norm() / weight.norm()).item(), rel=1e-2)


def test_the_preview_tells_the_loss_of_the_pruned_model(start: Any) -> None:
    plan = start("encoder").preview(NAME, ratio=0.9)
    assert plan.loss_note is None
    assert plan.loss_after > plan.loss_before


def test_zeros_are_never_kept(training: Any, visit: Any) -> None:
    run = training()
    with torch.no_grad():
        run.model[1].weight[: 2 * 64] = 0
    plan = visit.preview(run, NAME, ratio=0.1, modules="1")
    assert plan.layers[0].text.startswith(f"{128 * 64} of")


def test_above_break_even_is_refused_with_the_number(training: Any, visit: Any) -> None:
    with pytest.raises(Refused, match=r"99\.\d% of its weights stay; below 9\d\.\d% memory is freed") as refused:
        visit.preview(training(), NAME, ratio=0.003)
    assert "larger share" in refused.value.next_step


def test_attention_that_reads_the_weight_itself_is_left_out(training: Any, visit: Any) -> None:
    plan = visit.preview(training("encoder"), NAME)
    reason = next(left.reason for left in plan.left_out if left.module.endswith("out_proj"))
    assert "without calling the layer" in reason


def test_tied_weights_are_left_out(training: Any, visit: Any) -> None:
    model = nn.Sequential(nn.Embedding(50, 64), nn.Linear(64, 64), nn.Linear(64, 50, bias=False))
    model[2].weight = model[0].weight
    plan = visit.preview(training(model), NAME)
    assert [layer.module for layer in plan.layers] == ["1"]
    assert any("tied" in left.reason for left in plan.left_out)


def test_a_model_of_other_layers_is_refused(training: Any, visit: Any) -> None:
    from transformers.pytorch_utils import Conv1D

    run = training(nn.Sequential(nn.Embedding(50, 64), Conv1D(50, 64)))
    with pytest.raises(Refused, match=r"not Embedding; only nn\.Linear is supported, not Conv1D"):
        visit.preview(run, NAME)


def test_an_optimizer_of_matrices_is_refused(training: Any, visit: Any) -> None:
    class Muon(torch.optim.SGD): ...

    with pytest.raises(Refused, match="works on matrices"):
        visit.preview(training("mlp", Muon), NAME)


def test_pruned_layers_are_not_pruned_again(training: Any, visit: Any) -> None:
    run = training()
    visit.run(run, NAME)
    with pytest.raises(Refused, match="in another form already"):
        visit.run(run, NAME)
