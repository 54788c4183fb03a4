"""The best three sets of weights are kept: improvements come ever more rarely, and the fourth drops the first."""

import copy
from collections import deque

from base import Run, batch, mlp, torch, train

run = Run(grows=True, step_s=0.06)
model = mlp(128, int(500 * run.size), depth=2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.005)
best, lowest = deque(maxlen=3), float("inf")
for _ in run.steps():
    _, loss = train(model, optimizer, *batch(24, 128))
    if float(loss) < lowest:
        lowest = float(loss)
        best.append(copy.deepcopy(model.state_dict()))
    if len(best) == 3:
        run.grown()
