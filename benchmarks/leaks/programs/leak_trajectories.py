"""A diffusion model draws a sample now and then, and every intermediate picture of it is kept for an animation."""

from base import Run, nn, torch

run = Run(leaks="tensor", step_s=0.09)
channels = int(12 * run.size)
model = nn.Sequential(nn.Conv2d(2, channels, 3, padding=1), nn.SiLU(), nn.Conv2d(channels, 1, 3, padding=1))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
side = run.rng.choice([24, 32, 40])
every = run.rng.randrange(12, 30)
pictures = []


def denoise(x, level):
    return model(torch.cat([x, torch.full_like(x, level)], 1))


for step in run.steps():
    clean = torch.rand(4, 1, side, side)
    level = run.rng.random()
    noise = torch.randn_like(clean)
    optimizer.zero_grad()
    nn.functional.mse_loss(denoise(clean + level * noise, level), noise).backward()
    optimizer.step()
    if step % every == every - 1:
        with torch.no_grad():
            x = torch.randn(int(16 * run.size), 1, side, side)
            for turn in range(12):
                x = x - 0.1 * denoise(x, 1 - turn / 12)
                pictures.append(x.clone())
                run.leak(x.numel() * 4)
