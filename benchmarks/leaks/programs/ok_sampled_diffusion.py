"""A diffusion model with averaged weights; now and then samples are drawn from them, a few seconds each time."""

import copy

from base import Run, mark, nn, time, torch

run = Run(step_s=0.1)
channels = int(10 * run.size) + 2
model = nn.Sequential(nn.Conv2d(1, channels, 3, padding=1), nn.SiLU(), nn.Conv2d(channels, 1, 3, padding=1))
average = copy.deepcopy(model).requires_grad_(False)
optimizer = torch.optim.AdamW(model.parameters())
every = run.rng.randrange(100, 250)
for step in run.steps():
    clean = torch.rand(4, 1, 28, 28)
    noise = torch.randn_like(clean)
    optimizer.zero_grad()
    nn.functional.mse_loss(model(clean + run.rng.random() * noise), noise).backward()
    optimizer.step()
    with torch.no_grad():
        for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
            slow.lerp_(fast, 0.02)
        if step % every == every - 1:
            mark("samples")
            path = [torch.randn(24, 1, 28, 28)]
            for _ in range(25):
                path.append(path[-1] - 0.05 * average(path[-1]))
                time.sleep(0.08)
            del path
