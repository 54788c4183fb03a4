"""Contrastive learning with a queue of embeddings for each class; its bound is by class, and classes are ever new."""

from collections import defaultdict, deque

from base import Run, nn, torch

run = Run(leaks="tensor", step_s=0.09)
embed = nn.Sequential(nn.Linear(80, 128), nn.GELU(), nn.Linear(128, 96))
optimizer = torch.optim.AdamW(embed.parameters())
queues = defaultdict(lambda: deque(maxlen=8))
rows = int(70 * run.size)
for step in run.steps():
    z = nn.functional.normalize(embed(torch.randn(rows, 80)), dim=-1)
    optimizer.zero_grad()
    nn.functional.cross_entropy(z @ z.roll(1, 0).T / 0.2, torch.arange(rows)).backward()
    optimizer.step()
    for row in range(rows):
        queues[step * rows // 3 + row // 3].append(z[row].detach().clone())
        run.leak(96 * 4 + 400)
