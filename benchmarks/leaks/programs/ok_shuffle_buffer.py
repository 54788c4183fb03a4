"""A streaming dataset's shuffle buffer fills by a sample a step at first; then each new sample replaces one."""

from base import Run, batch, mlp, torch, train

run = Run(grows=True, step_s=0.06)
model = mlp(256, 96)
optimizer = torch.optim.AdamW(model.parameters())
buffer = []
bound = int(run.rng.uniform(0.08, 0.45) * run.seconds / run.step_s)
for _ in run.steps():
    x, y = batch(int(40 * run.size), 256)
    if len(buffer) < bound:
        buffer.append(x)
    else:
        run.grown()
        at = run.rng.randrange(bound)
        buffer[at], x = x, buffer[at]
    train(model, optimizer, x, y)
