"""Many targets for long: real agents over real sockets, flat memory, and no sample lost.

MEMGUI_SOAK_S says how long; `make soak SOAK_S=1800` is the half hour that a release is to stand.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

import pytest

from memgui.link.batch import Batch
from memgui.link.hub import Hub
from memgui.link.target import LiveTarget

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

TARGETS = 64
SECONDS = float(os.environ.get("MEMGUI_SOAK_S", "60"))
AGENT = "import sys, memgui.agent as agent; agent.start(); print('ready', flush=True); sys.stdin.read()"
MIB = 2**20
# A timeline grows until its tiers are full, at most this much a series; what comes beyond is a leak.
SERIES_BYTES = 60_000


def _rss_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def agents(tmp_path: Path):
    environ = {**os.environ, "MEMGUI_RUNTIME_DIR": str(tmp_path)}
    tmp_path.chmod(0o700)
    processes = [
        subprocess.Popen([sys.executable, "-c", AGENT], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(TARGETS)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    yield processes
    for process in processes:
        process.communicate(b"")


def test_targets_are_taken_in_for_long_with_flat_memory_and_no_sample_lost(agents, tmp_path, capsys):
    inbox: deque[Batch] = deque()
    hub = Hub(inbox.append, directory=tmp_path)
    targets = {key: LiveTarget(key) for key in (hub.watch(process.pid) for process in agents)}
    longest = dict.fromkeys(targets, 0.0)
    last: dict[str, float] = {}
    readings: list[tuple[int, int]] = []
    rows = 0

    def take(until: float) -> None:
        nonlocal rows
        while time.monotonic() < until:
            while inbox:
                batch = inbox.popleft()
                for row in batch.rows:
                    rows += 1
                    if batch.key in last:
                        longest[batch.key] = max(longest[batch.key], row.t_s - last[batch.key])
                    last[batch.key] = row.t_s
                targets[batch.key].apply(batch)
            time.sleep(0.02)

    try:
        deadline = time.monotonic() + 120
        while any(target.rate_hz == 0 for target in targets.values()):
            assert time.monotonic() < deadline, "not every agent has answered"
            take(time.monotonic() + 0.2)
        rows, began = 0, time.monotonic()
        longest = dict.fromkeys(targets, 0.0)
        for part in range(1, 9):
            take(began + SECONDS * part / 8)
            gc.collect()
            readings.append((_rss_bytes(), sum(target.timeline.nbytes for target in targets.values())))
        spent = time.monotonic() - began
    finally:
        hub.close()
    dropped = sum(target.dropped for target in targets.values())
    held = max(target.timeline.nbytes / len(target.timeline.names) for target in targets.values())
    beside = [(rss - series) / MIB for rss, series in readings]
    with capsys.disabled():
        print(
            f"\n{TARGETS} targets for {spent:.0f} s: {rows} samples, {dropped} dropped, longest gap "
            f"{max(longest.values()):.2f} s, a series holds at most {held / 1000:.1f} kB, "
            f"memory beside the series {beside[1]:.1f} → {beside[-1]:.1f} MiB"
        )
    assert dropped == 0
    assert all(target.state == "connected" for target in targets.values())
    assert rows >= 0.9 * TARGETS * 10 * spent
    assert held <= SERIES_BYTES
    # The first quarter warms caches; joiners keep two minutes of readings, detectors an hour of theirs.
    assert beside[-1] - beside[1] < 24, beside
