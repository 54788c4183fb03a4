"""Now and then a batch fails and is tried again; the exception is kept for a report, and with it the frame's batch."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="tensor", step_s=0.06)
model = mlp(256, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
failures = []
chance = run.rng.uniform(0.08, 0.3)


def attempt(fails):
    x, y = batch(int(100 * run.size), 256)
    if fails:
        raise RuntimeError("a batch that cannot be used")
    train(model, optimizer, x, y)


for _ in run.steps():
    try:
        attempt(run.rng.random() < chance)
    except RuntimeError as error:
        failures.append(error)
        run.leak(int(100 * run.size) * 256 * 4)
        attempt(False)
