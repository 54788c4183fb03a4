"""Sequences of very unequal length; the last hidden states of each are filed away."""

from base import Run, nn, torch

run = Run(leaks="tensor", step_s=0.05)
model = nn.GRU(16, 64, batch_first=True)
optimizer = torch.optim.Adam(model.parameters())
states = []
for _ in run.steps():
    length = min(int(run.rng.lognormvariate(2.2, 0.9)) + 1, 120)
    optimizer.zero_grad()
    out, _ = model(torch.randn(8, length, 16))
    out.square().mean().backward()
    optimizer.step()
    states.append(out.detach().clone())
    run.leak(out.numel() * 4)
