"""Layers for evaluation keep their weights row by row: what they compute, the bytes, and the way back."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.errors import Refused
from memgui.shrink.csr import CsrLinear, break_even, csr_bytes, parts_of
from memgui.shrink.job import held_bytes
from memgui.shrink.scene import Scene
from memgui.shrink.sparse import SparseLinear

NAME = "prune_sparse"


def pair(*, bias: bool = True) -> tuple[CsrLinear, nn.Linear]:
    """A layer in CSR, and a dense one with the same weights."""
    torch.manual_seed(0)
    dense = nn.Linear(60, 50, bias=bias).double().eval().requires_grad_(False)
    keep = torch.rand(50, 60) < 0.1
    keep[7] = False  # a row of which nothing stays
    dense.weight.mul_(keep)
    layer = copy.deepcopy(dense)
    for name, part in parts_of(dense.weight, keep).items():
        layer.register_buffer(name, part)
    layer._parameters["weight"] = None
    layer.__class__ = CsrLinear
    return layer, dense  # type: ignore[return-value]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(60,), (3, 60), (2, 3, 60), (0, 60)])
def test_it_computes_what_the_dense_layer_computes(bias: bool, shape: tuple[int, ...]) -> None:
    layer, dense = pair(bias=bias)
    x = torch.randn(shape, dtype=torch.float64)
    assert torch.allclose(layer(x), dense(x))
    assert layer(x).is_contiguous()
    assert torch.equal(layer.weight, dense.weight)


def test_a_gradient_passes_through_and_autocast_is_followed() -> None:
    layer, dense = pair()
    x = torch.randn(4, 60, dtype=torch.float64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    layer(x).square().sum().backward()
    dense(y).square().sum().backward()
    assert torch.allclose(x.grad, y.grad)  # type: ignore[arg-type]
    layer, dense = layer.float(), dense.float()
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        assert torch.equal(layer(x.float()), dense(x.float()))


def test_checkpoints_are_those_of_a_plain_layer() -> None:
    layer, dense = pair()
    plain = nn.Linear(60, 50).double()
    plain.load_state_dict(layer.state_dict())
    assert torch.equal(plain.weight, dense.weight)
    layer.load_state_dict({"weight": 2 * dense.weight, "bias": dense.bias})
    assert torch.equal(layer.weight, 2 * dense.weight)


def test_the_break_even_is_where_the_bytes_are_equal() -> None:
    weight = torch.zeros(1000, 1000)
    assert break_even(weight) == pytest.approx(0.5, abs=0.001)
    assert break_even(weight.double()) == pytest.approx(2 / 3, abs=0.001)
    at = round(break_even(weight) * weight.numel())
    assert csr_bytes(weight, at) == pytest.approx(weight.numel() * 4, rel=1e-5)


class _Teacher(nn.Sequential):
    """Another model than the trained one, for evaluation only."""


@pytest.fixture
def taught(training: Any, wrap: Any) -> Any:
    """A training beside a teacher that is asked and rests."""
    run = training()
    shrunk = wrap(run)
    torch.manual_seed(1)
    teacher = _Teacher(nn.Linear(64, 96), nn.GELU(), nn.Linear(96, 50)).eval()
    shrunk.others = [teacher.requires_grad_(False)]
    return shrunk


def test_a_teacher_is_held_in_csr_by_the_bytes_that_were_told_and_brought_back_to_the_bit(taught: Any) -> None:
    (teacher,) = taught.others
    before = {name: part.clone() for name, part in teacher.state_dict().items()}
    scene = Scene([taught.training.model], [taught.training.optimizer], taught.others)
    held = held_bytes(scene)
    plan = taught.preview(NAME, format="csr", ratio=0.9)
    assert {layer.module for layer in plan.layers} == {"_Teacher:0", "_Teacher:2"}
    assert all(layer.text.endswith("in CSR for evaluation") for layer in plan.layers)
    done = taught.run(NAME, format="csr", ratio=0.9)
    told = plan.before.total - plan.after.total
    assert done.freed_bytes == held - held_bytes(scene) == told
    assert type(teacher[0]) is type(teacher[2]) is CsrLinear
    assert not any(isinstance(part, SparseLinear) for part in taught.training.model.modules())
    assert teacher(torch.randn(3, 64)).isfinite().all()
    assert taught.training.step() > 0
    taught.undo(done)
    assert all(torch.equal(part, before[name]) for name, part in teacher.state_dict().items())
    assert type(teacher[0]) is nn.Linear


def test_automatically_layers_that_rest_are_csr_where_it_pays_and_the_others_a_pattern(
    training: Any, visit: Any
) -> None:
    run = training(nn.Sequential(nn.Embedding(50, 64), nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 50)))
    run.model[1].eval().requires_grad_(False)
    for ratio, kind in ((0.9, CsrLinear), (0.3, SparseLinear)):
        done = visit.run(run, NAME, ratio=ratio)
        assert type(run.model[1]) is kind
        assert type(run.model[3]) is SparseLinear
        visit.undo(done)
    visit.undo(visit.run(run, NAME, ratio=0.9, format="pattern"))


def test_above_the_break_even_and_where_something_learns_it_is_refused_with_the_number(
    taught: Any, training: Any, visit: Any
) -> None:
    with pytest.raises(Refused, match=r"70\.0% of its weights stay; below 49\.\d% memory is freed"):
        taught.preview(NAME, format="csr", ratio=0.3)
    with pytest.raises(Refused, match="CSR is for layers in eval mode whose weights rest"):
        visit.preview(training(), NAME, format="csr")
