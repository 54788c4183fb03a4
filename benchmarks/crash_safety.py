"""What a SIGKILL at a random moment costs: of a recording that is being written, and of an agent's black box.

A process writes as the window or the agent do, or is `memgui record` itself, and is killed some seconds later. The loss
is the time between the kill and the last sample that can be read; whether all samples before it are there is counted,
too. Rows of a recording come at fifty a second, so that chunks are closed within a life, and a kill may hit that as
well; those of `memgui record` come at ten, from an agent in a process of its own.

    python benchmarks/crash_safety.py [--kills 50] [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from memgui.protocol.errors import Problem
from memgui.store.opening import Recorded, open_recorded

HZ = 50.0
METRICS = 30
TARGETS = 4
AGENT_HZ = 10.0
# A thread may come late; where as much is missing as three samples, they are missing.
PAUSE_S = 0.35
LIVES_AT_ONCE = 3
ALLOWED_S = 2.0
WATCHED = """
import sys, memgui.agent as agent
agent.start()
print("ready", flush=True)
sys.stdin.read()
"""
_NAMES = ("row_count", *(f"bench.{at}_bytes" for at in range(METRICS - 1)))


@dataclass(frozen=True)
class Loss:
    """What one kill cost.

    Attributes:
        lost_s: from the last sample that is there to the kill; None where the file cannot be read.
        holes: samples before it that are not there.
    """

    way: str
    lived_s: float
    lost_s: float | None
    holes: int
    rows: int


def write_recording(folder: Path) -> None:
    """Write until killed, as the window does: batches of rows of several targets, from the thread that delivers."""
    from memgui.link.batch import Batch
    from memgui.link.recorder import Recorder
    from memgui.store.timeline import Row

    recorder = Recorder(folder / "run.memgui", version="bench", stopped=lambda problem: sys.exit(str(problem)))
    print("writes", flush=True)
    for number in range(10**9):
        now_s = time.time()
        for target in range(TARGETS):
            values = dict(zip(_NAMES, _values(number, target), strict=True))
            recorder.take(Batch(f"{100 + target}.1", rows=(Row(now_s, number, values),)))
        time.sleep(1 / HZ)


def write_black_box(folder: Path) -> None:
    """Write until killed, as the agent does, ten times a second at most."""
    from memgui.agent.black_box import BlackBox
    from memgui.agent.ring import Ring
    from memgui.protocol.payloads import Hello

    def hello() -> Hello:
        return Hello(
            protocol=(1, 0), agent_version="bench", pid=1, start_time=1, monotonic_s=time.monotonic(),
            time_s=time.time(), host="", name="bench", argv=(), user="", python="",
        )  # fmt: skip

    box = BlackBox(folder, hello, lambda reason: sys.exit(reason))
    ring = Ring(keep=box.keep)
    while box.path is None:
        box.follow(time.monotonic(), 1, _NAMES)
        time.sleep(0.01)
    print("writes", flush=True)
    for number in range(10**9):
        ring.append(time.monotonic(), number, _values(number, 0))
        time.sleep(0.1)


def write_by_command(folder: Path) -> None:
    """Be `memgui record` until killed; what it records ends with it, since its input does."""
    os.environ["MEMGUI_RUNTIME_DIR"] = str(folder)
    watched = subprocess.Popen([sys.executable, "-c", WATCHED], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert watched.stdout is not None
    assert watched.stdout.readline() == b"ready\n"
    from memgui.cli import script

    path = folder / "run.memgui"
    threading.Thread(target=_say_when_there, args=(path,), daemon=True).start()
    sys.argv = ["memgui", "record", str(watched.pid), "-o", str(path)]
    script()


def _say_when_there(path: Path) -> None:
    while not path.exists():
        time.sleep(0.01)
    print("writes", flush=True)


def _values(number: int, target: int) -> list[float]:
    return [float(number), *(1e9 + number * 4096.0 * at + target for at in range(METRICS - 1))]


WAYS = {"recording": write_recording, "memgui record": write_by_command, "black box": write_black_box}


def kill_one(way: str, folder: Path, moments: random.Random) -> tuple[subprocess.Popen[str], Path, float]:
    """Start a life; how long it is to last is drawn by chance."""
    place = Path(tempfile.mkdtemp(dir=folder))
    words = [sys.executable, str(Path(__file__).resolve()), "--write", way, str(place)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writes\n", f"{way}: the writer did not begin"
    return process, place, moments.uniform(1.5, 14.0)


def look(way: str, place: Path, lived_s: float, killed_s: float) -> Loss:
    """Read what is left, as `memgui open` does."""
    try:
        (path,) = (file for file in place.iterdir() if file.suffix in (".memgui", ".blackbox"))
        with open_recorded(path) as recorded:
            found = [_last_and_holes(recorded, target) for target in recorded.targets]
    except (Problem, ValueError):
        return Loss(way, lived_s, None, 0, 0)
    if not found or any(last is None for last, _, _ in found):
        return Loss(way, lived_s, None, 0, 0)
    lost_s = max(killed_s - last for last, _, _ in found if last is not None)
    return Loss(way, lived_s, round(lost_s, 3), sum(holes for _, holes, _ in found), sum(rows for _, _, rows in found))


def _last_and_holes(recorded: Recorded, target: Any) -> tuple[float | None, int, int]:
    rows = list(recorded.rows(target))
    if not rows:
        return None, 0, 0
    plain = [row for row in rows if row.low is None]
    if "row_count" not in plain[0].values:  # of an agent; its rows have no numbers, but come in their time
        pauses_s = [after.t_s - before.t_s for before, after in pairwise(plain)]
        return rows[-1].t_s, sum(round(pause_s * AGENT_HZ) - 1 for pause_s in pauses_s if pause_s > PAUSE_S), len(rows)
    numbers = [round(row.values["row_count"] or 0.0) for row in plain]
    return rows[-1].t_s, numbers[-1] - numbers[0] + 1 - len(numbers), len(rows)


def measure(kills: int, seed: int) -> list[Loss]:
    """So many lives of each way, a few at once."""
    moments = random.Random(seed)
    losses = []
    with tempfile.TemporaryDirectory() as name:
        for way in WAYS:
            left = kills
            while left:
                lives = [kill_one(way, Path(name), moments) for _ in range(min(LIVES_AT_ONCE, left))]
                left -= len(lives)
                began_s = time.monotonic()
                for process, place, life_s in sorted(lives, key=lambda life: life[2]):
                    time.sleep(max(0.0, began_s + life_s - time.monotonic()))
                    process.kill()
                    killed_s = time.time()
                    process.communicate()
                    losses.append(look(way, place, life_s, killed_s))
    return losses


def main() -> None:
    """Measure and tell; status 1 where more was lost than is allowed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=50, help="of each way")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        WAYS[options.write[0]](Path(options.write[1]))
        return
    losses = measure(3 if options.quick else options.kills, options.seed)
    if options.json:
        print(json.dumps([asdict(loss) for loss in losses]))
    bad = 0
    for way in WAYS:
        of_way = [loss for loss in losses if loss.way == way]
        lost = sorted(loss.lost_s for loss in of_way if loss.lost_s is not None)
        unread = len(of_way) - len(lost)
        holes = sum(loss.holes for loss in of_way)
        bad += unread + holes + sum(one > ALLOWED_S for one in lost)
        if not options.json:
            middle, most = (lost[len(lost) // 2], lost[-1]) if lost else (float("nan"), float("nan"))
            print(
                f"{way:13} {len(of_way):3} kills, {sum(loss.rows for loss in of_way)} samples: lost {middle:.2f} s in "
                f"the middle, {most:.2f} s at most; {unread} files unreadable, {holes} samples missing before the last"
            )
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
