"""A training that is killed leaves its last hours and the reason of its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memgui.protocol.black_box import SUFFIX
from memgui.protocol.errors import BadInput
from memgui.store.opening import open_recorded
from tests.integration.conftest import TRAINING

pytestmark = pytest.mark.slow


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(TRAINING)
    return path


class Run:
    def __init__(self, process: subprocess.Popen[str], boxes: Path) -> None:
        self.process = process
        self.boxes = boxes

    def pid(self) -> int:
        """Of the program."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def wait_for_steps(self) -> Path:
        """Until the box has rows of a run that trains."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "trains\n"
        until_s = time.monotonic() + 60
        while time.monotonic() < until_s:
            for path in self.boxes.glob(f"*{SUFFIX}"):
                try:
                    recorded = open_recorded(path)
                    rows = list(recorded.rows(recorded.targets[0]))
                except BadInput:
                    continue  # its first words are on the way
                if rows and rows[-1].step > max(20, rows[0].step):
                    return path
            time.sleep(0.1)
        raise AssertionError("the black box holds no steps")


@pytest.fixture
def start(script: Path, tmp_path: Path) -> Iterator[Any]:
    runs: list[subprocess.Popen[str]] = []

    def begin(*, steps: int = 1_000_000, parent: bool = True, boxes: Path | None = None) -> Run:
        boxes = boxes or tmp_path / "boxes"
        words = [sys.executable, "-m", "memgui", "run", "--black-box", str(boxes)]
        environ = {**os.environ, "RANK": "3", "TORCHELASTIC_RUN_ID": "exp7"}
        if not parent:
            words = [sys.executable, "-m", "memgui.attach.launcher"]
            environ["MEMGUI_BLACK_BOX"] = str(boxes)
        words += [str(script), str(steps), str(tmp_path / "losses.txt"), "slowly"]
        runs.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ))
        return Run(runs[-1], boxes)

    yield begin
    for process in runs:
        process.kill()
        process.communicate()


def told(path: Path) -> str:
    words = [sys.executable, "-m", "memgui", "open", "--list", "--json", str(path)]
    (document,) = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    assert (document["name"], document["rank"], document["run_id"]) == ("train.py", 3, "exp7")
    return str(document["end"]["text"])


def test_after_sigkill_the_parent_knows_the_signal_and_dies_by_it_too(start: Any) -> None:
    run = start()
    box = run.wait_for_steps()
    assert "exp7-rank3" in box.name
    assert open_recorded(box).is_growing
    os.kill(run.pid(), signal.SIGKILL)
    assert run.process.wait(30) == -signal.SIGKILL
    assert told(box) == "was ended by SIGKILL"
    (target,) = open_recorded(box).targets
    rows = list(open_recorded(box).rows(target))
    assert rows[-1].step > rows[0].step
    assert rows[-1].values["host.rss_bytes"]


def test_without_its_parent_a_killed_run_ended_without_a_goodbye(start: Any) -> None:
    run = start(parent=False)
    box = run.wait_for_steps()
    killed_s = time.time()
    run.process.kill()
    run.process.wait(30)
    assert told(box).startswith("ended without a goodbye")
    (target,) = open_recorded(box).targets
    assert target.last_s is not None
    assert killed_s - target.last_s < 2.0


def test_a_polite_kill_reaches_the_program(start: Any) -> None:
    run = start()
    box = run.wait_for_steps()
    run.process.terminate()
    assert run.process.wait(30) == -signal.SIGTERM
    assert told(box) == "was ended by SIGTERM"


def test_a_kill_of_the_parent_is_one_of_the_program(start: Any) -> None:
    run = start()
    run.wait_for_steps()
    pid = run.pid()
    run.process.kill()
    run.process.wait(30)
    until_s = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and b") Z " not in Path(f"/proc/{pid}/stat").read_bytes():
        assert time.monotonic() < until_s, "the program outlived its parent"
        time.sleep(0.05)


def test_an_exception_and_the_exit_status_are_told(start: Any, script: Path) -> None:
    script.write_text(TRAINING + "\nimport time; time.sleep(1.5)\nraise RuntimeError('the loss is NaN')\n")
    run = start(steps=40)
    run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    (box,) = run.boxes.iterdir()
    assert told(box) == "ended with exit status 1 (RuntimeError: the loss is NaN)"


def test_a_place_that_cannot_be_written_is_told_and_the_training_goes_on(
    start: Any, tmp_path: Path, script: Path
) -> None:
    script.write_text(TRAINING + "\nimport time; time.sleep(1.5)\n")
    (tmp_path / "file").write_text("")
    run = start(steps=40, boxes=tmp_path / "file" / "boxes")
    _, complaint = run.process.communicate(timeout=60)
    assert run.process.returncode == 0
    assert "cannot be made: Not a directory; the training goes on without it" in complaint


def test_the_training_stays_bit_equal(start: Any, script: Path, tmp_path: Path) -> None:
    script.write_text(TRAINING + "\nimport time; time.sleep(1.5)\n")
    run = start(steps=60)
    run.process.communicate(timeout=60)
    assert run.process.returncode == 0
    assert list(run.boxes.iterdir())
    words = [sys.executable, str(script), "60", str(tmp_path / "plain.txt"), "slowly"]
    subprocess.run(words, check=True, capture_output=True)
    assert (tmp_path / "losses.txt").read_text() == (tmp_path / "plain.txt").read_text()
