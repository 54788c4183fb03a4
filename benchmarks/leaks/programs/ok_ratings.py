"""Factors of users and items in sparse embeddings; batches touch rows by popularity, states are there early."""

import numpy as np
from base import Run, nn, torch

run = Run(step_s=0.1)
users, items = nn.Embedding(20_000, 24, sparse=True), nn.Embedding(8_000, 24, sparse=True)
optimizer = torch.optim.SparseAdam([*users.parameters(), *items.parameters()], lr=1e-2)
losses = []
for _ in run.steps():
    count = run.rng.randrange(100, int(700 * run.size) + 200)
    user = torch.randint(0, 20_000, (count,))
    item = torch.from_numpy(np.minimum(np.random.zipf(1.3, count), 8_000) - 1)
    optimizer.zero_grad()
    loss = ((users(user) * items(item)).sum(-1) - torch.rand(count)).square().mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
