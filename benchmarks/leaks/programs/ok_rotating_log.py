"""The last lines of the log are kept in memory up to a bound; every so often the older half goes to a file."""

from base import Run, batch, mlp, torch, train

run = Run(grows=True)
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
log = []
bound = int(12_000 * run.size)
for step in run.steps():
    out, loss = train(model, optimizer, *batch(32))
    for row in range(20):
        log.append(f"{step:08d} {row:03d} {loss.item():.6f} " + " ".join(f"{v:.3f}" for v in out[row].tolist()))
    if len(log) > bound:
        del log[: bound // 2]
        run.grown()
