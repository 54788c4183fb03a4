"""A forward computed twice: the same gradients, the memory of its inputs only, and what must not be computed twice."""

from __future__ import annotations

import copy
import gc
import pickle
import subprocess
import sys
import weakref

import torch
from torch import nn

from memgui.shrink.recompute import Kept, Recomputed, measure


class Block(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.up, self.down, self.drop = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), nn.Dropout(0.3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.drop(self.down(torch.relu(self.up(x))))


class Stack(nn.Module):
    def __init__(self, *blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for block in self.blocks:
            x = block(x)
        return x


def stack() -> Stack:
    torch.manual_seed(0)
    return Stack(Block(), Block())


def recompute(model: Stack) -> None:
    for block in model.blocks:
        block.forward = Recomputed(block)  # type: ignore[method-assign]


def gradients(model: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    torch.manual_seed(1)
    model.zero_grad()
    model(x).square().sum().backward()
    return [part.grad.clone() for part in model.parameters() if part.grad is not None]


def look(model: Stack, x: torch.Tensor) -> tuple[dict[str, Kept], Kept]:
    modules = {f"blocks.{place}": block for place, block in enumerate(model.blocks)}
    return measure(lambda: model(x), modules, [*model.parameters(), *model.buffers()])


def saved_bytes(model: nn.Module, x: torch.Tensor) -> int:
    """What autograd really keeps after a forward: every tensor that a node or a checkpoint holds."""
    anyway = {part.untyped_storage()._cdata for part in model.parameters()}
    found: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in anyway:
            found[storage._cdata] = storage.nbytes()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = model(x)
    del result
    return sum(found.values())


def test_gradients_are_bit_equal_with_dropout_inside() -> None:
    model, x = stack(), torch.randn(4, 16)
    plain = gradients(model, x)
    recompute(model)
    assert all(map(torch.equal, plain, gradients(model, x)))


def test_the_random_numbers_after_the_forward_are_the_same() -> None:
    model, x = stack(), torch.randn(4, 16)
    gradients(model, x)
    plain = torch.rand(1)
    recompute(model)
    gradients(model, x)
    assert torch.equal(plain, torch.rand(1))


def test_it_tells_what_autograd_keeps() -> None:
    model, x = stack(), torch.randn(64, 16)
    _, whole = look(model, x)
    assert whole.now == saved_bytes(model, x)


def test_it_tells_what_stays_which_is_the_inputs() -> None:
    model, x = stack(), torch.randn(64, 16)
    parts, whole = look(model, x)
    assert parts["blocks.0"].recomputed == x.nbytes
    assert whole.recomputed == 2 * x.nbytes
    assert parts["blocks.0"].now >= 6 * x.nbytes


def test_a_buffer_that_is_written_speaks_against_it() -> None:
    parts, _ = look(Stack(nn.Sequential(nn.Linear(16, 16), nn.BatchNorm1d(16))), torch.randn(8, 16))
    assert "writes to a buffer" in str(parts["blocks.0"].trouble)


def test_an_input_changed_in_place_speaks_against_it() -> None:
    class Careless(Stack):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x * 2
            x.add_(self.blocks[0](x.sum(0)) * 0)
            y = self.blocks[0](x)
            x += 1
            return x + y.sum()

    class Reads(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.sum()

    parts, _ = look(Careless(Reads()), torch.randn(8, 16, requires_grad=True))
    assert "in place" in str(parts["blocks.0"].trouble)


def test_an_object_that_is_written_to_is_written_once() -> None:
    class Appends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor, seen: list[int]) -> torch.Tensor:
            seen.append(1)
            return self.layer(x)

    module, seen = Appends(), list[int]()
    module.forward = Recomputed(module)  # type: ignore[method-assign]
    module(torch.randn(2, 4), seen).sum().backward()
    assert seen == [1]
    parts, _ = measure(lambda: module(torch.randn(2, 4), seen), {"m": module}, module.parameters())
    assert "handed a list" in str(parts["m"].trouble)


def test_nothing_is_computed_twice_without_gradients() -> None:
    calls: list[int] = []
    model = stack()
    recompute(model)
    model.blocks[0].up.register_forward_hook(lambda *_: calls.append(1))
    with torch.no_grad():
        model(torch.randn(4, 16))
    assert calls == [1]


def test_a_copy_of_the_model_computes_with_its_own_weights() -> None:
    model, x = stack(), torch.randn(4, 16)
    recompute(model)
    twin = copy.deepcopy(model).eval()
    with torch.no_grad():
        for part in model.parameters():
            part.zero_()
    assert not torch.equal(twin(x), x)
    assert isinstance(twin.blocks[0].forward, Recomputed)


def test_a_pickled_model_loads_where_memgui_is_not() -> None:
    layer = nn.Linear(4, 4)
    layer.forward = Recomputed(layer)  # type: ignore[method-assign]
    told = pickle.dumps(layer)
    assert b"memgui" not in told
    child = (
        "import pickle, sys; layer = pickle.load(sys.stdin.buffer); import torch; print(layer(torch.zeros(1, 4)).shape)"
    )
    done = subprocess.run([sys.executable, "-c", child], input=told, capture_output=True, check=True)
    assert b"[1, 4]" in done.stdout


def test_a_look_leaves_nothing_of_its_graph_alive() -> None:
    gone: list[weakref.ref[torch.Tensor]] = []

    class Noted(Block):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = super().forward(x)
            gone.append(weakref.ref(y.untyped_storage()))
            return y

    model = Stack(Noted(), Noted())
    counts = [part._use_count() for part in model.parameters()]
    look(model, torch.randn(4, 16))
    gc.collect()
    assert [part._use_count() for part in model.parameters()] == counts
    assert all(reference() is None for reference in gone)
