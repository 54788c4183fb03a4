"""Roles to the byte, on models whose sizes are computed by hand."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from memgui.agent.inspect.budget import Budget  # noqa: E402
from memgui.agent.inspect.models import Models  # noqa: E402
from memgui.agent.inspect.walk import Walked, Walker  # noqa: E402
from memgui.agent.optimizers import Optimizers  # noqa: E402

F32 = 4
WIDE, NARROW = 24, 6
# Two layers with biases: 24×6 + 6 and 6×24 + 24.
MLP = (WIDE * NARROW + NARROW + NARROW * WIDE + WIDE) * F32
TENSORS = 4


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    torch.set_num_threads(1)
    gc.collect()
    yield
    gc.collect()


def mlp() -> Any:
    return nn.Sequential(nn.Linear(WIDE, NARROW), nn.Tanh(), nn.Linear(NARROW, WIDE))


class Trained:
    """A model that took a step; walks over it see only what this test made."""

    def __init__(self, model: Any, optimizer: Any, feed: Any = None) -> None:
        self.model, self.optimizer = model, optimizer
        self.optimizers = Optimizers()
        self.optimizers.saw(optimizer)
        self.walker = Walker(self.optimizers, Models(self.optimizers))
        if feed is not None:
            model(feed).float().square().sum().backward()
            optimizer.step()

    def sizes(self) -> dict[str, int]:
        return {role: size for (_, role), size in self.known().sizes.items()}

    def known(self) -> Any:
        return self.walker.look_at_known(Budget(60.0))

    def walk(self) -> Walked:
        return self.walker.walk(Budget(60.0), keep=True)


def test_a_trained_mlp_with_adam() -> None:
    model = mlp()
    trained = Trained(model, torch.optim.Adam(model.parameters()), torch.randn(3, WIDE))
    assert trained.sizes() == {"parameters": MLP, "gradients": MLP, "optimizer": 2 * MLP + TENSORS * F32}


def test_amsgrad_keeps_a_third_state() -> None:
    model = mlp()
    trained = Trained(model, torch.optim.AdamW(model.parameters(), amsgrad=True), torch.randn(3, WIDE))
    assert trained.sizes()["optimizer"] == 3 * MLP + TENSORS * F32


def test_released_gradients_are_no_gradients() -> None:
    model = mlp()
    trained = Trained(model, torch.optim.SGD(model.parameters(), momentum=0.9), torch.randn(3, WIDE))
    trained.optimizer.zero_grad(set_to_none=True)
    assert trained.sizes() == {"parameters": MLP, "optimizer": MLP}


def test_tied_weights_count_once() -> None:
    model = nn.Sequential(nn.Linear(WIDE, WIDE), nn.Linear(WIDE, WIDE))
    model[1].weight = model[0].weight
    trained = Trained(model, torch.optim.SGD(model.parameters()), torch.randn(3, WIDE))
    expected = (WIDE * WIDE + 2 * WIDE) * F32
    assert trained.sizes() == {"parameters": expected, "gradients": expected}


def test_buffers_are_their_own_role() -> None:
    model = nn.Sequential(nn.Linear(WIDE, NARROW), nn.BatchNorm1d(NARROW))
    trained = Trained(model, torch.optim.SGD(model.parameters()), torch.randn(3, WIDE))
    assert trained.sizes()["buffers"] == 2 * NARROW * F32 + 8


def test_frozen_parameters_have_neither_gradients_nor_state() -> None:
    model = mlp()
    model[0].requires_grad_(False)
    trained = Trained(model, torch.optim.Adam(model[2].parameters()), torch.randn(3, WIDE))
    head = (NARROW * WIDE + WIDE) * F32
    assert trained.sizes() == {"parameters": MLP, "gradients": head, "optimizer": 2 * head + 2 * F32}


def test_half_precision_takes_half() -> None:
    model = mlp().to(torch.bfloat16)
    trained = Trained(model, torch.optim.Adam(model.parameters()), torch.randn(3, WIDE, dtype=torch.bfloat16))
    assert trained.sizes() == {
        "parameters": MLP // 2,
        "gradients": MLP // 2,
        "optimizer": 2 * (MLP // 2) + TENSORS * F32,
    }


class Paired(torch.Tensor):  # type: ignore[misc]
    """A wrapper subclass of two tensors, which complains if anything is done with it."""

    @staticmethod
    def __new__(cls, left: Any, right: Any) -> Any:
        return torch.Tensor._make_wrapper_subclass(cls, left.shape, dtype=left.dtype)

    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = left, right

    def __tensor_flatten__(self) -> Any:
        return ["left", "right"], None

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.aten.detach.default:
            return args[0]
        raise AssertionError(f"{func} was called")


def test_wrapper_subclasses_are_what_they_hold() -> None:
    model = nn.Module()
    model.weight = nn.Parameter(Paired(torch.randn(100), torch.randn(100)), requires_grad=False)
    model.other = nn.Parameter(torch.randn(10))
    trained = Trained(model, torch.optim.SGD([model.other]))
    assert trained.sizes() == {"parameters": (100 + 100 + 10) * F32}


def test_sparse_tensors_are_their_indices_and_values() -> None:
    model = nn.Module()
    model.other = nn.Parameter(torch.randn(10))
    indices = torch.tensor([[0, 1, 2], [0, 1, 2]])
    model.register_buffer("pattern", torch.sparse_coo_tensor(indices, torch.ones(3), (3, 3), check_invariants=True))
    trained = Trained(model, torch.optim.SGD([model.other]))
    assert trained.sizes()["buffers"] == 6 * 8 + 3 * F32


def test_parameters_that_hang_on_no_module_are_found_by_the_optimizer() -> None:
    weight = nn.Parameter(torch.randn(50))
    assert Trained(None, torch.optim.SGD([weight])).sizes() == {"parameters": 50 * F32}


def test_mapped_and_shared_tensors_are_told_apart(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(100_000)}, tmp_path / "weights.pt")
    model = nn.Module()
    model.shared = nn.Parameter(torch.zeros(50_000).share_memory_())
    model.mapped = nn.Parameter(torch.load(tmp_path / "weights.pt", mmap=True)["weight"])
    model.own = nn.Parameter(torch.zeros(30_000))
    ledger = Trained(model, torch.optim.SGD(model.parameters())).known()
    assert ledger.sizes[("shared", "parameters")] == 50_000 * F32
    # The mapping is one storage for the whole file.
    assert ledger.sizes[("mapped", "parameters")] >= 100_000 * F32
    assert ledger.sizes[("host", "parameters")] == 30_000 * F32


def claimed(walked: Walked, role: str, shape: tuple[int, ...]) -> list[Any]:
    return [claim for claim in walked.ledger.claims or () if claim.role == role and claim.shape == shape]


def test_what_only_autograd_holds_is_an_activation() -> None:
    model = mlp()
    trained = Trained(model, torch.optim.SGD(model.parameters()))
    kept = model(torch.randn(7, WIDE)).sum()
    walked = trained.walk()
    # Tanh has saved its result, which no Python object holds.
    (found,) = claimed(walked, "activations", (7, NARROW))
    assert (found.size_bytes, found.name) == (7 * NARROW * F32, "AddmmBackward0.mat1")
    assert kept.requires_grad


def test_checkpointed_activations_are_not_computed_anew() -> None:
    calls = []

    def piece(x: Any) -> Any:
        calls.append(1)
        return x.tanh().exp()

    x = torch.randn(11, requires_grad=True)
    y = torch.utils.checkpoint.checkpoint(piece, x, use_reentrant=False)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: calls.append(2) or t):
        z = y * y
    Trained(None, torch.optim.SGD([x])).walk()
    assert calls == [1]
    assert z.requires_grad


def test_a_view_is_told_as_what_it_is_a_view_of() -> None:
    whole = torch.zeros(40, 9)
    view = whole[3]
    del whole
    walked = Trained(None, torch.optim.SGD([nn.Parameter(torch.zeros(1))])).walk()
    (found,) = claimed(walked, "other_tensors", (40, 9))
    assert found.size_bytes == 40 * 9 * F32
    assert view.shape == (9,)


def test_a_walk_keeps_nothing_alive() -> None:
    model = mlp()
    trained = Trained(model, torch.optim.Adam(model.parameters()), torch.randn(3, WIDE))
    before = len(gc.get_objects())
    trained.walk()
    gc.collect()
    assert abs(len(gc.get_objects()) - before) < 200
    import weakref

    gone = weakref.ref(model)
    trained.walk()
    del model
    trained.model = trained.optimizer = None
    gc.collect()
    assert gone() is None


def test_where_a_walk_takes_too_long_the_optimizers_are_known_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memgui.agent.inspect.walk._LEARN_S", 0.0)
    model = nn.Sequential(nn.Linear(WIDE, NARROW), nn.BatchNorm1d(NARROW))
    trained = Trained(model, torch.optim.SGD(model.parameters(), momentum=0.9), torch.randn(3, WIDE))
    size = (WIDE * NARROW + 3 * NARROW) * F32
    assert trained.sizes() == {"parameters": size, "gradients": size, "optimizer": size}
    trained.walk()
    assert trained.sizes()["buffers"] == 2 * NARROW * F32 + 8
