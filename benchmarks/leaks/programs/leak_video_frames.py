"""An agent's frames are kept for a film of its run: every n-th step one, unsigned bytes; evaluations film nothing."""

import numpy as np
from base import Run, mark, nn, time, torch

run = Run(leaks="native", step_s=0.1)
model = nn.Sequential(nn.Conv2d(1, 8, 5, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3))
model(torch.zeros(1, 1, 48, 48))
optimizer = torch.optim.Adam(model.parameters())
film = []
every = run.rng.randrange(2, 6)
side = int(260 * run.size**0.5)
evaluate = run.rng.randrange(150, 300)
for step in run.steps():
    optimizer.zero_grad()
    model(torch.randn(6, 1, 48, 48)).square().mean().backward()
    optimizer.step()
    if step % every == 0:
        film.append(np.random.randint(0, 255, (side, side, 3), np.uint8))
        run.leak(film[-1].nbytes)
    if step % evaluate == evaluate - 1:
        mark("evaluation")
        with torch.no_grad():
            for _ in range(8):
                model(torch.randn(40, 1, 48, 48))
                time.sleep(0.08)
