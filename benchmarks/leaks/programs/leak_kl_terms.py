"""A variational autoencoder; its terms of divergence are kept by epoch, each with its graph."""

from base import Run, nn, saved_bytes, torch

run = Run(leaks="graph", step_s=0.1)
width, rows = 160, int(50 * run.size)
encoder = nn.Sequential(nn.Linear(96, width), nn.Tanh(), nn.Linear(width, 32))
decoder = nn.Sequential(nn.Linear(16, width), nn.Tanh(), nn.Linear(width, 96))
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
history = {"kl": []}


def divergence(x):
    mean, spread = encoder(x).chunk(2, -1)
    return mean, spread, 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(-1).mean()


per_step = saved_bytes(lambda: divergence(torch.randn(rows, 96))[2])
for _ in run.steps():
    x = torch.randn(rows, 96)
    mean, spread, kl = divergence(x)
    loss = nn.functional.mse_loss(decoder(mean + torch.randn_like(mean) * (0.5 * spread).exp()), x) + 0.01 * kl
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
    optimizer.step()
    history["kl"].append(kl)
    run.leak(per_step)
