"""Activations are recomputed in the backward pass; batches of a few sizes."""

from base import Run, mlp, nn, torch
from torch.utils.checkpoint import checkpoint

run = Run(step_s=0.08)
parts = nn.ModuleList([mlp(64, 96, 64) for _ in range(4)])
head = nn.Linear(64, 10)
optimizer = torch.optim.AdamW([*parts.parameters(), *head.parameters()])
for _ in run.steps():
    x = torch.randn(run.rng.choice([16, 32, 48]), 64)
    for part in parts:
        x = checkpoint(part, x, use_reentrant=False)
    optimizer.zero_grad()
    head(x).square().mean().backward()
    optimizer.step()
