"""Evaluations of a second or two with large batches, in between ordinary steps."""

import time

from base import Run, batch, mark, mlp, torch, train

run = Run(grows=True)
model = mlp(64, 256)
optimizer = torch.optim.Adam(model.parameters())
due_s = every_s = run.rng.uniform(4.0, 9.0)
for _ in run.steps():
    train(model, optimizer, *batch(32))
    if run.elapsed_s > due_s:
        due_s += every_s
        mark("evaluation")
        logits, until_s = [], run.elapsed_s + run.rng.uniform(0.7, 2.0)
        with torch.no_grad():
            while run.elapsed_s < until_s:
                logits.append(model(torch.randn(int(2500 * run.size), 64)))
                time.sleep(0.05)
            torch.cat(logits).argmax(-1)
        del logits
        run.grown()
