"""Ten trainings that leak and never heard of memgui: attached while running, each is told right, none is disturbed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from memgui.attach.inject import attach

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parent / "leaking"
ENDLESS = 1_000_000
LONGEST_S = 10.0

Start = Callable[[str, int], "Training"]


class Training:
    """One script, in a process of its own."""

    def __init__(self, folder: Path, name: str, steps: int) -> None:
        self.losses = folder / f"losses-{name}"
        words = [sys.executable, str(SCRIPTS / f"{name}.py"), str(steps), str(self.losses)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "trains\n"

    def result(self) -> list[str]:
        """Let it end, if it does not by itself; its losses."""
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return self.losses.read_text().splitlines()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Training] = []

    def make(name: str, steps: int = ENDLESS) -> Training:
        started.append(Training(tmp_path, name, steps))
        return started[-1]

    yield make
    for training in started:
        training.process.kill()
        training.process.communicate()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """All scripts train the same model on the same batches: these are the losses of each."""
    return Training(tmp_path_factory.mktemp("undisturbed"), "nothing", 4000).result()


def slowness() -> float:
    """By what factor other programs' load makes this thread's time by the clock longer than what it computes."""
    began, computed_s = time.monotonic(), time.thread_time()
    while time.thread_time() - computed_s < 0.2:
        pass
    return max(1.0, (time.monotonic() - began) / 0.2)


def explain(pid: int, *more: str) -> tuple[dict[str, Any], float]:
    """What the command says, and how long it took; on a loaded machine, as long as that would be on an idle one."""
    slow = slowness()
    words = [sys.executable, "-m", "memgui", "explain", str(pid), "--json", "--seconds", "2"]
    # The budget is by the clock: where other programs slow everything down, so they do with looks.
    words += ["--budget", str(min(10_000.0, 4000.0 * slow)), *more]
    began = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), (time.monotonic() - began) / max(slow, slowness())


# Kind, what the chain reads like, file and text of the line that made it, and of the one that keeps it.
LEAKS = [
    ("graph", "graph", r"__main__\.total → grad_fn → [\d,]+ nodes", "total = total + loss", "total = total + loss"),
    ("outputs", "tensors", r"__main__\.trainer\.history\[\d+\]", "self.history.append(", "self.history.append("),
    ("hook", "hook", r"__main__\.activations\[\d+\]", "activations.append(", "activations.append("),
    ("cache", "cache", r"__main__\.Features\.of lru_cache.*", "return x.square()", "@functools.lru_cache"),
    (
        "exception",
        "exception",
        r"__main__\.failures\[\d+\]\.__traceback__ → frame check\(\) local doubled",
        "doubled = x * 2",
        "failures.append(error)",
    ),
    ("closure", "tensors", r"__main__\.meter closure seen\[\d+\]", "seen.append(", "seen.append("),
    ("thread_local", "tensors", r"__main__\.context\.batches\[\d+\]", "torch.randn(", "context.batches.append(x)"),
    ("class_attribute", "tensors", r"__main__\.Meter\.seen\[\d+\]", "self.seen[step] =", "self.seen[step] ="),
    (
        "workers",
        "workers",
        r"loader worker \d+ → __main__\.loader\.dataset\.cache",
        "self.cache[step] =",
        "self.cache[step] =",
    ),
    ("native", "native", "held by native code", "libc.memset(libc.malloc(", None),
]


@pytest.mark.parametrize(("script", "kind", "chain", "born", "stored"), LEAKS, ids=[leak[0] for leak in LEAKS])
def test_a_leak_is_told_with_its_holder_and_its_line_and_no_loss_changes(
    script: str, kind: str, chain: str, born: str, stored: str | None, start: Start, undisturbed: list[str]
) -> None:
    training = start(script, ENDLESS)
    attach(training.process.pid, timeout_s=20)
    document, took_s = explain(training.process.pid)
    (suspect,) = document["suspects"]
    assert suspect["kind"] == kind
    assert re.fullmatch(chain, "".join(suspect["holder"]))
    assert born in line_of(suspect["born"])
    assert suspect["stored"] is None if stored is None else stored in line_of(suspect["stored"])
    assert suspect["per_step"] > 0
    assert suspect["confidence"] >= 0.7
    assert suspect["advice"]
    assert took_s < LONGEST_S
    losses = training.result()
    assert len(losses) > document["steps"] + 20
    assert losses == undisturbed[: len(losses)]


def test_where_there_is_no_time_for_the_holder_kind_and_line_are_told_all_the_same(start: Start) -> None:
    training = start("outputs", ENDLESS)
    attach(training.process.pid, timeout_s=20)
    document, _ = explain(training.process.pid, "--budget", "100")
    (suspect,) = document["suspects"]
    assert (suspect["kind"], suspect["holder"]) == ("tensors", ["holder not found in the time there was"])
    assert "self.history.append(" in line_of(suspect["born"])
    assert "Something gets ever more tensors" in suspect["advice"]


def test_what_a_script_has_declared_before_anybody_attached_is_told_as_expected(start: Start) -> None:
    training = start("declared", ENDLESS)
    attach(training.process.pid, timeout_s=20)
    document, _ = explain(training.process.pid)
    (suspect,) = document["suspects"]
    assert (suspect["kind"], suspect["expected"]) == ("tensors", True)
    assert "".join(suspect["holder"]).startswith("__main__.trainer.history[")
    assert suspect["confidence"] <= 0.4
    assert "declared" in suspect["evidence"][-1]


def line_of(place: str) -> str:
    """The text of the line that a suspect names."""
    file, _, number = place.rpartition(":")
    assert Path(file).parent == SCRIPTS
    return Path(file).read_text().splitlines()[int(number) - 1]


@pytest.mark.timeout(240)
def test_a_growth_that_is_suspected_is_told_again_once_its_line_is_known(start: Start, undisturbed: list[str]) -> None:
    training = start("outputs", ENDLESS)
    attach(training.process.pid, timeout_s=20)
    words = [sys.executable, "-m", "memgui", "watch", str(training.process.pid), "--survivors", "--json"]
    words += ["--for", "150"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as watching:
        assert watching.stdout is not None
        told = []
        for line in watching.stdout:
            found = json.loads(line).get("finding")
            told += [found] if found is not None else []
            if told and told[-1]["born"] is not None:
                break
        watching.kill()
    *sooner, last = told
    assert sooner
    assert all(found["born"] is None and "survivors" not in found["signals"] for found in sooner)
    assert (last["kind"], last["metric"]) == ("tensor", sooner[-1]["metric"])
    assert "survivors" in last["signals"]
    assert "self.history.append(" in line_of(last["born"])
    losses = training.result()
    common = min(len(losses), len(undisturbed))
    assert common > 500
    assert losses[:common] == undisturbed[:common]


def test_where_nothing_grows_nobody_is_suspected(start: Start) -> None:
    training = start("nothing", ENDLESS)
    attach(training.process.pid, timeout_s=20)
    document, _ = explain(training.process.pid)
    assert document["suspects"] == []
    words = [sys.executable, "-m", "memgui", "explain", str(training.process.pid), "--seconds", "0.3", "--no-births"]
    told = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout
    assert "nothing grows by the step" in told
    assert "lines of birth were not recorded: not asked for" in told


def test_the_way_a_leak_is_held_is_told_beside_the_chain(start: Start) -> None:
    training = start("closure", ENDLESS)
    attach(training.process.pid, timeout_s=20)
    (suspect,) = explain(training.process.pid)[0]["suspects"]
    assert "closure" in suspect["held_by"]
    assert (suspect["shape"], suspect["dtype"], suspect["device"]) == ("(128, 64)", "float32", "cpu")
    # A step keeps one output of 128 × 64 floats.
    assert suspect["per_step"] == pytest.approx(128 * 64 * 4, rel=0.05)
    assert suspect["bytes"] == suspect["count"] * 128 * 64 * 4
