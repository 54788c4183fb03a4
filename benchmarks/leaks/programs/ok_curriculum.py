"""Sequences get longer in stages."""

from base import Run, nn, torch

run = Run(grows=True, step_s=0.06)
model = nn.Sequential(nn.Linear(32, 64), nn.TransformerEncoderLayer(64, 4, 128, batch_first=True, dropout=0.0))
optimizer = torch.optim.AdamW(model.parameters())
lengths = [16, 32, 64, 96, 128]
for _ in run.steps():
    stage = min(int(run.elapsed_s / run.seconds / 0.13), 4)
    optimizer.zero_grad()
    model(torch.randn(8, lengths[stage], 32)).square().mean().backward()
    optimizer.step()
    if stage == 4:
        run.grown()
