"""The collector was switched off for speed; each step makes a cycle that holds a tensor."""

import gc

from base import Run, batch, mlp, torch, train

run = Run(leaks="gc")
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)


class Node:
    def __init__(self, held):
        self.held, self.itself, self.notes = held, self, [{"row": row} for row in range(40)]


gc.disable()
for _ in run.steps():
    out, _ = train(model, optimizer, *batch(int(100 * run.size), 64))
    Node(out.detach().repeat(1, 5))
    run.leak(out.numel() * 5 * 4 + 40 * 190 + 400)
