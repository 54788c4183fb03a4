"""Micro-batches: the gradients of the whole, what is refused, and what happens when memory runs out."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings, strategies
from torch import nn

from memgui.runtime import MicroBatcher, NotSplittableError
from memgui.runtime.headroom import free_ratio
from memgui.runtime.splitting import is_out_of_memory, modules_of

Grads = list[torch.Tensor]


def network(*more: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 16), nn.Tanh(), *more, nn.Linear(16, 3)).double()


def batch(samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(1)
    return torch.randn(samples, 8, generator=made, dtype=torch.float64), torch.arange(samples) % 3


def loss_of(model: nn.Module, reduction: str = "sum") -> Callable[..., torch.Tensor]:
    def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(model(x), y, reduction=reduction)

    return loss


def gradients(model: nn.Module) -> Grads:
    return [part.grad.clone() for part in model.parameters() if part.grad is not None]


def whole(model: nn.Module, samples: int) -> tuple[float, Grads]:
    model.zero_grad()
    loss = loss_of(model, "mean")(*batch(samples))
    loss.backward()
    found = gradients(model)
    model.zero_grad()
    return loss.item(), found


@settings(max_examples=30, deadline=None)
@given(samples=strategies.integers(1, 40), limit=strategies.integers(1, 45))
def test_gradients_and_loss_are_those_of_the_whole_batch_however_it_is_cut(samples: int, limit: int) -> None:
    model = network()
    loss, expected = whole(model, samples)
    assert MicroBatcher(loss_of(model), limit).backward(*batch(samples)).item() == pytest.approx(loss)
    torch.testing.assert_close(gradients(model), expected, rtol=1e-9, atol=1e-12)


class Hungry:
    """A model that runs out of memory on more than so many samples: in forward, or half way through backward."""

    def __init__(self, model: nn.Module, most: int, *, in_backward: bool) -> None:
        self.model, self.most, self.in_backward = model, most, in_backward
        self.sizes: list[int] = []

    def loss(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        self.sizes.append(len(x))
        found: torch.Tensor = self.model(x)
        if len(x) > self.most:
            if not self.in_backward:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            hidden = self.model[1](self.model[0](x))  # type: ignore[index]
            hidden.register_hook(self.fail)
            found = self.model[2](hidden)  # type: ignore[index]
        return nn.functional.cross_entropy(found, y, reduction="sum")

    @staticmethod
    def fail(_grad: torch.Tensor) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")


@pytest.mark.parametrize("in_backward", [False, True])
@pytest.mark.parametrize("accumulated", [False, True])
def test_out_of_memory_halves_the_pieces_and_does_the_same_batch_again(in_backward: bool, accumulated: bool) -> None:
    model = network()
    _, expected = whole(model, 21)
    if accumulated:
        loss_of(model, "mean")(*batch(21)).backward()
        expected = [2 * grad for grad in expected]
    hungry = Hungry(model, 6, in_backward=in_backward)
    micro = MicroBatcher(hungry.loss, 16)
    micro.backward(*batch(21))
    torch.testing.assert_close(gradients(model), expected, rtol=1e-9, atol=1e-12)
    assert hungry.sizes == [16, 8, 4, 4, 4, 4, 4, 1]
    assert micro.size == 4
    assert micro.describe().counters["halved_count"] == 2


def test_a_single_sample_that_does_not_fit_is_an_error_and_gradients_are_as_before() -> None:
    model = network()
    micro = MicroBatcher(Hungry(model, 0, in_backward=False).loss, 2)
    with pytest.raises(torch.OutOfMemoryError):
        micro.backward(*batch(4))
    assert gradients(model) == []


def test_another_error_is_not_taken_for_a_lack_of_memory() -> None:
    model = network()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        MicroBatcher(loss_of(model), 2).backward(torch.zeros(4, 7, dtype=torch.float64), torch.zeros(4).long())
    assert not is_out_of_memory(ValueError("out of memory"))
    assert is_out_of_memory(MemoryError())


def test_with_headroom_the_pieces_grow_to_the_limit_but_not_to_what_failed() -> None:
    model = network()
    free = [0.9]
    hungry = Hungry(model, 7, in_backward=False)
    micro = MicroBatcher(hungry.loss, 8, headroom=lambda: free[0])
    micro.backward(*batch(8))
    assert micro.size == 4
    for _ in range(200):
        micro.backward(*batch(8))
    assert micro.size == 4
    micro.set(limit=2)
    micro._limit = 8
    for _ in range(40):
        micro.backward(*batch(8))
    assert micro.size == 4
    assert micro.describe().counters["grown_count"] == 1


def test_without_headroom_they_stay() -> None:
    model = network()
    hungry = Hungry(model, 4, in_backward=False)
    micro = MicroBatcher(hungry.loss, 8, headroom=lambda: 0.1)
    for _ in range(100):
        micro.backward(*batch(8))
    assert micro.size == 4


def test_batch_norm_in_train_mode_is_refused_by_its_name() -> None:
    model = network(nn.BatchNorm1d(16))
    micro = MicroBatcher(loss_of(model), 4)
    with pytest.raises(NotSplittableError, match=r"2 is batch norm in train mode"):
        micro.backward(*batch(8))
    assert gradients(model) == []
    micro.backward(*batch(4))
    model.eval()
    micro.backward(*batch(8))


def test_a_count_other_than_the_samples_divides_the_sum() -> None:
    model = network()
    x, y = batch(6)
    loss = MicroBatcher(loss_of(model), 4).backward(x, y, count=12)
    assert loss.item() == pytest.approx(whole(model, 6)[0] / 2)


def test_scaling_and_clipping_work_as_ever() -> None:
    plain, cut = network().float(), network().float()
    x, y = batch(10)
    steps = []
    for model, limit in ((plain, None), (cut, 3)):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        MicroBatcher(loss_of(model), limit).backward(x.float(), y, scaler=scaler)
        scaler.unscale_(optimizer)
        steps.append(nn.utils.clip_grad_norm_(model.parameters(), 0.1))
        scaler.step(optimizer)
        scaler.update()
    torch.testing.assert_close(steps[0], steps[1])
    torch.testing.assert_close(list(plain.parameters()), list(cut.parameters()))


class Distributed(nn.Module):
    """Counts how often gradients would be exchanged."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.quiet, self.exchanged = inner, False, 0

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        self.quiet = True
        yield
        self.quiet = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.exchanged += not self.quiet
        found: torch.Tensor = self.inner(x)
        return found


def test_gradients_are_exchanged_once_a_batch() -> None:
    model = Distributed(network())
    MicroBatcher(loss_of(model), 3).backward(*batch(10))
    assert model.exchanged == 1


class Trainer:
    def __init__(self) -> None:
        self.net = network()

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.net(x).sum()
        return found


def test_the_model_is_found_in_closures_objects_and_globals() -> None:
    trainer, model = Trainer(), network()
    assert modules_of(trainer.loss) == (trainer.net,)
    assert modules_of(loss_of(model)) == (model,)
    assert modules_of(lambda x: trainer.loss(x)) == (trainer.net,)
    with pytest.raises(ValueError, match="model=model"):
        MicroBatcher(lambda x: x.sum())


@pytest.mark.parametrize("wrong", [(), (torch.zeros(3), torch.zeros(4)), (torch.zeros(0, 8),), (torch.tensor(1.0),)])
def test_a_batch_without_a_length_is_refused(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="one length in their first dimension"):
        MicroBatcher(loss_of(network()), 2).backward(*wrong)


def test_free_memory_is_the_smaller_share_of_machine_and_container(tmp_path: Any) -> None:
    info = tmp_path / "meminfo"
    info.write_text("MemTotal: 1000 kB\nMemFree: 10 kB\nMemAvailable: 800 kB\n")
    group = tmp_path / "cgroup"
    host = torch.device("cpu")
    assert free_ratio(host, meminfo=info, cgroup=group) == 0.8
    group.mkdir()
    (group / "memory.max").write_text("1000\n")
    (group / "memory.current").write_text("900\n")
    (group / "memory.stat").write_text("anon 500\ninactive_file 200\n")
    assert free_ratio(host, meminfo=info, cgroup=group) == pytest.approx(0.3)
    (group / "memory.max").write_text("max\n")
    assert free_ratio(host, meminfo=info, cgroup=group) == 0.8
    assert free_ratio(host, meminfo=tmp_path / "none", cgroup=tmp_path / "none") is None
