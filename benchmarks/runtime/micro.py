"""The peak of a step in micro-batches of a sixteenth, beside the plain step, and how far gradients differ.

Peak is what torch's allocators and temporaries add to resident memory during forward and backward (VmHWM above the
level before), each side in a process of its own. Goals: 60 % less, gradients equal to 1e-6 of the largest.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from typing import Any

import torch
from torch import nn

from memgui.runtime import MicroBatcher

MIB = 1 << 20
FEATURES = 512


def memory(word: str) -> int:
    with open("/proc/self/status") as lines:
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(word))


def network() -> nn.Module:
    torch.manual_seed(0)
    layers = [part for _ in range(8) for part in (nn.Linear(FEATURES, FEATURES), nn.GELU())]
    return nn.Sequential(*layers, nn.Linear(FEATURES, 10))


def measure(pieces: int, samples: int, out: Any) -> None:
    torch.set_num_threads(1)
    model = network()
    made = torch.Generator().manual_seed(1)
    x, y = torch.randn(samples, FEATURES, generator=made), torch.randint(10, (samples,), generator=made)
    warm = slice(0, 8)
    nn.functional.cross_entropy(model(x[warm]), y[warm]).backward()
    model.zero_grad(set_to_none=True)
    with open("/proc/self/clear_refs", "w") as reset:
        reset.write("5")  # VmHWM begins anew
    before = memory("VmRSS")
    if pieces == 1:
        nn.functional.cross_entropy(model(x), y).backward()
    else:
        micro = MicroBatcher(lambda a, b: nn.functional.cross_entropy(model(a), b, reduction="sum"), samples // pieces)
        micro.backward(x, y)
    peak = memory("VmHWM") - before
    gradients = torch.cat([part.grad.flatten() for part in model.parameters() if part.grad is not None])
    out.put((peak, gradients.numpy()))


def in_process(pieces: int, samples: int) -> tuple[int, Any]:
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    process = context.Process(target=measure, args=(pieces, samples, out))
    process.start()
    found: tuple[int, Any] = out.get(timeout=600)
    process.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    samples = 256 if chosen.quick else 8192
    whole, expected = in_process(1, samples)
    cut, found = in_process(16, samples)
    off = float(abs(found - expected).max() / abs(expected).max())
    table = {"whole_bytes": whole, "cut_bytes": cut, "saved_ratio": 1 - cut / whole, "gradient_difference": off}
    if chosen.json:
        print(json.dumps(table))
        return
    print(f"whole batch    {whole / MIB:8.1f} MiB")
    print(f"a sixteenth    {cut / MIB:8.1f} MiB, {table['saved_ratio']:.0%} less")
    print(f"gradients differ by {off:.1e} of the largest")


if __name__ == "__main__":
    main()
