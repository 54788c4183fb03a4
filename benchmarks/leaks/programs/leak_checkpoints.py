"""Every checkpoint leaves a copy of the weights behind, for a comparison that nobody makes."""

import copy
import io

from base import Run, batch, mark, mlp, torch, train

run = Run(leaks="tensor", per_event=True)
model = mlp(64, int(384 * run.size))
optimizer = torch.optim.Adam(model.parameters())
history = []
due_s = every_s = run.rng.uniform(3.0, 6.0)
for _ in run.steps():
    train(model, optimizer, *batch(16))
    if run.elapsed_s > due_s:
        due_s += every_s
        mark("checkpoint")
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, io.BytesIO())
        history.append(copy.deepcopy(model.state_dict()))
        run.leak(sum(value.numel() * 4 for value in model.parameters()))
