"""Averaged weights from some time on, and a copy of the best weights."""

import copy

from base import Run, batch, mlp, torch, train

run = Run(grows=True)
model = mlp(64, int(512 * run.size))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
from_s = run.rng.uniform(0.1, 0.5) * run.seconds
average = best = None
best_loss = 1e9
for step in run.steps():
    _, loss = train(model, optimizer, *batch(16))
    if run.elapsed_s > from_s:
        if average is None:
            average = copy.deepcopy(model)
            run.grown()
        for mean, value in zip(average.parameters(), model.parameters()):
            mean.data.lerp_(value.data, 0.01)
        if step % 40 == 0 and loss.item() < best_loss:
            best_loss, best = loss.item(), copy.deepcopy(model.state_dict())
