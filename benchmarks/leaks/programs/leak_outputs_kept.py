"""Outputs are gathered for metrics that are computed at the very end."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="tensor")
model = mlp(32, 64, 100)
optimizer = torch.optim.Adam(model.parameters())
outputs = []
for _ in run.steps():
    x, y = batch(int(48 * run.size), 32, 100)
    out, _loss = train(model, optimizer, x, y)
    outputs.append(out.detach())
    run.leak(out.numel() * 4)
