"""A ring of arrays whose bound was forgotten; frames come in bursts."""

import numpy as np
from base import Run, batch, mlp, torch, train

run = Run(leaks="native", step_s=0.025)
model = mlp(32, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
ring = []
for _ in run.steps():
    train(model, optimizer, *batch(16, 32))
    if run.rng.random() < 0.3:
        frame = np.ones((96, 128, int(1 + run.size)), "float32")
        ring.append(frame)
        run.leak(frame.nbytes)
