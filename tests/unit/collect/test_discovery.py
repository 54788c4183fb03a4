"""Which processes are taken for PyTorch, on a real process that maps a file of that name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memgui.collect.discovery import torch_processes

LATE = """
import mmap, sys
print("up", flush=True)
sys.stdin.readline()
with open(sys.argv[1], "rb") as file:
    library = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
print("mapped", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def late(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    library = tmp_path / "torch" / "lib" / "libtorch_cpu.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(bytes(10**6))
    with subprocess.Popen([sys.executable, "-c", LATE, library], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.communicate("")


def test_a_process_that_loads_torch_later_is_found_from_then_on(late: subprocess.Popen[str]) -> None:
    assert late.stdin is not None
    assert late.stdout is not None
    for _ in range(2):  # what was found the first time is known the second time
        assert late.pid not in {facts.pid for facts in torch_processes()}
    print(file=late.stdin, flush=True)
    assert late.stdout.readline() == "mapped\n"
    for _ in range(2):
        (facts,) = (facts for facts in torch_processes() if facts.pid == late.pid)
        assert facts.torch == "unknown"  # there is no metadata beside it
