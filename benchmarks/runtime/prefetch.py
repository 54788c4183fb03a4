"""How much of a loader's hiccups the prefetcher hides, by depth.

A source takes a tenth of a step for most batches, and one and a half steps for each twentieth. The loop computes for a
step's time, and the time it waits for batches is counted. Hidden is the share of what hiccups cost at depth 0 that is
not waited for at depth k. Goal: 90 % at depth 2.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator

import torch

from memgui.runtime import Prefetcher


class Source:
    def __init__(self, count: int, step_s: float, *, hiccups: bool) -> None:
        self.count, self.step_s, self.hiccups = count, step_s, hiccups

    def __iter__(self) -> Iterator[torch.Tensor]:
        for at in range(self.count):
            time.sleep(self.step_s * (1.5 if self.hiccups and at % 20 == 10 else 0.1))
            yield torch.zeros(1024)


def waited_s(depth: int, count: int, step_s: float, *, hiccups: bool) -> float:
    """Seconds in which the loop waited, its first batch left out."""
    waited = 0.0
    with Prefetcher(Source(count, step_s, hiccups=hiccups), depth) as batches:
        iterator = iter(batches)
        next(iterator)
        for _ in range(count - 1):
            time.sleep(step_s)
            began = time.perf_counter()
            next(iterator)
            waited += time.perf_counter() - began
    return waited


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    count, step_s = (40, 0.005) if chosen.quick else (400, 0.02)
    smooth_s = waited_s(0, count, step_s, hiccups=False)
    paid_s = waited_s(0, count, step_s, hiccups=True)
    cost_s = paid_s - smooth_s
    hidden = {str(depth): 1 - waited_s(depth, count, step_s, hiccups=True) / cost_s for depth in (1, 2, 4)}
    table = {"loop_s": count * step_s, "smooth_waited_s": smooth_s, "depth_0_waited_s": paid_s, "hidden": hidden}
    if chosen.json:
        print(json.dumps(table))
        return
    print(f"depth 0 waits {paid_s:.2f} s in a loop of {count * step_s:.1f} s, {cost_s:.2f} s of it for hiccups")
    for depth, share in hidden.items():
        print(f"depth {depth} hides {share:6.1%} of that")


if __name__ == "__main__":
    main()
