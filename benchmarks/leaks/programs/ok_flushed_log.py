"""Rows of a log are gathered and written out every few hundred steps."""

import io
import json

from base import Run, batch, mlp, torch, train

run = Run(step_s=0.06)
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
every = run.rng.randrange(80, 500)
rows = []
file = io.StringIO()
for step in run.steps():
    _, loss = train(model, optimizer, *batch(24))
    rows += [{"step": step, "row": row, "loss": float(loss) + row} for row in range(int(30 * run.size))]
    if step % every == every - 1:
        file.seek(0)
        json.dump(rows, file)
        file.truncate()
        rows = []
