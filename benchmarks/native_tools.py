"""What each native leak tool finds of a known loss, and how much longer the program takes, side by side in one run.

A small C library, built here, loses a known number of bytes; a script loads it by ctypes, computes for a while, and
takes and gives back many blocks. The plain run is the anchor. `--training` does the same around a short PyTorch
training, whose import alone keeps valgrind busy for a minute. Tools that are not installed are left out and named.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from memgui.attach.native.tools import TITLES, find_tool
from memgui.protocol.errors import Problem

SOURCE = """
#include <stdlib.h>
#include <string.h>
#define CALL __attribute__((noinline))
CALL void *take(size_t bytes) { char *block = malloc(bytes); memset(block, 1, bytes); return block; }
CALL void lose(int count, size_t bytes) { for (int i = 0; i < count; i++) take(bytes); }
CALL void churn(int count, size_t bytes) { for (int i = 0; i < count; i++) free(take(bytes)); }
"""
LOAD = """
import ctypes, sys
library = ctypes.CDLL({library!r})
library.lose.argtypes = library.churn.argtypes = [ctypes.c_int, ctypes.c_size_t]
"""
WORK = """
total = 0
for number in range(1_500_000):
    total += number % 7
library.churn(100_000, 4096)
"""
TRAINING = """
import torch
torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 8))
optimizer = torch.optim.Adam(model.parameters())
for step in range(30):
    optimizer.zero_grad()
    model(torch.randn(64, 64)).square().mean().backward()
    optimizer.step()
"""
BLOCKS, BLOCK_BYTES = 80, 65536
# The last address that was handed out lies about in a register or on the stack; that of a small block does no harm.
LOSE = f"library.lose({BLOCKS}, {BLOCK_BYTES}); library.lose(1, 16)\n"
PLAIN = "plain"


@dataclass(frozen=True)
class Run:
    """One run: seconds from start to end, the tool's reading of its report not counted."""

    elapsed_s: float
    found_bytes: int
    places: int


def build(folder: Path) -> Path:
    source, library = folder / "leak.c", folder / "libleak.so"
    source.write_text(SOURCE)
    flags = ["-g", "-O1", "-fno-builtin", "-fno-omit-frame-pointer", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", str(library), str(source)], check=True)
    return library


def run(tool: str, script: Path) -> Run:
    if tool == PLAIN:
        began = time.monotonic()
        subprocess.run([sys.executable, str(script)], check=True)
        return Run(time.monotonic() - began, 0, 0)
    done = subprocess.run(
        [sys.executable, "-m", "memgui", "native", tool, "--json", str(script)], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    document: dict[str, Any] = json.loads(done.stdout)
    found = sum(
        leak["bytes"] for leak in document["leaks"] if any(frame["function"] == "lose" for frame in leak["stack"])
    )
    findings = [site for site in document["sites"] if site["finding"]]
    return Run(document["program"]["elapsed_s"], found, len(findings))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1 run a tool, not 5")
    parser.add_argument("--training", action="store_true", help="around a short PyTorch training")
    parser.add_argument("--tools", default=",".join(TITLES), help="those to run, separated by commas")
    parser.add_argument("--json", action="store_true", help="one JSON document, with every run")
    chosen = parser.parse_args()
    tools = [PLAIN]
    for name in chosen.tools.split(","):
        try:
            find_tool(name)
        except Problem as problem:
            sys.stderr.write(f"{problem.what}; {problem.next_step}\n")
        else:
            tools.append(name)
    results: dict[str, list[Run]] = {tool: [] for tool in tools}
    with tempfile.TemporaryDirectory(prefix="memgui-native-tools-") as folder:
        script = Path(folder) / "job.py"
        work = TRAINING if chosen.training else WORK
        script.write_text(LOAD.format(library=str(build(Path(folder)))) + work + LOSE)
        for _ in range(1 if chosen.quick else 5):
            for tool in tools:
                results[tool].append(run(tool, script))
    true_bytes = BLOCKS * BLOCK_BYTES + 16
    anchor = statistics.median(one.elapsed_s for one in results[PLAIN])
    summary = {
        tool: {
            "elapsed_s": statistics.median(one.elapsed_s for one in runs),
            "ratio": statistics.median(one.elapsed_s for one in runs) / anchor,
            "found_ratio": statistics.median(one.found_bytes for one in runs) / true_bytes,
            "findings": statistics.median(one.places for one in runs),
        }
        for tool, runs in results.items()
    }
    if chosen.json:
        every = {tool: [asdict(one) for one in runs] for tool, runs in results.items()}
        print(json.dumps({"true_bytes": true_bytes, "summary": summary, "runs": every}))
        return
    print(f"{'':18} {'seconds':>8} {'× plain':>8} {'found':>8} {'places named':>13}")
    for tool, row in summary.items():
        found = "" if tool == PLAIN else f"{row['found_ratio']:.1%}"
        places = "" if tool == PLAIN else f"{row['findings']:.0f}"
        print(f"{TITLES.get(tool, tool):18} {row['elapsed_s']:8.2f} {row['ratio']:8.1f} {found:>8} {places:>13}")
    print(f"found: of {true_bytes} bytes lost; places named: findings, of which one is the loss; medians")


if __name__ == "__main__":
    main()
