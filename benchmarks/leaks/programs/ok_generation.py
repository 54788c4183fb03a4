"""Samples are generated token by token with a cache of keys and values, which is dropped with each text."""

from base import Run, nn, torch

run = Run(grows=True, step_s=0.06)
width = int(256 * run.size)
layers = nn.ModuleList([nn.Linear(width, 2 * width) for _ in range(4)])
optimizer = torch.optim.Adam(layers.parameters(), lr=1e-4)
length = run.rng.randrange(250, 700)
cache = []
for step in run.steps():
    if step % length == 0:
        cache = [[] for _ in layers]
        run.grown() if step else None
    x = torch.randn(4, width)
    loss = torch.zeros(())
    for layer, kept in zip(layers, cache, strict=True):
        pair = layer(x)
        kept.append(pair.detach())
        loss = loss + pair.square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
