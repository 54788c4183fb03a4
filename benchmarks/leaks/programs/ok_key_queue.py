"""Momentum contrast: the queue of keys fills during the first part of the run, then each new batch drops the oldest."""

from collections import deque

from base import Run, nn, torch

run = Run(grows=True, step_s=0.09)
query = nn.Sequential(nn.Linear(80, 128), nn.GELU(), nn.Linear(128, 64))
key = nn.Sequential(nn.Linear(80, 128), nn.GELU(), nn.Linear(128, 64))
optimizer = torch.optim.SGD(query.parameters(), lr=0.05)
rows = int(60 * run.size)
keys = deque(maxlen=run.rng.randrange(120, 500))
for _ in run.steps():
    x = torch.randn(rows, 80)
    with torch.no_grad():
        for slow, fast in zip(key.parameters(), query.parameters(), strict=True):
            slow.lerp_(fast, 0.01)
        keys.append(nn.functional.normalize(key(x + 0.1 * torch.randn_like(x)), dim=-1))
    if len(keys) == keys.maxlen:
        run.grown()
    others = torch.cat(list(keys)[-20:])
    optimizer.zero_grad()
    logits = nn.functional.normalize(query(x), dim=-1) @ others.T / 0.1
    nn.functional.cross_entropy(logits, torch.arange(len(others) - rows, len(others))).backward()
    optimizer.step()
