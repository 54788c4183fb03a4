"""A search over widths: each trial builds a model with its optimizer, trains it for a while, and is dropped."""

from base import Run, batch, mark, mlp, torch, train

run = Run(step_s=0.1)
length = run.rng.randrange(100, 300)
scores = []
for step in run.steps():
    if step % length == 0:
        mark("trial")
        model = mlp(64, run.rng.choice([64, 128, 256, 384]), depth=run.rng.choice([2, 3]))
        optimizer = torch.optim.Adam(model.parameters())
    _, loss = train(model, optimizer, *batch(int(30 * run.size)))
    if step % length == length - 1:
        scores.append(float(loss))
