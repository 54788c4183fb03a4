"""Predictions of a whole epoch are kept for a metric at its end, then dropped; an epoch lasts a third of a run."""

from base import Run, batch, mark, mlp, torch, train

run = Run(grows=True, step_s=0.07)
model = mlp(64, 96, 100)
optimizer = torch.optim.Adam(model.parameters())
predicted = []
epoch = int(run.rng.uniform(0.12, 0.35) * run.seconds / run.step_s)
for step in run.steps():
    if step and step % epoch == 0:
        mark("epoch")
        torch.cat(predicted).mean()
        predicted = []
        run.grown()
    outputs, _ = train(model, optimizer, *batch(int(60 * run.size), 64, 100))
    predicted.append(outputs.detach())
