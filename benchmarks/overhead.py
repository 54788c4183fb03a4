"""What memory tools cost a training: its steps with each tool beside its steps without, by turns.

    python benchmarks/overhead.py [--pairs 24] [--only TOOL…] [--quick] [--json]

A tool that can be switched on and off takes turns within one process; one that must start the program takes turns with
a program without it, of which either is stopped while the other goes on. Turns are short, and which of the two comes
first is drawn for each pair, so that the drift of a busy machine cancels. Given is the ratio with / without of mean
step times, by the clock and in processor time of the process with all its threads: the median of the pairs, with a
95 % interval by a bootstrap over them. «Nothing» is switched on and off as well, and shows what chance does. Memory
is what the process gained from the first turn until the last. A tool that cannot run is left out, and it says why.

`pip install 'memgui[bench]'` brings the tools.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import contextlib, json, os, signal, sys, threading, time
import torch
tool, out = sys.argv[1:3]
width, depth, rows = map(int, sys.argv[3:6])
torch.set_num_threads(1); torch.manual_seed(0)
if tool.startswith("tracemalloc"): import tracemalloc
if tool.startswith("memray"): import memray
if tool == "memgui, watched": import memgui.agent as agent; agent.start()
layers = [torch.nn.Sequential(torch.nn.Linear(width, width), torch.nn.GELU()) for _ in range(depth)]
model = torch.nn.Sequential(*layers)
optimizer = torch.optim.Adam(model.parameters())
x = torch.randn(rows, width)

@contextlib.contextmanager
def traced(frames):
    tracemalloc.start(frames)
    yield
    tracemalloc.stop()

def switched_on():
    if tool.startswith("tracemalloc"): return traced(int(tool.split()[1]))
    if tool.startswith("memray"):
        file = memray.FileDestination(out + ".bin", overwrite=True)
        return memray.Tracker(destination=file, native_traces="native" in tool)
    if tool.startswith("torch.profiler"):
        return torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True)
    return contextlib.nullcontext()

def step():
    optimizer.zero_grad()
    model(x).square().mean().backward()
    optimizer.step()

def rss():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * 4096

for _ in range(50): step()
wanted, is_over = [], threading.Event()
def listen():
    for line in sys.stdin: wanted.append(line.strip())
    is_over.set()
threading.Thread(target=listen, daemon=True).start()
times, base, on = [], rss(), contextlib.ExitStack()
print("ready", os.getpid(), flush=True)
ended, spent = time.perf_counter(), time.process_time()
while not is_over.is_set():
    if wanted:
        word = wanted.pop(0)
        on.enter_context(switched_on()) if word == "on" else on.close()
        print(word, flush=True)
    step()
    began, ended, cpu, spent = ended, time.perf_counter(), spent, time.process_time()
    times.append((time.time(), ended - began, spent - cpu))  # with what a tool does between the steps
added = rss() - base
on.close()
with open(out, "w") as file: json.dump({"times": times, "added": added}, file)
os.kill(os.getpid(), signal.SIGKILL)  # a tool's report, which may take minutes, is no part of this
"""
NVITOP = """
import sys, time
from nvitop import ResourceMetricCollector
collector = ResourceMetricCollector([], root_pids={int(sys.argv[1])}, interval=0.1)
with collector("training"):
    while True:
        collector.collect()
        time.sleep(0.1)
"""
# Width, depth, rows of a batch.
TRAININGS = {"steps of 10 ms": (256, 12, 192), "steps of 0.4 ms": (64, 4, 32)}
TURN_S = 0.7
# After a switch; the first look at a process reads more than the following ones.
SETTLE_S = 0.25
END_S = 60.0
Span = tuple[float, float]
Row = dict[str, float]


@dataclass(frozen=True)
class Tool:
    """A way to watch.

    Attributes:
        start: of the tools that start the program: what stands before its arguments.
        beside: of those that look on from outside, what runs while they are on; a process's pid is added.
        needs: module that must be installed.
        weight: so many times as many pairs.
    """

    start: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    needs: str | None = None
    weight: float = 1.0


TOOLS = {
    "nothing": Tool(weight=2),
    "memgui, watched": Tool(weight=3),
    "memgui run, not watched": Tool(start=("-m", "memgui", "run")),
    "tracemalloc 1": Tool(),
    "tracemalloc 25": Tool(),
    "memray": Tool(needs="memray"),
    "memray --native": Tool(needs="memray"),
    "torch.profiler, memory": Tool(),
    # It takes half a gigabyte more every second.
    "scalene": Tool(start=("-m", "scalene", "run", "-o", "{folder}/scalene.json"), needs="scalene", weight=0.25),
    "psrecord": Tool(beside=("-m", "psrecord", "--interval", "0.1", "--log", "{folder}/psrecord"), needs="psrecord"),
    "nvitop, host side": Tool(beside=("-c", NVITOP), needs="nvitop"),
}
QUICK = ("memgui, watched", "memgui run, not watched", "tracemalloc 1")


class Training:
    """One program that trains until it is told to end."""

    def __init__(self, shape: tuple[int, int, int], name: str, start: tuple[str, ...], folder: Path) -> None:
        self.out = Path(tempfile.mkstemp(suffix=".json", dir=folder)[1])
        script = folder / "train.py"
        script.write_text(PROGRAM)
        environ = {**os.environ, "MEMGUI_RUNTIME_DIR": str(folder), "PYTHONPATH": str(ROOT)}
        environ["TMPDIR"] = str(folder)
        words = [sys.executable, *start, str(script), name, str(self.out), *map(str, shape)]
        self.process = subprocess.Popen(
            words, env=environ, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self.pid = int(self._line("ready"))

    def switch(self, *, on: bool) -> None:
        """What the program itself has to do for the tool."""
        assert self.process.stdin is not None
        word = "on" if on else "off"
        print(word, file=self.process.stdin, flush=True)
        self._line(word)

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def end(self) -> tuple[np.ndarray, float]:
        """Steps (moment, time by the clock, processor time), and bytes gained."""
        self.go_on()
        try:
            self.process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            for pid in {self.pid, self.process.pid}:  # a tool may have started the program as another process
                os.kill(pid, signal.SIGKILL)
            self.process.communicate()
            raise RuntimeError(f"the training did not end within {END_S:.0f} s of being told to") from None
        told = json.loads(self.out.read_text())
        return np.array(told["times"]), float(told["added"])

    def _line(self, word: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(word):
                return line[len(word) :].strip()
        assert self.process.stderr is not None
        raise RuntimeError(self.process.stderr.read()[-400:] or "the program ended")


def by_turns(pairs: int, turn_s: float, switch: Callable[[bool], None]) -> list[tuple[Span, Span]]:
    """Spans of time without and with, by pairs."""
    spans = []
    state = False
    for _ in range(pairs):
        pair: dict[bool, Span] = {}
        for on in random.sample((False, True), 2):
            if on is not state:
                switch(on)
                state = on
            time.sleep(SETTLE_S)
            began = time.time()
            time.sleep(turn_s)
            pair[on] = (began, time.time())
        spans.append((pair[False], pair[True]))
    if not state:
        switch(True)  # so that the memory at the end is that with the tool
        time.sleep(SETTLE_S)
    return spans


def measure(name: str, shape: tuple[int, int, int], pairs: int, turn_s: float) -> Row:
    """Ratios, their intervals, and bytes gained."""
    tool = TOOLS[name]
    with tempfile.TemporaryDirectory(prefix="mg") as place, ExitStack() as stack:
        folder = Path(place)
        pairs = max(1, round(pairs * tool.weight))
        start, beside = (
            tuple(word.replace("{folder}", place) for word in words) for words in (tool.start, tool.beside)
        )
        training = Training(shape, name, start, folder)
        if tool.start:
            bare = Training(shape, "nothing", (), folder)
            training.stop()
            spans = by_turns(pairs, turn_s, partial(_change_over, bare, training))
            without, _ = bare.end()
        else:
            switch = training.switch
            if beside:
                switch = stack.enter_context(_looking_on(training, beside))
            elif name == "memgui, watched":
                switch = _watcher(training.pid)
            spans = by_turns(pairs, turn_s, lambda on: switch(on=on))
        steps, added = training.end()
        if not tool.start:
            without = steps
    row = {"step_ms": float(np.median(without[:, 1])) * 1e3, "added_bytes": added}
    for kind, column in (("clock", 1), ("cpu", 2)):
        found = ratio([(_mean(without, off, column), _mean(steps, on, column)) for off, on in spans])
        row.update({f"{kind}_{key}": value for key, value in found.items()})
    if not row["clock_pairs"]:
        raise RuntimeError("no step fell into the turns")
    return row


def _change_over(bare: Training, training: Training, on: bool) -> None:
    (bare if on else training).stop()
    (training if on else bare).go_on()


def _watcher(pid: int) -> Callable[..., None]:
    from memgui.link.hub import Hub

    hubs: list[Hub] = []

    def switch(*, on: bool) -> None:
        if on:
            hubs.append(Hub(lambda batch: None))
            hubs[-1].watch(pid)
        else:
            hubs.pop().close()

    return switch


@contextmanager
def _looking_on(training: Training, words: tuple[str, ...]) -> Iterator[Callable[..., None]]:
    """A program beside the training, stopped while it is off."""
    silent = subprocess.DEVNULL
    with subprocess.Popen([sys.executable, *words, str(training.pid)], stdout=silent, stderr=silent) as process:
        time.sleep(1.0)
        if process.poll() is not None:
            raise RuntimeError(f"it ended at once, with status {process.returncode}")
        process.send_signal(signal.SIGSTOP)

        def switch(*, on: bool) -> None:
            process.send_signal(signal.SIGCONT if on else signal.SIGSTOP)

        try:
            yield switch
        finally:
            process.kill()


def _mean(steps: np.ndarray, span: Span, column: int) -> float:
    """Without the machine's own hiccups; no tool adds ten times to a step."""
    took = steps[(steps[:, 0] > span[0]) & (steps[:, 0] < span[1]), column]
    return float(np.mean(np.minimum(took, 10 * np.median(took)))) if len(took) else float("nan")


def ratio(pairs: list[tuple[float, float]]) -> Row:
    """With / without: median of the pairs and its interval."""
    ratios = np.array([on / off for off, on in pairs if on == on and off == off])
    if not len(ratios):
        return {"ratio": float("nan"), "low": float("nan"), "high": float("nan"), "pairs": 0}
    draws = np.random.default_rng(0).choice(ratios, (4000, len(ratios)))
    low, high = np.quantile(np.median(draws, axis=1), [0.025, 0.975])
    return {"ratio": float(np.median(ratios)), "low": float(low), "high": float(high), "pairs": len(ratios)}


def why_not(name: str) -> str | None:
    """Why a tool cannot run here."""
    needs = TOOLS[name].needs
    if needs is not None and importlib.util.find_spec(needs) is None:
        return f"{needs} is not installed; pip install 'memgui[bench]'"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--only", nargs="+", choices=TOOLS, default=list(TOOLS), metavar="TOOL")
    parser.add_argument("--quick", action="store_true", help="a few of them, for seconds; the numbers mean nothing")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args()
    random.seed(1)
    names, pairs, turn_s = (QUICK, 1, 0.2) if chosen.quick else (chosen.only, chosen.pairs, TURN_S)
    trainings = dict(list(TRAININGS.items())[:1]) if chosen.quick else TRAININGS
    results: dict[str, dict[str, Row | str]] = {}
    for training, shape in trainings.items():
        results[training] = {}
        for name in names:
            try:
                results[training][name] = why_not(name) or measure(name, shape, pairs, turn_s)
            except RuntimeError as error:
                results[training][name] = f"it does not run here: {error}"
            if not chosen.json:
                show(training, name, results[training][name])
    if chosen.json:
        print(json.dumps(results))


def show(training: str, name: str, row: Row | str) -> None:
    """One line."""
    if isinstance(row, str):
        print(f"{training}, {name}: left out, {row}", flush=True)
        return
    words = [
        f"{kind} {row[f'{kind}_ratio']:.3f} ({row[f'{kind}_low']:.3f} - {row[f'{kind}_high']:.3f})"
        for kind in ("clock", "cpu")
    ]
    print(
        f"{training}, {name:24} {words[0]}   {words[1]}   {row['clock_pairs']:3.0f} pairs, {row['step_ms']:.1f} ms, "
        f"+{row['added_bytes'] / 2**20:.1f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    main()
