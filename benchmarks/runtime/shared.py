"""Private memory of two loader workers that have read a whole dataset: a list of objects, and SharedListDataset.

Both in one run, each in a process of its own. Private memory is Private_Clean + Private_Dirty of smaps_rollup, less
that of workers over a dataset of next to nothing. The goal: at most a quarter.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from memgui.runtime import SharedListDataset

MIB = 1 << 20


class Listed(Dataset[int]):
    def __init__(self, items: Any) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, at: int) -> int:
        # A thorough read of the object, as decoding one is.
        return len(self.items[at]["path"]) + sum(self.items[at]["box"])


def private_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))


def samples(count: int) -> list[dict[str, Any]]:
    return [{"path": f"train/n{at % 1000:08}/{at}.jpeg", "box": [at, at + 7, at % 13, at % 17]} for at in range(count)]


def measure(kind: str, count: int, out: Any) -> None:
    torch.set_num_threads(1)
    items: Any = samples(count)
    if kind == "shared":
        items = SharedListDataset(items)
    loader = DataLoader(Listed(items), 256, num_workers=2, persistent_workers=True, multiprocessing_context="fork")
    for _ in range(2):
        for _ in loader:
            pass
    out.put(sum(private_bytes(worker.pid) for worker in loader._iterator._workers))  # type: ignore[union-attr]


def in_process(kind: str, count: int) -> int:
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    process = context.Process(target=measure, args=(kind, count, out))
    process.start()
    found: int = out.get(timeout=600)
    process.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    count = 20_000 if chosen.quick else 400_000
    base = in_process("list", 512)
    listed, shared = (in_process(kind, count) - base for kind in ("list", "shared"))
    table = {"samples": count, "list_bytes": listed, "shared_bytes": shared, "ratio": shared / listed}
    if chosen.json:
        print(json.dumps(table))
        return
    print(f"list of objects    {listed / MIB:8.1f} MiB private in two workers, {count} samples")
    print(f"SharedListDataset  {shared / MIB:8.1f} MiB")
    print(f"ratio              {table['ratio']:8.3f}")


if __name__ == "__main__":
    main()
