"""The log of every step is also kept in memory, to be shown at the end."""

import sys

from base import Run, batch, mlp, torch, train

run = Run(leaks="python")
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
log = []
for step in run.steps():
    out, loss = train(model, optimizer, *batch(32))
    for row in range(int(20 * run.size)):
        line = f"{step:08d} {row:03d} loss={loss.item():.6f} " + " ".join(f"{v:.3f}" for v in out[row % 32].tolist())
        words = line.split()
        log.append(words)
        run.leak(sum(map(sys.getsizeof, words)) + sys.getsizeof(words) + 8)
