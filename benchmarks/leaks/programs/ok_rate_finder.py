"""A search for the learning rate copies model and optimizer, tries them, and drops both; then training begins."""

import copy

from base import Run, batch, mlp, torch, train

run = Run(grows=True, step_s=0.06)
model = mlp(128, int(400 * run.size), depth=3)
optimizer = torch.optim.AdamW(model.parameters())
tries = run.rng.randrange(3, 7)
length = run.rng.randrange(30, 90)
tried = None
for step in run.steps():
    number = step // length
    if number < tries:
        if step % length == 0:
            tried = copy.deepcopy(model)
            trying = torch.optim.AdamW(tried.parameters(), lr=10.0 ** (number - 6))
        train(tried, trying, *batch(24, 128))
        continue
    tried = trying = None
    run.grown()
    train(model, optimizer, *batch(24, 128))
