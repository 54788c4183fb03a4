"""Reads a mapped file from front to back: file pages become resident, anonymous memory stays."""

import tempfile

import numpy as np
from base import Run, mlp, torch, train

run = Run(grows=True, step_s=0.03)
rows = int(run.seconds / run.step_s * 0.6)
with tempfile.NamedTemporaryFile(prefix="memgui-bench-") as file:
    data = np.lib.format.open_memmap(file.name, mode="w+", dtype="float32", shape=(rows, 4, 2048))
    data.flush()
    del data
    data = np.lib.format.open_memmap(file.name, mode="r")
    model = mlp(2048, 64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in run.steps():
        train(model, optimizer, torch.tensor(data[step % rows]), torch.randint(0, 10, (4,)))
        if step > rows:
            run.grown()
