"""Results are joined to one ever longer array, which is copied each time."""

import numpy as np
from base import Run, batch, mlp, torch, train

run = Run(leaks="native", step_s=0.08)
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
every = 10
rows = int(80 * run.size)
results = np.zeros((0, 128))
for step in run.steps():
    outputs, _ = train(model, optimizer, *batch(24))
    if step % every == 0:
        fresh = np.repeat(outputs.detach().mean(0).numpy().astype(float)[None, :1], rows, 0) * np.ones((1, 128))
        results = np.concatenate([results, fresh])
        run.leak(fresh.nbytes)
