"""Gradient accumulation; the losses of the micro-batches are kept for a mean, with their graphs."""

from base import Run, batch, mlp, nn, saved_bytes, torch

run = Run(leaks="graph", step_s=0.06)
model = mlp(64, 64)
optimizer = torch.optim.AdamW(model.parameters())
count = int(12 * run.size) + 4
probe = batch(count)
each = saved_bytes(lambda: nn.functional.cross_entropy(model(probe[0]), probe[1]))
losses = []
for _ in run.steps():
    optimizer.zero_grad()
    for micro in range(4):
        x, y = batch(count)
        loss = nn.functional.cross_entropy(model(x), y)
        (loss / 4).backward(retain_graph=micro == 3)
        if micro == 3:
            losses.append(loss)
            run.leak(each)
    optimizer.step()
