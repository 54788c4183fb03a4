"""A logger keeps one loss a step per layer as 0-dim tensors: little each, eight times as much as it looks."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="tensor", step_s=0.02)
model = mlp(64, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
history = []
for _ in run.steps():
    _, loss = train(model, optimizer, *batch(8))
    for _ in range(int(30 * run.size)):
        history.append(loss.detach() * 1.0)
        run.leak(480)
