"""A small regression that all the scripts here train: model, batches, one update, and the exact losses in a file."""

from __future__ import annotations

import select
import sys
import time
from collections.abc import Iterator

import torch

torch.set_num_threads(1)
torch.manual_seed(0)

model = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.GELU(), torch.nn.Linear(128, 64))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = torch.nn.MSELoss()
_steps, _losses = int(sys.argv[1]), open(sys.argv[2], "w", buffering=1)  # noqa: SIM115 - open as long as it trains


def batch(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(128, 64, generator=torch.Generator().manual_seed(step))
    return x, x.sin()


def steps() -> Iterator[int]:
    """As many steps as were asked for; fewer where standard input is closed."""
    for step in range(_steps):
        if step == 20:
            print("trains", flush=True)
        if _steps > 100_000:
            time.sleep(0.004)
            if step % 20 == 0 and select.select([sys.stdin], [], [], 0)[0]:
                return
        yield step


def update(loss: torch.Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(loss.item().hex(), file=_losses)
