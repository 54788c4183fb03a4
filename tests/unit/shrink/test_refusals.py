"""What must not be changed is refused by its own text, which names the way out."""

from __future__ import annotations

import copy
import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.utils import parametrizations, prune

from memgui.protocol.errors import Refused
from memgui.shrink import refusals
from memgui.shrink.scene import Scene


class Plain:
    """A model, its optimizer, and steps."""

    def __init__(self, model: nn.Module, kind: Any = torch.optim.AdamW) -> None:
        self.model = model
        self.optimizer = kind(model.parameters(), lr=1e-3)
        self.step()

    def step(self) -> None:
        self.optimizer.zero_grad()
        self.model(torch.randn(4, 8)).square().mean().backward()
        self.optimizer.step()


def layers() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))


@pytest.fixture
def group(tmp_path: Path) -> Iterator[None]:
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def refusal(run: Any, **params: Any) -> str:
    with pytest.raises(Refused) as caught:
        run.preview(**params)
    return str(caught.value)


def test_data_parallel_models(wrap: Callable[..., Any], group: None) -> None:
    text = refusal(wrap(Plain(nn.parallel.DistributedDataParallel(layers()))))
    assert "DistributedDataParallel" in text
    assert "model.module" in text


def test_sharded_parameters(wrap: Callable[..., Any], group: None) -> None:
    from torch.distributed.fsdp import fully_shard

    mesh = dist.device_mesh.init_device_mesh("cpu", (1,))
    model = fully_shard(layers(), mesh=mesh)
    scene = Scene([model], [])
    with pytest.raises(Refused, match="sharded") as caught:
        refusals.refuse_unless_plain(scene)
    assert "load_pruned" in str(caught.value)


def test_factored_optimizer_state(wrap: Callable[..., Any]) -> None:
    text = refusal(wrap(Plain(layers(), torch.optim.Adafactor)))
    assert "Adafactor keeps 'row_var'" in text
    assert "AdamW" in text


def test_state_that_is_no_tensor_of_the_parameter(wrap: Callable[..., Any]) -> None:
    class History(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            super().step(closure)
            for each in self.param_groups:
                for part in each["params"]:
                    self.state[part]["history"] = [part.grad.flatten()]

    assert "'history' of a list" in refusal(wrap(Plain(layers(), History)))


def test_an_average_of_the_weights(wrap: Callable[..., Any]) -> None:
    training = Plain(layers())
    run = wrap(training)
    run.others = [torch.optim.swa_utils.AveragedModel(training.model)]
    text = refusal(run)
    assert "AveragedModel is a second model" in text
    assert "make it anew" in text
    run.others = [copy.deepcopy(training.model)]
    assert "target network" in refusal(run)
    run.others = []

    class EMA:
        def __init__(self, **shadow: Any) -> None:
            self.shadow = shadow

    smooth = EMA(loss=torch.tensor(1.0))
    assert run.preview().layers
    smooth.shadow = {name: part.detach().clone() for name, part in training.model.named_parameters()}
    assert "the class EMA keeps averages" in refusal(run)
    smooth.myself = smooth
    gc.disable()
    del smooth
    try:
        assert run.preview().layers
    finally:
        gc.enable()


@pytest.fixture
def compiler() -> Iterator[None]:
    yield
    torch._dynamo.reset()


def test_a_compiled_model(wrap: Callable[..., Any], compiler: None) -> None:
    model = layers()
    training = Plain(model)
    training.model = torch.compile(model, backend="eager")
    assert "torch.compile" in refusal(wrap(training))
    model.compile(backend="eager")
    training.model = model
    assert "compile the pruned model" in refusal(wrap(training))


def test_a_cuda_graph(wrap: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    class Graph:
        pass

    run, graph = wrap(Plain(layers())), Graph()
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    with pytest.raises(Refused, match="CUDA graphs"):
        refusals.refuse_unless_plain(run.scene(run.job()))
    del graph


def test_layers_of_which_no_units_can_be_taken_out(wrap: Callable[..., Any]) -> None:
    class Scale(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.scale = nn.Linear(8, 16), nn.Parameter(torch.ones(16))
            self.outer = nn.Linear(16, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.outer(self.inner(x) * self.scale)

    text = refusal(wrap(Plain(Scale())))
    assert "a parameter that belongs to no known layer" in text
    assert "choose linear or convolution layers" in text

    grouped = nn.Sequential(nn.Linear(8, 8), nn.Unflatten(1, (8, 1)), nn.GroupNorm(4, 8), nn.Flatten(), nn.Linear(8, 8))
    assert "GroupNorm" in refusal(wrap(Plain(grouped)))


@pytest.mark.parametrize("method", ["prune_structured", "prune_sparse"])
def test_a_mask_over_the_weights_is_named_with_the_way_to_make_it_plain(wrap: Callable[..., Any], method: str) -> None:
    run = wrap(Plain(nn.Sequential(*layers(), nn.ReLU(), nn.Linear(8, 64))))
    prune.l1_unstructured(run.training.model[0], "weight", 0.5)
    if method == "prune_structured":
        planned = run.preview()
    else:
        parametrizations.weight_norm(run.training.model[2])
        planned = run.preview(method)
    reasons = {left.module: left.reason for left in planned.left_out}
    assert "torch.nn.utils.prune.remove" in reasons["0"]
    assert [layer.module for layer in planned.layers] == ["2" if method == "prune_structured" else "4"]


def test_sizes_that_the_code_takes_for_granted(wrap: Callable[..., Any]) -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.outer = nn.Linear(8, 16), nn.Linear(16, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.outer(self.inner(x) + torch.arange(16.0))

    assert "does not work with the cut" in refusal(wrap(Plain(Fixed())))


def test_attention_whose_code_takes_the_head_size_from_the_width_keeps_its_heads(wrap: Callable[..., Any]) -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.n_head = 2
            self.q_proj, self.k_proj = nn.Linear(8, 8), nn.Linear(8, 8)
            self.v_proj, self.o_proj = nn.Linear(8, 8), nn.Linear(8, 8)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x.unsqueeze(0)
            size = x.shape[-1] // self.n_head
            q, k, v = (
                part(x).view(*x.shape[:2], self.n_head, size).transpose(1, 2)
                for part in (self.q_proj, self.k_proj, self.v_proj)
            )
            out = nn.functional.scaled_dot_product_attention(q, k, v)
            return self.o_proj(out.transpose(1, 2).flatten(2)).squeeze(0)

    text = refusal(wrap(Plain(nn.Sequential(Mixed()))))
    assert "does not work with fewer heads" in text


def test_a_model_whose_forward_is_not_called(wrap: Callable[..., Any]) -> None:
    class Holder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = layers()

    class Around(Plain):
        def step(self) -> None:
            self.optimizer.zero_grad()
            self.model.inner(torch.randn(4, 8)).square().mean().backward()
            self.optimizer.step()

    assert "was not called" in refusal(wrap(Around(Holder())))


def test_gradients_that_are_not_there(wrap: Callable[..., Any]) -> None:
    class Cleared(Plain):
        def step(self) -> None:
            super().step()
            self.optimizer.zero_grad()

    text = refusal(wrap(Cleared(layers())), criterion="taylor")
    assert "no gradients at this step boundary" in text
    assert "criterion=l2" in text


def test_a_frozen_layer_is_cut_like_the_others(wrap: Callable[..., Any]) -> None:
    model = layers()
    model[0].requires_grad_(False)
    run = wrap(Plain(model))
    run.run()
    assert model[0].weight.shape == (8, 8)
    assert not model[0].weight.requires_grad
    run.training.step()


def test_a_backup_without_room(wrap: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    run = wrap(Plain(layers()))
    monkeypatch.setattr("memgui.shrink.backup.free_bytes", lambda _folder: 1000)
    with pytest.raises(Refused, match="has room for 1000") as caught:
        run.run()
    assert "backup_dir=" in str(caught.value)
    assert run.training.model[0].weight.shape == (16, 8)
