"""What ended processes have left of backups is told, and goes when it is old; a living one's is never touched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memgui.shrink import leftovers

OTHER = """
import sys, torch
from pathlib import Path
from memgui.shrink.backup import Backup, directory
backup = Backup.write(directory(sys.argv[1]) / "undo-1", [torch.ones(1000)])
backup.note("recipe.json", {})
print(backup.folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Any:
    """Another process with a backup below the folder, and where that is."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process, Path(process.stdout.readline().strip()), lambda: process.communicate("")
    process.kill()
    process.communicate()


def test_the_backup_of_a_living_process_is_never_touched_and_that_of_an_ended_one_goes_when_it_is_old(
    other: tuple[Any, Path, Callable[[], object]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _process, folder, end = other
    tensors, later_s = folder / "tensors.safetensors", time.time() + 15 * 86400
    leftovers.remove_old(tmp_path, later_s)
    assert tensors.exists()
    assert leftovers.size_bytes(tmp_path) == 0
    end()
    assert leftovers.size_bytes(tmp_path) == tensors.stat().st_size > 4000
    leftovers.remove_old(tmp_path)
    assert tensors.exists()
    monkeypatch.setenv("MEMGUI_BACKUP_DAYS", "0")
    leftovers.remove_old(tmp_path, later_s)
    assert tensors.exists()
    monkeypatch.delenv("MEMGUI_BACKUP_DAYS")
    leftovers.remove_old(tmp_path, later_s)
    assert not tensors.exists()
    assert (folder / "recipe.json").exists()


def test_what_no_owner_or_another_host_is_named_for_stays(
    other: tuple[Any, Path, Callable[[], object]], tmp_path: Path
) -> None:
    _process, folder, end = other
    end()
    owner = folder.parent / "owner"
    for change in (lambda: owner.write_text("elsewhere"), owner.unlink):
        change()
        leftovers.remove_old(tmp_path, time.time() + 15 * 86400)
        assert (folder / "tensors.safetensors").exists()


def test_the_preview_tells_what_is_left_and_the_next_backup_removes_what_is_old(
    start: Callable[..., Any], tmp_path: Path, other: tuple[Any, Path, Callable[[], object]]
) -> None:
    _process, folder, end = other
    end()
    tensors = folder / "tensors.safetensors"
    run = start("mlp", steps=2)
    assert run.preview().backups_left_bytes == tensors.stat().st_size
    old_s = time.time() - 15 * 86400
    os.utime(tensors, (old_s, old_s))
    run.undo(run.run())
    assert not tensors.exists()
