"""Layers are added in a few stages, each with its optimizer; after the last one nothing grows any more."""

from base import Run, batch, mark, nn, torch

run = Run(grows=True, step_s=0.1)
width = int(220 * run.size)
layers = nn.ModuleList([nn.Linear(64, width)])
head = nn.Linear(width, 10)
stages = sorted(run.rng.uniform(0.1, 0.7) * run.seconds for _ in range(4))
optimizer = torch.optim.Adam([*layers.parameters(), *head.parameters()])
for _ in run.steps():
    if stages and run.elapsed_s > stages[0]:
        mark("stage")
        stages.pop(0)
        layers.append(nn.Linear(width, width))
        optimizer = torch.optim.Adam([*layers.parameters(), *head.parameters()])
    if not stages:
        run.grown()
    x, y = batch(int(20 * run.size))
    for layer in layers:
        x = torch.relu(layer(x))
    optimizer.zero_grad()
    nn.functional.cross_entropy(head(x), y).backward()
    optimizer.step()
