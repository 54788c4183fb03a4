"""A variational autoencoder with accumulated gradients, evaluations and checkpoints on top of each other."""

import io

from base import Run, mark, nn, time, torch

run = Run(step_s=0.1)
width = int(140 * run.size)
encoder = nn.Sequential(nn.Linear(96, width), nn.Tanh(), nn.Linear(width, 32))
decoder = nn.Sequential(nn.Linear(16, width), nn.Tanh(), nn.Linear(width, 96))
optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()])
every = run.rng.randrange(80, 200)
for step in run.steps():
    x = torch.randn(run.rng.randrange(20, 70), 96)
    mean, spread = encoder(x).chunk(2, -1)
    kl = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(-1).mean()
    (nn.functional.mse_loss(decoder(mean + torch.randn_like(mean)), x) + 0.01 * kl).backward()
    if step % 4 == 3:
        optimizer.step()
        optimizer.zero_grad()
    if step % every == every - 1:
        mark("evaluation")
        with torch.no_grad():
            means = []
            for _ in range(12):
                means.append(encoder(torch.randn(600, 96)))
                time.sleep(0.05)
        mark("checkpoint")
        torch.save([encoder.state_dict(), decoder.state_dict(), optimizer.state_dict()], io.BytesIO())
