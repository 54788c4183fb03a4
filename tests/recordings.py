"""Recordings for the tests: a run that takes a few megabytes more every step, with a mark and what was told of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from memgui.analysis.finding import Finding
from memgui.store.events import MarkedEvent
from memgui.store.recording import RecordingFile
from memgui.store.timeline import Row

T0 = 1_780_000_000.0
GB = 1e9


def hello(pid: int, name: str) -> dict[str, Any]:
    return {
        "protocol": [1, 0], "agent_version": "1", "pid": pid, "start_time": 900, "monotonic_s": 1.0, "time_s": T0,
        "host": "here", "name": name, "argv": [name], "user": "me", "python": "3.11", "torch": "2.13.0",
    }  # fmt: skip


def told(t_s: float, state: str) -> Finding:
    return Finding(
        "growth", "host.rss_bytes", "held", state, alarm=True, title="Told growth", sentence="It was told.", score=0.9,
        rate_bytes_per_s=1e7, rate_low=9e6, rate_high=2e7, rate_bytes_per_step=2e6, step_low=1e6, step_high=3e6,
        since_step=10, since_s=T0, until_s=t_s, level_bytes=3e9,
    )  # fmt: skip


def growing_rows(first: int, count: int, rate: float = 4e6) -> list[Row]:
    return [
        Row(
            T0 + at / 2,
            at,
            {
                "host.rss_bytes": 2 * GB + at * rate,
                "host.anon_bytes": 1.8 * GB + at * rate,
                "step.duration_s": 0.5,
                "cgroup.limit_bytes": 16 * GB,
                "cgroup.working_set_bytes": 2 * GB + at * rate,
            },
        )
        for at in range(first, first + count)
    ]


def begin(path: Path, *, pid: int = 41, name: str = "train.py", rows: int = 900, rate: float = 4e6) -> RecordingFile:
    """A recording that is not closed yet."""
    file = RecordingFile(path, version="1")
    key = f"{pid}.900"
    file.facts(key, hello(pid, name))
    file.rows(key, growing_rows(0, rows, rate))
    file.event(key, MarkedEvent(T0 + 100, "mark", "epoch 1", 200))
    for t_s, state in ((T0 + 200, "growing"), (T0 + 300, "probable")):
        file.finding(key, t_s, asdict(told(t_s, state)))
    file.commit()
    return file


def record(path: Path, **options: Any) -> Path:
    """A whole one."""
    begin(path, **options).close()
    return path
