"""Temporary views register finalizers with their batch; what these wait for lives as long as the run."""

import weakref

from base import Run, nn, torch

run = Run(leaks="tensor", step_s=0.09)
model = nn.Sequential(nn.Conv2d(3, 10, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(160, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
many = int(5 * run.size) + 1
for _ in run.steps():
    side = run.rng.choice([24, 28, 32, 36])
    x = torch.randn(many, 3, side, side)
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), torch.randint(0, 10, (many,)))
    loss.backward()
    optimizer.step()
    weakref.finalize(model, print, x)
    run.leak(x.numel() * 4)
