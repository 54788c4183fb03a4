"""What taking in many targets costs the viewer: real agents in processes of their own, over real sockets.

    python benchmarks/ingest.py [--targets 64] [--metrics 30] [--seconds 20] [--quick] [--json]

The share of a core is this process's: the reader's thread, the readings from outside, timelines and detectors, without
a window. Beside it stands what the same number of messages costs to decode with `json` alone, in the same run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from memgui.link.batch import Batch
from memgui.link.hub import Hub
from memgui.link.target import LiveTarget

# Torch is left out, of which 64 would not fit; in place of what it tells there are numbers that change as often.
AGENT = """
import sys, time
import memgui.agent as agent
from memgui.agent.agent import Agent
from memgui.agent.probes.probe import Probe
class Spare(Probe):
    names = tuple(f"spare.part{number}_bytes" for number in range(int(sys.argv[1])))
    def read(self):
        return [time.monotonic_ns() + number for number in range(len(self.names))]
probes = Agent._probes
Agent._probes = lambda self, *rest: [*probes(self, *rest), Spare()]
agent.start()
print("ready", flush=True)
sys.stdin.read()
"""


# What an agent without torch tells, and what is read from outside.
BARE_METRICS = 26


class Fleet:
    """Processes with an agent each, in a runtime directory of their own."""

    def __init__(self, count: int, directory: Path, metrics: int = BARE_METRICS) -> None:
        spare = str(max(0, metrics - BARE_METRICS))
        environ = {"MEMGUI_RUNTIME_DIR": str(directory), "PATH": "/usr/bin:/bin"}
        root = str(Path(__file__).resolve().parent.parent)
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-c", AGENT, spare], env={**environ, "PYTHONPATH": root},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
            for _ in range(count)
        ]  # fmt: skip
        for process in self.processes:
            assert process.stdout is not None
            process.stdout.readline()

    def close(self) -> None:
        """End them, and wait."""
        for process in self.processes:
            assert process.stdin is not None
            process.stdin.close()
        for process in self.processes:
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


class Intake:
    """A hub and the targets it feeds; `take` is called on the main thread, as the window's inbox is."""

    def __init__(self, fleet: Fleet, directory: Path) -> None:
        self._inbox: deque[Batch] = deque()
        self.hub = Hub(self._inbox.append, directory=directory)
        self.targets = {}
        for process in fleet.processes:
            key = self.hub.watch(process.pid)
            self.targets[key] = LiveTarget(key)
        self.rows = self.values = 0

    def take(self, seconds: float) -> None:
        """Take in what comes, looking as often as the window does."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            while self._inbox:
                batch = self._inbox.popleft()
                self.rows += len(batch.rows)
                self.values += sum(len(row.values) for row in batch.rows)
                self.targets[batch.key].apply(batch)
            time.sleep(0.02)

    def wait_until_connected(self) -> None:
        """Until every agent has answered."""
        until = time.monotonic() + 120
        while any(target.state != "connected" or target.rate_hz == 0 for target in self.targets.values()):
            self.take(0.2)
            if time.monotonic() > until:
                sys.exit("not every agent has answered")


def json_cost(names: int, messages: int) -> float:
    """Seconds to decode so many samples by the standard library."""
    line = json.dumps({"jsonrpc": "2.0", "method": "sample", "params": {"v": [123456789.0] * names}})
    began = time.process_time()
    for _ in range(messages):
        json.loads(line)
    return time.process_time() - began


def measure(count: int, seconds: float, wanted: int) -> dict[str, float]:
    """Take in for a while."""
    with tempfile.TemporaryDirectory(prefix="mg") as folder:
        directory = Path(folder)
        directory.chmod(0o700)
        fleet = Fleet(count, directory, wanted)
        try:
            intake = Intake(fleet, directory)
            intake.wait_until_connected()
            intake.take(2.0)
            intake.rows = intake.values = 0
            began, cpu = time.monotonic(), time.process_time()
            intake.take(seconds)
            wall_s, cpu_s = time.monotonic() - began, time.process_time() - cpu
            metrics = sum(len(target.timeline.names) for target in intake.targets.values()) / count
            dropped = sum(target.dropped for target in intake.targets.values())
            held = max(target.timeline.nbytes / len(target.timeline.names) for target in intake.targets.values())
            intake.hub.close()
        finally:
            fleet.close()
    anchor = json_cost(round(metrics), intake.rows)
    return {
        "targets": count, "metrics": metrics,
        "values_per_s": intake.values / wall_s, "samples_per_s": intake.rows / wall_s,
        "core_ratio": cpu_s / wall_s, "us_per_sample": cpu_s / max(1, intake.rows) * 1e6, "dropped": dropped,
        "series_bytes": held, "json_decode_core_ratio": anchor / wall_s,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--targets", type=int, default=64)
    parser.add_argument("--metrics", type=int, default=30, help=f"of each target, {BARE_METRICS} or more")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--quick", action="store_true", help="8 targets for 2 seconds")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args()
    count, seconds = (8, 2.0) if chosen.quick else (chosen.targets, chosen.seconds)
    result = measure(count, seconds, chosen.metrics)
    if chosen.json:
        print(json.dumps(result))
        return
    print(f"{result['targets']:.0f} targets × {result['metrics']:.0f} metrics: {result['values_per_s']:.0f} values/s")
    print(f"{result['core_ratio']:.1%} of a core, {result['us_per_sample']:.0f} µs a sample")
    print(f"{result['json_decode_core_ratio']:.1%} of a core to decode as many by json, and do nothing else")
    print(f"{result['dropped']:.0f} samples dropped; a series holds {result['series_bytes'] / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
