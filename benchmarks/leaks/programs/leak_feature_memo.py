"""Features are memoised by the step's augmentation seed: a new key each time, from the second epoch on."""

from base import Run, mlp, nn, torch, train

run = Run(leaks="tensor", step_s=0.05)
encoder = nn.Sequential(nn.Conv1d(1, 8, 5), nn.ReLU(), nn.AdaptiveAvgPool1d(int(48 * run.size)))
model = mlp(8 * int(48 * run.size), 64)
optimizer = torch.optim.Adam(model.parameters())
memo = {}
epoch = int(12 / run.step_s)
for step in run.steps():
    signal = torch.randn(24, 1, 128)
    with torch.no_grad():
        x = encoder(signal).flatten(1)
    if step >= epoch:
        memo[(step, run.rng.random())] = x
        run.leak(x.numel() * 4)
    train(model, optimizer, x, torch.randint(0, 10, (24,)))
