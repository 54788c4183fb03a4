"""Each evaluation makes a copy of the model in half precision, measures it, and drops it."""

import copy

from base import Run, batch, mark, mlp, torch, train

run = Run(step_s=0.06)
model = mlp(128, int(500 * run.size))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
every = run.rng.randrange(60, 200)
for step in run.steps():
    train(model, optimizer, *batch(24, 128))
    if step % every == every - 1:
        mark("evaluation")
        half = copy.deepcopy(model).to(torch.bfloat16)
        with torch.no_grad():
            for _ in range(5):
                half(torch.randn(64, 128, dtype=torch.bfloat16))
        del half
