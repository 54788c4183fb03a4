"""A structured log in memory: a nested dict for each step, for a report at the end that nobody writes."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="python", step_s=0.07)
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
records = []
for step in run.steps():
    _, loss = train(model, optimizer, *batch(24))
    rows = [{"step": step, "row": row + step * 1000, "loss": float(loss) + row} for row in range(int(60 * run.size))]
    records.append(rows)
    run.leak(len(rows) * 300)
