"""A second network and its optimizer come later; their state appears with their first step."""

from base import Run, batch, mlp, torch, train

run = Run(grows=True)
model = mlp(64, 384)
optimizer = torch.optim.Adam(model.parameters())
second = second_optimizer = None
from_s = run.rng.uniform(0.15, 0.45) * run.seconds
for step in run.steps():
    train(model, optimizer, *batch(32))
    if second is None and run.elapsed_s > from_s:
        second = mlp(64, int(900 * run.size))
        second_optimizer = torch.optim.AdamW(second.parameters())
        run.grown()
    if second is not None and step % 3 == 0:
        train(second, second_optimizer, *batch(32))
