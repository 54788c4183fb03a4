"""Loader workers and spawned processes that share, and are killed without a chance to clean up."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, os, signal, sys, torch
from torch.utils.data import DataLoader, Dataset
from memgui.runtime import SharedListDataset, SharedTensorCache

torch.set_num_threads(1)

class Pictures(Dataset):
    def __init__(self, cache, names):
        self.cache, self.names = cache, names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, at):
        return self.cache.get_or_make(at, lambda: torch.full((1000,), float(self.names[at])))

if __name__ == "__main__":
    method, ends = sys.argv[1:]
    cache = SharedTensorCache(1 << 20)
    data = Pictures(cache, SharedListDataset(str(at) for at in range(60)))
    loader = DataLoader(data, 4, num_workers=2, persistent_workers=True, multiprocessing_context=method)
    for epoch in range(2):
        seen = [int(value) for batch in loader for value in batch[:, 0]]
    workers = [worker.pid for worker in loader._iterator._workers]
    if ends == "worker":
        loader._iterator._workers[0].kill()
        loader._iterator._workers[0].join()
        assert cache.get(3).tolist() == [3.0] * 1000
        assert cache.put("more", torch.ones(2))
    print(json.dumps({"seen": seen, "workers": workers, "info": cache.describe().counters,
                      "hits": cache.describe().hits}), flush=True)
    if ends == "owner":
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def holders_of_our_memory(processes: set[int]) -> list[str]:
    found = []
    for pid in processes:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            with contextlib.suppress(OSError):
                found += [str(link)] if "memfd:memgui-" in os.readlink(link) else []
    return found


@pytest.mark.parametrize(("method", "ends"), [("fork", "owner"), ("fork", "worker"), ("spawn", "owner")])
def test_workers_share_and_a_kill_of_either_side_leaves_nothing_behind(method: str, ends: str, tmp_path: Path) -> None:
    script = tmp_path / "share.py"
    script.write_text(PROGRAM)
    before = sorted(os.listdir("/dev/shm"))
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(script), method, ends], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert told["seen"] == list(range(60))
    assert told["info"]["entries_count"] == 60 + (ends == "worker")
    assert told["hits"] >= 60
    if ends == "owner":
        process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    for pid in told["workers"]:
        # A worker notices only after seconds that its parent is gone.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert holders_of_our_memory({process.pid, *told["workers"]}) == []
    assert [name for name in os.listdir("/dev/shm") if name not in before and "memgui" in name] == []
