"""A learner maps a shared buffer for each message to its actors, and no message is ever taken back."""

import mmap

from base import Run, mlp, torch

run = Run(leaks="shm", step_s=0.1)
policy = mlp(32, 96, 6)
optimizer = torch.optim.RMSprop(policy.parameters())
sent = []
size = int(45_000 * run.size)
every = run.rng.randrange(1, 4)
for step in run.steps():
    optimizer.zero_grad()
    policy(torch.randn(48, 32)).logsumexp(-1).mean().backward()
    optimizer.step()
    if step % every == 0:
        buffer = mmap.mmap(-1, size)
        buffer.write(bytes([step % 251]) * size)
        sent.append(buffer)
        run.leak(-(-size // 4096) * 4096)
