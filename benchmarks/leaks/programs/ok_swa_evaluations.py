"""Stochastic weight averaging from the middle on, evaluations between; the last predictions are kept till the next."""

from base import Run, batch, mark, mlp, torch, train
from torch.optim.swa_utils import AveragedModel

run = Run(grows=True, step_s=0.035)
model = mlp(64, int(420 * run.size))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
average = predictions = None
every = run.rng.randrange(90, 240)
for step in run.steps():
    train(model, optimizer, *batch(24))
    if run.elapsed_s > 0.4 * run.seconds and step % 10 == 0:
        if average is None:
            average = AveragedModel(model)
            run.grown()
        average.update_parameters(model)
    if step % every == every - 1:
        mark("evaluation")
        with torch.no_grad():
            predictions = [model(torch.randn(300, 64)) for _ in range(int(run.rng.uniform(5, 30)))]
