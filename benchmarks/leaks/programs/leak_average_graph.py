"""A moving average of the loss is kept without detach(): each step hangs its graph on the one before."""

from base import Run, batch, mlp, nn, saved_bytes, torch

run = Run(leaks="graph", step_s=0.08)
model = mlp(48, int(56 * run.size))
optimizer = torch.optim.AdamW(model.parameters())


def loss_of(x, y):
    return nn.functional.cross_entropy(model(x), y)


graph = saved_bytes(lambda: loss_of(*batch(20, 48)))
average = torch.zeros(())
for _ in run.steps():
    loss = loss_of(*batch(20, 48))
    optimizer.zero_grad()
    # The same pass again for the average: the graph that backward() freed would be gone.
    loss.backward()
    optimizer.step()
    average = 0.98 * average + 0.02 * loss_of(*batch(20, 48))
    run.leak(graph)
