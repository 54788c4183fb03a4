"""The collector is set to run once in a million objects, and each step leaves a cycle with its outputs."""

import gc

from base import Run, batch, mlp, torch, train

run = Run(leaks="gc", step_s=0.06)
gc.set_threshold(1_000_000)
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)


class Report:
    def __init__(self, outputs):
        self.outputs = outputs
        self.rows = [{"row": row, "score": row * 0.5, "of": self} for row in range(int(40 * run.size))]


for _ in run.steps():
    outputs, _ = train(model, optimizer, *batch(int(160 * run.size)))
    report = Report(outputs.detach())
    run.leak(outputs.numel() * 4 + len(report.rows) * 220)
    del report
