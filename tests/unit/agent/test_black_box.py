"""A black box holds the last hours of the ring, and its troubles stay its own."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from memgui.agent.black_box import BlackBox
from memgui.agent.ring import Ring
from memgui.protocol import black_box as form
from memgui.protocol.payloads import Event, Hello
from memgui.store.black_box import BlackBoxFile
from memgui.store.timeline import Row

NAMES = ("host.rss_bytes", "python.blocks_count")
# The process began long ago, by its own clock.
WALL_S = 1_700_000_000.0


def hello() -> Hello:
    return Hello(
        protocol=(1, 0), agent_version="1", pid=os.getpid(), start_time=1, monotonic_s=0.0, time_s=WALL_S, host="here",
        name="train.py", argv=("train.py",), user="me", python="3.11", rank=2,
    )  # fmt: skip


@pytest.fixture
def troubles() -> list[str]:
    return []


@pytest.fixture
def box(tmp_path: Path, troubles: list[str]) -> Any:
    made = BlackBox(tmp_path / "boxes", hello, troubles.append)
    made.follow(time.monotonic() + 1, 1, NAMES)
    yield made
    made.close()


def read(box: BlackBox) -> list[Row]:
    assert box.path is not None
    file = BlackBoxFile(box.path)
    return list(file.rows(file.targets[0]))


def run_for(box: BlackBox, seconds: int, hz: int = 1, rows: Callable[[float], list[float]] | None = None) -> None:
    ring = Ring(keep=box.keep)
    for at in range(seconds * hz):
        t_s = at / hz
        ring.append(t_s, at, rows(t_s) if rows else [t_s * 4096, 7.0])


def test_the_last_sample_is_there_though_nobody_closed_the_file(box: BlackBox, troubles: list[str]) -> None:
    run_for(box, 95)
    found = read(box)
    assert [row.step for row in found] == list(range(95))
    assert found[-1] == Row(WALL_S + 94, 94, {NAMES[0]: 94 * 4096.0, NAMES[1]: 7.0})
    assert troubles == []


def test_hours_are_there_and_no_peak_is_lost(box: BlackBox) -> None:
    seconds, peak_s = 4 * 3600, 4000.0
    run_for(box, seconds, rows=lambda t_s: [9e9 if t_s == peak_s else 1e9, 1.0])
    found = read(box)
    times = [row.t_s for row in found]
    assert times == sorted(times)
    assert times[0] < WALL_S + 120
    assert times[-1] == WALL_S + seconds - 1
    assert max(later - earlier for earlier, later in pairwise(times)) <= 61
    highs = [(row.high or row.values)[NAMES[0]] for row in found]
    assert sum(high > 8e9 for high in highs if high is not None) == 1
    assert box.path is not None
    assert box.path.stat().st_size == form.FILE_BYTES


def test_metrics_that_appear_later_have_their_names(box: BlackBox) -> None:
    box.keep(0, 1.0, 0, [1.0, 2.0])
    box.follow(time.monotonic() + 1, 2, (*NAMES, "loss"))
    box.keep(0, 2.0, 1, [3.0, None, 0.5])
    assert [row.values for row in read(box)] == [
        {NAMES[0]: 1.0, NAMES[1]: 2.0},
        {NAMES[0]: 3.0, "loss": 0.5},
    ]


def test_marks_and_receipts_are_kept_and_news_of_the_wire_are_not(box: BlackBox) -> None:
    box.note(Event(5.0, "mark", "epoch 1", 40))
    box.note(Event(6.0, "metrics", "the set of metrics changed", 41, {"names": ["a"]}))
    box.keep(0, 7.0, 42, [1.0, 2.0])
    assert box.path is not None
    file = BlackBoxFile(box.path)
    (event,) = file.events(file.targets[0])
    assert (event.t_s, event.kind, event.text, event.step) == (WALL_S + 5, "mark", "epoch 1", 40)


def test_the_goodbye_tells_why(box: BlackBox) -> None:
    box.keep(0, 1.0, 0, [1.0, 2.0])
    box.finish("OutOfMemoryError: CUDA out of memory")
    assert box.path is not None
    (target,) = BlackBoxFile(box.path).targets
    assert target.facts["end"]["text"] == "ended by OutOfMemoryError: CUDA out of memory"
    form.append_end(box.path, {"kind": "exited", "text": "ended with exit status 1"})
    (target,) = BlackBoxFile(box.path).targets
    assert target.facts["end"]["text"] == "ended with exit status 1 (OutOfMemoryError: CUDA out of memory)"


def test_a_full_disk_is_told_at_the_start_and_leaves_no_file(
    tmp_path: Path, troubles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_room)
    box = BlackBox(tmp_path, hello, troubles.append)
    for second in range(1, 4):
        box.follow(time.monotonic() + second, second, NAMES)
        box.keep(0, float(second), second, [1.0, 2.0])
    assert troubles == [f"the black box in {tmp_path} cannot be made: No space left on device"]
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_later_ends_the_box_and_nothing_else(
    box: BlackBox, troubles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    box.keep(0, 1.0, 0, [1.0, 2.0])
    monkeypatch.setattr(os, "pwrite", gone)
    for at in range(3):
        box.keep(0, 2.0 + at, at, [1.0, 2.0])
    monkeypatch.undo()
    box.keep(0, 9.0, 9, [1.0, 2.0])
    assert troubles == [f"the black box {box.path} cannot be written any more: Input/output error"]
    assert [row.step for row in read(box)] == [0]


def test_an_agent_that_starts_anew_begins_another_file(tmp_path: Path, box: BlackBox, troubles: list[str]) -> None:
    box.close()
    again = BlackBox(tmp_path / "boxes", hello, troubles.append)
    again.follow(time.monotonic() + 1, 1, NAMES)
    again.close()
    assert box.path is not None
    assert again.path is not None
    assert again.path.name == box.path.name.replace(".blackbox", "+2.blackbox")
