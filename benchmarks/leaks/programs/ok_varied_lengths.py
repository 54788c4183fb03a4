"""Sequences of very unequal length: now and then one that is longer than all before."""

from base import Run, nn, torch

run = Run(grows=True, step_s=0.06)
model = nn.Sequential(nn.Linear(16, 48), nn.TransformerEncoderLayer(48, 4, 96, batch_first=True, dropout=0.0))
optimizer = torch.optim.Adam(model.parameters())
longest = 0
for _ in run.steps():
    length = min(int(run.rng.lognormvariate(3.0, 0.8)) + 1, 400)
    longest = max(longest, length)
    optimizer.zero_grad()
    model(torch.randn(4, length, 16)).square().mean().backward()
    optimizer.step()
    if run.elapsed_s > 0.4 * run.seconds:
        run.grown()
