"""Operations on a real model that trains: each is taken back to the bit, from memory and from the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.errors import Problem, Refused
from memgui.shrink.backup import Backup
from memgui.shrink.change import Change, exchange
from memgui.shrink.scene import Scene

torch.set_num_threads(1)
Step = Callable[[], float]


class Training:
    """A small model with its optimizer."""

    def __init__(self, kind: Callable[..., Any] = torch.optim.AdamW, **settings: Any) -> None:
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 4))
        self.optimizer = kind(self.model.parameters(), lr=1e-2, **settings)
        self.data = torch.Generator().manual_seed(1)
        self.loss = torch.tensor(0.0)
        for _ in range(3):
            self.step()

    def step(self) -> float:
        x = torch.randn(16, 8, generator=self.data)
        self.optimizer.zero_grad()
        # The graph of the step lives until the next one has one of its own, as in most loops.
        self.loss = (self.model(x) - x[:, :4].sin()).square().mean()
        self.loss.backward()
        self.optimizer.step()
        return self.loss.item()

    def scene(self) -> Scene:
        return Scene([self.model], [self.optimizer])

    def bits(self) -> list[tuple[int, ...]]:
        return [
            (tuple(tensor.shape), tuple(tensor.stride()), tensor.detach().contiguous().flatten().tolist())  # type: ignore[misc]
            for tensor in self.scene().tensors()
        ]


def halve(training: Training, change: Change) -> None:
    """Keep half of the hidden units."""
    keep = torch.arange(8) * 2
    first, norm, _, last = training.model
    change.keep_values([training.model])
    for module, name, dim in ((first, "weight", 0), (first, "bias", 0), (norm, "weight", 0), (norm, "bias", 0)):
        select = lambda tensor, dim=dim: tensor.index_select(dim, keep)  # noqa: E731
        change.replace_parameter(module, name, select(module._parameters[name]), select)
    change.replace_parameter(last, "weight", last.weight[:, keep], lambda tensor: tensor[:, keep].contiguous())
    for name in ("running_mean", "running_var"):
        change.set_buffer(norm, name, norm._buffers[name][keep])
    change.set_attribute(first, "out_features", 8)
    change.set_attribute(norm, "num_features", 8)
    change.set_attribute(last, "in_features", 8)


@pytest.fixture
def training() -> Training:
    return Training()


def backed_up(training: Training, folder: Path) -> Change:
    backup = Backup.write(folder / "one", training.scene().tensors())
    return Change([training.optimizer], backup)


def test_a_change_rolled_back_leaves_the_training_as_one_that_nobody_touched(
    training: Training, tmp_path: Path
) -> None:
    undisturbed = Training()
    change = backed_up(training, tmp_path)
    halve(training, change)
    assert training.model[0].weight.shape == (8, 8)
    change.roll_back()
    assert training.bits() == undisturbed.bits()
    assert [training.step() for _ in range(5)] == [undisturbed.step() for _ in range(5)]
    assert training.bits() == undisturbed.bits()


def test_training_goes_on_after_a_change_and_undo_returns_to_the_bit(training: Training, tmp_path: Path) -> None:
    before = training.bits()
    change = backed_up(training, tmp_path)
    weight, state = training.model[0].weight, training.optimizer.state[training.model[0].weight]
    halve(training, change)
    change.commit()
    losses = [training.step() for _ in range(30)]
    assert losses[-1] < losses[0]
    assert training.model[0].weight is weight
    assert state["exp_avg"].shape == (8, 8)
    assert training.bits() != before
    change.take_back()
    assert training.bits() == before
    assert training.model[0].out_features == 16
    undisturbed = Training()
    training.data = undisturbed.data.clone_state()
    assert [training.step() for _ in range(5)] == [undisturbed.step() for _ in range(5)]


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (torch.optim.SGD, {"momentum": 0.9}),
        (torch.optim.Adam, {}),
        (torch.optim.AdamW, {"foreach": True}),
        (torch.optim.AdamW, {"fused": True}),
        (torch.optim.AdamW, {"amsgrad": True}),
    ],
)
def test_every_optimizer_goes_on_with_its_state_cut(kind: Any, settings: dict[str, Any], tmp_path: Path) -> None:
    training = Training(kind, **settings)
    before = training.bits()
    change = backed_up(training, tmp_path)
    halve(training, change)
    change.commit()
    for parameter, state in training.optimizer.state.items():
        assert all(value.shape == parameter.shape for value in state.values() if value.dim() > 0)
    losses = [training.step() for _ in range(20)]
    assert losses[-1] < losses[0]
    change.take_back()
    assert training.bits() == before


def test_hooks_and_their_handles_stay_good(training: Training, tmp_path: Path) -> None:
    seen: list[tuple[str, torch.Size]] = []
    weight = training.model[0].weight
    handle = weight.register_hook(lambda gradient: seen.append(("hook", gradient.shape)))
    after = weight.register_post_accumulate_grad_hook(lambda part: seen.append(("after", part.shape)))
    change = backed_up(training, tmp_path)
    halve(training, change)
    training.step()
    assert seen == [("hook", (8, 8)), ("after", (8, 8))]
    handle.remove()
    after.remove()
    training.step()
    assert len(seen) == 2


def test_a_parameter_that_somebody_refers_to_weakly_is_refused_and_nothing_is_changed(
    training: Training, tmp_path: Path
) -> None:
    import weakref

    reference = weakref.ref(training.model[3].weight)
    before = training.bits()
    change = backed_up(training, tmp_path)
    with pytest.raises(Refused, match="does not let a parameter be exchanged"):
        halve(training, change)
    change.roll_back()
    assert training.bits() == before
    assert reference() is training.model[3].weight


def test_what_is_not_in_the_backup_cannot_be_replaced(training: Training, tmp_path: Path) -> None:
    backup = Backup.write(tmp_path / "one", [training.model[0].weight])
    change = Change([training.optimizer], backup)
    with pytest.raises(Problem, match="not in the backup"):
        change.replace_parameter(training.model[3], "weight", torch.zeros(4, 8))


def test_the_backup_is_a_file_that_the_library_reads(training: Training, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    backup = Backup.write(tmp_path / "one", training.scene().tensors())
    stored = load_file(tmp_path / "one" / "tensors.safetensors")
    assert backup.bytes == sum(part.numel() * part.element_size() for part in stored.values())
    assert torch.equal(stored["t0"], training.model[0].weight)


def test_a_disk_that_is_full_is_refused_before_anything_is_written(training: Training, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="room for"):
        Backup.write(tmp_path / "one", [torch.empty(1 << 50, device="meta")])
    assert not (tmp_path / "one").exists()


def test_undo_is_gone_with_the_model_and_keeps_nothing_alive(tmp_path: Path) -> None:
    training = Training()
    change = backed_up(training, tmp_path)
    halve(training, change)
    change.commit()
    assert change.is_alive
    del training
    import gc

    gc.collect()
    assert not change.is_alive


def test_a_parameter_that_was_frozen_lately_can_be_exchanged() -> None:
    training = Training()
    weight = training.model[0].weight
    weight.requires_grad_(False)
    exchange(weight, torch.zeros(2, 3), None)
    assert weight.shape == (2, 3)
    assert not weight.requires_grad
    assert training.loss.requires_grad
