"""TensorPool beside torch.empty: four blocks are taken, every page of them touched, and given back, as a step does.

Medians, both sides in turns, over several processes for each size: whether glibc gives freed blocks back, and so has to
have their pages made again, depends on what it has freed before and on what lies above them in its heap. What it keeps
it hands out again as fast as a pool does; that is what the bypass is for.
The goals are those of docs/runtime.md: 2 × at 16 MiB, 8 × at 64 MiB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch

from memgui.runtime import TensorPool

MIB = 1 << 20
SIZES = (MIB // 4, MIB, 4 * MIB, 16 * MIB, 64 * MIB)
PAGE, BLOCKS = 4096, 4

Touch = Callable[[torch.Tensor], object]


def touch(block: torch.Tensor) -> None:
    block[::PAGE] = 1


def write(block: torch.Tensor) -> None:
    block.fill_(1)


def plain(size: int, use: Touch) -> float:
    began = time.perf_counter()
    blocks = [torch.empty(size, dtype=torch.uint8) for _ in range(BLOCKS)]
    for block in blocks:
        use(block)
    del blocks, block
    return time.perf_counter() - began


def pooled(pool: TensorPool, size: int, use: Touch) -> float:
    began = time.perf_counter()
    leases = [pool.take(size, torch.uint8) for _ in range(BLOCKS)]
    for lease in leases:
        use(lease.tensor)
    for lease in leases:
        lease.give_back()
    return time.perf_counter() - began


def measure(size: int, rounds: int) -> dict[str, float]:
    torch.set_num_threads(1)
    pool = TensorPool(BLOCKS * 80 * MIB, bypass_below=0)
    row = {}
    for word, use in (("touched", touch), ("written", write)):
        pooled(pool, size, use)
        pairs = [(plain(size, use), pooled(pool, size, use)) for _ in range(rounds)]
        empty_s, pool_s = (float(np.median(side)) / BLOCKS for side in zip(*pairs, strict=True))
        row |= {f"{word}_empty_ms": empty_s * 1e3, f"{word}_pool_ms": pool_s * 1e3, f"{word}_ratio": empty_s / pool_s}
    return row


def median_of(words: list[str], size: int, processes: int) -> dict[str, float]:
    rows = [json.loads(subprocess.check_output([*words, "--size", str(size)])) for _ in range(processes)]
    return {name: float(np.median([row[name] for row in rows])) for name in rows[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.size:
        print(json.dumps(measure(chosen.size, 3 if chosen.quick else 10)))
        return
    words = [sys.executable, __file__, *(["--quick"] if chosen.quick else [])]
    table = {
        f"{size / MIB:g} MiB": median_of(words, size, 1 if chosen.quick else 7)
        for size in SIZES[: 1 if chosen.quick else None]
    }
    bypass = TensorPool(BLOCKS * MIB).settings()["bypass_below"].value
    if chosen.json:
        print(json.dumps({"sizes": table, "bypass_below_bytes": bypass}))
        return
    print("    a block  torch.empty     pool            all written: torch.empty     pool")
    for name, row in table.items():
        cells = [f"{row[f'{word}_empty_ms']:10.3f} ms {row[f'{word}_pool_ms']:8.3f} ms {row[f'{word}_ratio']:7.1f} ×"
                 for word in ("touched", "written")]  # fmt: skip
        print(f"{name:>10} {cells[0]}      {cells[1]}")
    print(f"bypass measured here: up to {bypass / MIB:g} MiB")


if __name__ == "__main__":
    main()
