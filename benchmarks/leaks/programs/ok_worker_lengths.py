"""Loader workers that stay, and batches of very unequal length: longest batches come ever more rarely."""

import random

from base import Run, nn, torch
from torch.utils.data import DataLoader, IterableDataset

run = Run(grows=True, step_s=0.08)


class Texts(IterableDataset):
    def __iter__(self):
        while True:
            length = min(int(random.lognormvariate(3.0, 0.8)) + 4, 400)
            yield torch.randn(8, length, 24)


model = nn.GRU(24, int(24 * run.size), batch_first=True)
optimizer = torch.optim.Adam(model.parameters())
loader = iter(DataLoader(Texts(), batch_size=None, num_workers=2, prefetch_factor=6))
for _ in run.steps():
    optimizer.zero_grad()
    out, _ = model(next(loader))
    out.square().mean().backward()
    optimizer.step()
