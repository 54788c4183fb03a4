"""Optimizer state in a mapped file: out of memory, back to the bit at the next use, and where that is no help."""

from __future__ import annotations

import resource
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from memgui.agent.allocator import find_allocator
from memgui.protocol.errors import Refused
from memgui.shrink.parking import back, can_park, is_parked, to_file

NAME = "offload_optimizer"


def parked(training: Any) -> int:
    return sum(is_parked(value) for state in training.optimizer.state.values() for value in state.values())


def trim_heap() -> None:
    trim = find_allocator().trim
    assert trim is not None
    trim()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


@pytest.mark.parametrize(
    "tensor",
    [
        torch.randn(3, 5),
        torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        torch.randn(9).bfloat16(),
        torch.arange(7),
    ],
)
def test_a_tensor_comes_back_to_the_bit(tensor: torch.Tensor, tmp_path: Path) -> None:
    (mapped,) = to_file([tensor], tmp_path)
    assert torch.equal(mapped, tensor)
    assert torch.equal(back(mapped), tensor)
    assert back(mapped).stride() == tensor.stride()
    assert not is_parked(back(mapped))


def test_what_shares_its_memory_stays() -> None:
    assert not can_park(torch.randn(8)[:4])
    assert not can_park(torch.tensor(1.0))
    assert can_park(torch.randn(4))


def test_the_file_leaves_memory_and_has_no_name(tmp_path: Path) -> None:
    tensors = [torch.ones(8 << 20), torch.ones(8 << 20)]
    before = resident_bytes()
    mapped = to_file(tensors, tmp_path)
    tensors.clear()
    # The heap may have had room for them, and then keeps it.
    trim_heap()
    assert before - resident_bytes() > 0.9 * 64 * (1 << 20)
    assert list(tmp_path.iterdir()) == []
    assert mapped[1][-1] == 1


@pytest.mark.parametrize("model", ["mlp", "llama"])
def test_the_next_step_brings_it_back_and_training_is_bit_equal(training: Any, visit: Any, model: str) -> None:
    run, control = training(model), training(model)
    plan = visit.preview(run, NAME, which="all")
    done = visit.run(run, NAME, which="all")
    assert done.freed_bytes == pytest.approx(plan.before.total - plan.after.total, rel=0.01)
    assert parked(run) > 0
    assert run.steps(4) == control.steps(4)
    assert parked(run) == 0
    assert all(map(torch.equal, run.bits(), control.bits()))


def test_undo_brings_it_back_to_the_bit(training: Any, visit: Any) -> None:
    run = training()
    before = run.bits()
    visit.undo(visit.run(run, NAME, which="all"))
    assert parked(run) == 0
    assert all(map(torch.equal, run.bits(), before))


def test_only_state_of_parameters_at_rest_moves(training: Any, visit: Any) -> None:
    run = training("encoder")
    resting = run.model.layers.layers[0]
    for part in resting.parameters():
        part.requires_grad_(False)
    run.steps(2)
    assert all(part.grad is None for part in resting.parameters())
    plan = visit.preview(run, NAME)
    assert {layer.module.split(".")[2] for layer in plan.layers} == {"0"}
    visit.run(run, NAME)
    count = parked(run)
    run.steps(2)
    assert parked(run) == count > 0
    for part in resting.parameters():
        part.requires_grad_(True)
    run.steps(2)
    assert parked(run) == 0
    assert not run.optimizer._optimizer_step_pre_hooks


def test_a_closure_finds_its_state(training: Any, visit: Any) -> None:
    run = training("mlp", torch.optim.Adam)
    visit.run(run, NAME, which="all")
    run.optimizer.zero_grad()

    def closure() -> torch.Tensor:
        loss = run.model(torch.zeros(2, 3, dtype=torch.long)).square().mean()
        loss.backward()
        return loss

    run.optimizer.step(closure)
    assert parked(run) == 0


def test_a_checkpoint_can_be_written_meanwhile(training: Any, visit: Any, tmp_path: Path) -> None:
    run = training()
    wanted = run.optimizer.state[run.model[1].weight]["exp_avg"].clone()
    visit.run(run, NAME, which="all")
    torch.save(run.optimizer.state_dict(), tmp_path / "optimizer.pt")
    told = torch.load(tmp_path / "optimizer.pt", weights_only=True)
    assert torch.equal(told["state"][1]["exp_avg"], wanted)


def test_state_in_use_is_refused(training: Any, visit: Any) -> None:
    with pytest.raises(Refused, match="back at the next step") as refused:
        visit.preview(training(), NAME)
    assert "which=all" in refused.value.next_step


def test_an_optimizer_without_state_is_refused(training: Any, visit: Any) -> None:
    with pytest.raises(Refused, match="there is none"):
        visit.preview(training("mlp", torch.optim.SGD), NAME, which="all")


def test_state_that_is_out_of_the_way_is_refused(training: Any, visit: Any) -> None:
    run = training()
    visit.run(run, NAME, which="all")
    with pytest.raises(Refused, match="out of the way already"):
        visit.run(run, NAME, which="all")


def test_a_folder_in_memory_is_refused(training: Any, visit: Any) -> None:
    run = training()
    with pytest.raises(Refused, match="is a tmpfs"):
        visit.run(run, NAME, which="all", backup_dir="/dev/shm/memgui-test")
    assert parked(run) == 0


def test_a_full_disk_is_refused(training: Any, visit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("memgui.shrink.backup.shutil.disk_usage", lambda _: usage(1, 1, 1000))
    with pytest.raises(Refused, match="room for 1000"):
        visit.preview(training(), NAME, which="all")


def test_a_run_that_fails_leaves_everything_to_the_bit(
    training: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, control = training(), training()

    def fails(_scene: Any) -> None:
        raise RuntimeError("not verified")

    monkeypatch.setattr("memgui.shrink.job.verify", fails)
    with pytest.raises(RuntimeError, match="not verified"):
        visit.run(run, NAME, which="all")
    assert parked(run) == 0
    assert run.steps(3) == control.steps(3)
    assert isinstance(run.model, nn.Sequential)
