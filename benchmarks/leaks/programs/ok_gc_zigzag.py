"""Each step makes cycles; the collector takes them now and then."""

import gc

from base import Run, batch, mlp, torch, train

run = Run(grows=True)
gc.set_threshold(int(run.rng.uniform(3000, 20000)), 10, 10)
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


class Node:
    def __init__(self, held):
        self.held, self.itself, self.notes = held, self, [{"row": row} for row in range(30)]


for step in run.steps():
    out, _ = train(model, optimizer, *batch(100, 64))
    Node(out.detach().repeat(1, int(5 * run.size) + 1))
    if step > 700:
        run.grown()
