"""The running total of the loss keeps the graph of every step."""

from base import Run, batch, mlp, saved_bytes, torch, train

run = Run(leaks="graph")
model = mlp(64, 48)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
probe = batch(int(24 * run.size))
each = saved_bytes(lambda: torch.nn.functional.cross_entropy(model(probe[0]), probe[1]))
total = torch.zeros(())
for _ in run.steps():
    x, y = batch(int(24 * run.size))
    train(model, optimizer, x, y)
    total = total + torch.nn.functional.cross_entropy(model(x), y)
    run.leak(each)
