"""What the two forms of a pruned linear layer cost in a forward pass for evaluation, beside the dense layer.

All three take turns in one run on the same inputs; the figures are ratios of the medians to the dense layer's, and of
the bytes to the dense weight's. CPU, one thread.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import nn

from memgui.shrink.csr import CsrLinear, csr_bytes, parts_of
from memgui.shrink.sparse import PATTERN, SparseLinear, pattern_bytes, pattern_of


@dataclass(frozen=True)
class Row:
    """One layer at one density and batch."""

    rows: int
    columns: int
    batch: int
    density: float
    csr_time_ratio: float
    pattern_time_ratio: float
    csr_bytes_ratio: float
    pattern_bytes_ratio: float


def measure(rows: int, columns: int, batch: int, density: float, rounds: int) -> Row:
    """One row of the table."""
    dense = nn.Linear(columns, rows, bias=False).requires_grad_(False).eval()
    keep = torch.rand(rows, columns) < density
    dense.weight.mul_(keep)
    csr, pattern = nn.Linear(columns, rows, bias=False), nn.Linear(columns, rows, bias=False)
    csr._parameters["weight"] = None
    for name, part in parts_of(dense.weight, keep).items():
        csr.register_buffer(name, part)
    csr.__class__ = CsrLinear
    pattern.weight = nn.Parameter(dense.weight[keep], requires_grad=False)
    pattern.register_buffer(PATTERN, pattern_of(keep))
    pattern.__class__ = SparseLinear
    x = torch.randn(batch, columns)
    layers: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {"dense": dense, "csr": csr, "pattern": pattern}
    times: dict[str, list[float]] = {name: [] for name in layers}
    with torch.no_grad():
        for _ in range(rounds + 1):
            for name, layer in layers.items():
                begin_s = time.perf_counter()
                layer(x)
                times[name].append(time.perf_counter() - begin_s)
    median = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    item, kept = 4, int(keep.sum())
    return Row(
        rows,
        columns,
        batch,
        density,
        median["csr"] / median["dense"],
        median["pattern"] / median["dense"],
        csr_bytes(dense.weight, kept) / (item * rows * columns),
        (item * kept + pattern_bytes(rows * columns)) / (item * rows * columns),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small layer, few rounds")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    shapes = [(256, 256)] if options.quick else [(1024, 1024), (4096, 2048)]
    densities = (0.02, 0.1, 0.3, 0.5)
    rounds = 3 if options.quick else 7
    table = [
        measure(rows, columns, batch, density, rounds)
        for rows, columns in shapes
        for batch in (1, 16, 256)
        for density in densities
    ]
    if options.json:
        print(json.dumps([asdict(row) for row in table]))
        return
    print("| layer | batch | density | bytes, CSR | bytes, pattern | time, CSR | time, pattern |")
    print("|---|---|---|---|---|---|---|")
    for row in table:
        print(
            f"| {row.rows} x {row.columns} | {row.batch} | {row.density:.0%} | {row.csr_bytes_ratio:.2f} "
            f"| {row.pattern_bytes_ratio:.2f} | {row.csr_time_ratio:.2f} | {row.pattern_time_ratio:.1f} |"
        )


if __name__ == "__main__":
    main()
