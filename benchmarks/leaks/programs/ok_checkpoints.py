"""Checkpoints are written through a buffer that is given back."""

import io

from base import Run, batch, mark, mlp, torch, train

run = Run(grows=True, step_s=0.035)
model = mlp(64, int(700 * run.size))
optimizer = torch.optim.AdamW(model.parameters())
every = run.rng.randrange(110, 260)
for step in run.steps():
    train(model, optimizer, *batch(16))
    if step % every == every - 1:
        mark("checkpoint")
        file = io.BytesIO()
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
        del file
        run.grown()
