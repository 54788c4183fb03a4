"""A change is refused where old and new tensors do not fit into memory side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from memgui.protocol.errors import Refused
from memgui.shrink import room

CPU = torch.device("cpu")
KIB = 1024


def test_what_is_free_is_the_least_of_the_machine_and_of_each_cgroup_around(tmp_path: Path) -> None:
    meminfo, own, inner = tmp_path / "meminfo", tmp_path / "cgroup", tmp_path / "fs" / "job" / "step"
    meminfo.write_text("MemTotal: 9000 kB\nMemAvailable:    5000 kB\n")
    own.write_text("0::/job/step\n")
    inner.mkdir(parents=True)

    def free() -> int | None:
        return room.free_bytes(CPU, meminfo=meminfo, own=own, cgroups=tmp_path / "fs")

    assert free() == 5000 * KIB
    for folder, limit in ((inner, "max"), (inner.parent, str(4000 * KIB))):
        (folder / "memory.max").write_text(limit)
        (folder / "memory.current").write_text(str(3000 * KIB))
        (folder / "memory.stat").write_text(f"anon 7\ninactive_file {500 * KIB}\n")
    assert free() == 1500 * KIB
    (inner.parent / "memory.max").write_text(str(2000 * KIB))
    assert free() == 0
    meminfo.unlink()
    (inner.parent / "memory.max").unlink()
    assert free() is None


def test_the_preview_tells_what_is_taken_for_a_moment_and_what_is_free(start: Callable[..., Any]) -> None:
    planned = start("mlp", steps=2).preview()
    after = planned.after
    assert planned.peak_bytes >= after.parameters + after.gradients + after.state
    assert planned.peak_bytes < planned.before.total + after.total
    assert planned.free_bytes is not None
    assert planned.free_bytes > planned.peak_bytes


@pytest.mark.parametrize("method", ["prune_structured", "prune_sparse", "quantize_optimizer"])
def test_a_change_that_does_not_fit_is_refused_with_both_numbers_and_nothing_is_changed(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str
) -> None:
    run = start("mlp", steps=2)
    before = run.bits()
    monkeypatch.setattr(room, "free_bytes", lambda _device: 3)
    job = run.job(method)
    before = run.bits()
    for visit in (lambda: job.preview(run.scene(job)), lambda: job.run(run.scene(job), 1)):
        with pytest.raises(Refused, match=r"takes \d+ MiB more on cpu, and 0 MiB are free") as refusal:
            visit()
        assert "fewer modules at a time" in refusal.value.next_step
    job.end()
    assert run.bits() == before
    assert not list(tmp_path.glob("*"))


def test_the_peak_that_is_told_is_what_a_change_really_takes(start: Callable[..., Any]) -> None:
    run = start("mlp", steps=2)
    job = run.job()
    promised = job.preview(run.scene(job)).peak_bytes
    held = _storages(run)
    made = job.make(run.scene(job), 1)
    # Old and new are both held now; the copy on the way of the largest is gone again.
    new = _storages(run)
    assert sum(size for key, size in new.items() if key not in held) <= promised
    made.roll_back()
    job.end()


def _storages(run: Any) -> dict[int, int]:
    scene = [*run.training.model.parameters()]
    tensors = [*scene, *(part.grad for part in scene if part.grad is not None)]
    tensors += [value for state in run.training.optimizer.state.values() for value in state.values()]
    return {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in tensors}
