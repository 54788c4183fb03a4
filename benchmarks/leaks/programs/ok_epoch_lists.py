"""Outputs and targets of an epoch are gathered and dropped at its end."""

from base import Run, batch, mark, mlp, torch, train

run = Run(grows=True)
model = mlp(48, 96, 48)
optimizer = torch.optim.Adam(model.parameters())
gathered = []
epoch = run.rng.randrange(100, 330)
for step in run.steps():
    x, y = batch(96, 48, 48)
    out, _ = train(model, optimizer, x, y)
    gathered += [out.detach(), y]
    if step % epoch == epoch - 1:
        mark("epoch")
        gathered = []
        run.grown()
