"""Statistics by (step, layer) in a dict of Python numbers and strings."""

import sys

from base import Run, batch, mlp, torch, train

run = Run(leaks="python")
model = mlp(32, 96)
optimizer = torch.optim.Adam(model.parameters())
stats = {}
for step in run.steps():
    _, loss = train(model, optimizer, *batch(16, 32))
    for layer in range(int(30 * run.size)):
        entry = {"loss": loss.item() + layer, "note": f"step {step} layer {layer}"}
        key = (step, layer)
        stats[key] = entry
        run.leak(sys.getsizeof(entry) + sys.getsizeof(entry["note"]) + sys.getsizeof(key) + 24 + 32 + 100)
