"""What a sample costs on its way: in the agent, through the link's decoder, into the timeline and the detector.

Beside json of the standard library for decoding. Thread CPU times, medians. The detector is fed an hour of eight
series, level and all of them leaking; its state is what it holds then.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

from memgui.analysis.detector import Detector
from memgui.link.session import decode
from memgui.protocol.jsonrpc import Decoder, Notification, encode
from memgui.protocol.payloads import Sample
from memgui.protocol.wire import to_wire
from memgui.store.timeline import Timeline

NAMES = ["host.anon_bytes", "host.heap_used_bytes", "host.heap_kept_bytes", "host.shmem_bytes", "children.anon_bytes",
         "python.blocks_count", *[f"cuda.{at}.allocated_bytes" for at in range(2)],
         *[f"other.{at}_bytes" for at in range(22)]]  # fmt: skip
AGENT = """
import sys, time
import memgui.agent as agent
agent.start()
print("ready", flush=True)
sys.stdin.read()
"""


def per_call(function: Callable[[int], object], calls: int) -> float:
    """Median CPU seconds of a call, over 20 lots."""
    lots = []
    for lot in range(20):
        began = time.thread_time()
        for at in range(calls):
            function(lot * calls + at)
        lots.append((time.thread_time() - began) / calls)
    return float(np.median(lots))


def agent_cost(seconds: float, black_box: str | None = None) -> float:
    """Median of the agent's own metric, CPU seconds a sample, sending included; with a black box in a folder."""
    from memgui.cli.live import Live

    environ = {**os.environ, **({"MEMGUI_BLACK_BOX": black_box} if black_box is not None else {})}
    words = [sys.executable, "-c", AGENT]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ)
    assert process.stdout is not None
    process.stdout.readline()
    costs = []
    with Live(process.pid) as live:
        for batch in live.batches(time.monotonic() + seconds):
            costs += [row.values.get("agent.sample_cpu_s") for row in batch.rows]
    process.communicate(b"")
    return float(np.median([cost for cost in costs if cost]))


def detector_cost(samples: int, leak_bytes: float) -> tuple[float, int]:
    """CPU seconds a sample, and bytes of state at the end, with so many bytes leaked a sample in each series."""
    noise = np.random.default_rng(1).normal(1e9, 3e5, (samples, 8)) + np.arange(samples)[:, None] * leak_bytes
    rows = [dict(zip(NAMES[:8], row, strict=True)) for row in noise.tolist()]
    detector = Detector()
    began = time.thread_time()
    for at, row in enumerate(rows):
        detector.add(at * 0.1, at * 2, row)
    return (time.thread_time() - began) / samples, detector.state_bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    calls = 50 if chosen.quick else 1000
    line = encode(Notification("sample", to_wire(Sample(1e5, 5, 1, tuple(1e9 + at for at in range(30))))))
    timeline = Timeline()
    samples = 3000 if chosen.quick else 36_000
    level, leaking = detector_cost(samples, 0.0), detector_cost(samples, 2e4)
    values = [dict.fromkeys(NAMES, 1e9 + at * 1e5) for at in range(100)]
    fast, plain = Decoder(loads=decode), Decoder()
    seconds = 3.0 if chosen.quick else 20.0
    with tempfile.TemporaryDirectory() as folder:
        with_black_box = agent_cost(seconds, folder)
    table = {
        "agent, one sample": agent_cost(seconds),
        "the same, with a black box": with_black_box,
        "decode 30 values, memgui": per_call(lambda _: fast.feed(line), calls),
        "decode 30 values, json": per_call(lambda _: plain.feed(line), calls),
        "timeline, 30 values": per_call(lambda at: timeline.append(at * 0.1, at, values[at % 100]), calls),
        "detector, 8 level metrics": level[0],
        "detector, 8 leaking metrics": leaking[0],
        "window of 1200 columns": per_call(
            lambda _: timeline.window(NAMES[0], 0.0, timeline.last_t or 0.0, 1200), max(calls // 10, 5)
        ),
    }
    if chosen.json:
        print(json.dumps({**table, "detector's state, bytes": leaking[1]}))
        return
    for name, seconds in table.items():
        print(f"{name:28}{seconds * 1e6:10.1f} µs")
    print(f"{'detector, its state':28}{leaking[1] / 1024:10.1f} KiB")


if __name__ == "__main__":
    main()
