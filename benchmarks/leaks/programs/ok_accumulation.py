"""Gradient accumulation over eight micro-batches; losses are kept as numbers."""

from collections import deque

from base import Run, batch, mlp, nn, torch

run = Run(step_s=0.08)
model = mlp(64, int(200 * run.size))
optimizer = torch.optim.AdamW(model.parameters())
losses = deque(maxlen=1000)
for _ in run.steps():
    optimizer.zero_grad()
    for _ in range(8):
        x, y = batch(24)
        loss = nn.functional.cross_entropy(model(x), y)
        (loss / 8).backward()
        losses.append(loss.item())
    optimizer.step()
