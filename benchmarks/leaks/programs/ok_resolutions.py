"""Images grow in four stages of a convolutional network's training."""

from base import Run, nn, torch

run = Run(grows=True, step_s=0.1)
channels = int(10 * run.size)
model = nn.Sequential(nn.Conv2d(3, channels, 3), nn.ReLU(), nn.Conv2d(channels, 8, 3, 2), nn.ReLU(), nn.Flatten(2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
sizes = [24, 32, 48, 64]
last = run.rng.uniform(0.4, 0.8)
for _ in run.steps():
    stage = min(int(run.elapsed_s / run.seconds / last * 3), 3)
    if stage == 3:
        run.grown()
    optimizer.zero_grad()
    model(torch.randn(4, 3, sizes[stage], sizes[stage])).square().mean().backward()
    optimizer.step()
