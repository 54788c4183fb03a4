"""Logits of a teacher are cached for each of a fixed number of batches: complete after the first epoch."""

from base import Run, mark, mlp, nn, torch

run = Run(grows=True, step_s=0.04)
teacher, student = mlp(64, 256, 400), mlp(64, 64, 400)
optimizer = torch.optim.AdamW(student.parameters())
count = int(run.rng.uniform(0.25, 0.6) * run.seconds / run.step_s)
logits = {}
for step in run.steps():
    at = step % count
    if at == 0:
        mark("epoch")
    torch.manual_seed(at)
    x = torch.randn(int(32 * run.size), 64)
    if at not in logits:
        with torch.no_grad():
            logits[at] = teacher(x)
    else:
        run.grown()
    optimizer.zero_grad()
    nn.functional.mse_loss(student(x), logits[at]).backward()
    optimizer.step()
