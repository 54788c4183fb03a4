"""Sound for a good third of the time; then a debugging list is filled."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="tensor")
model = mlp(128, 192)
optimizer = torch.optim.Adam(model.parameters())
debug = []
from_s = run.seconds * run.rng.uniform(0.3, 0.5)
for _ in run.steps():
    x, y = batch(int(60 * run.size), 128)
    train(model, optimizer, x, y)
    if run.elapsed_s > from_s:
        debug.append(x)
        run.leak(x.numel() * 4)
