"""Bad batches raise; the errors are kept for a report, and their tracebacks keep frames with all their tensors."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="graph")
model = mlp(64, 128)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
errors = []


def check(x):
    hidden = model[:2](x)
    scores = hidden.square()
    run.leak(x.numel() * 4 + 3 * hidden.numel() * 4)
    raise ValueError(f"not finite: {scores.sum().item():.2f}")


for _ in run.steps():
    train(model, optimizer, *batch(32))
    if run.rng.random() < 0.1:
        try:
            check(torch.randn(int(200 * run.size), 64))
        except ValueError as error:
            errors.append(error)
