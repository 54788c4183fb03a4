"""Each task of a sequence gets an adapter with its optimizer; those of finished tasks are never dropped."""

from base import Run, batch, mark, nn, torch

run = Run(leaks="tensor", per_event=True, step_s=0.06)
body = nn.Linear(64, 256)
tasks = []
width = int(700 * run.size)
every = run.rng.randrange(70, 160)
for step in run.steps():
    if step % every == 0:
        mark(f"task {step // every}")
        adapter = nn.Sequential(nn.Linear(256, width), nn.ReLU(), nn.Linear(width, 10))
        tasks.append((adapter, torch.optim.Adam(adapter.parameters())))
        if step:
            # Parameters, gradients and the two moments.
            run.leak(4 * 4 * sum(parameter.numel() for parameter in adapter.parameters()))
    adapter, optimizer = tasks[-1]
    x, y = batch(16)
    optimizer.zero_grad()
    nn.functional.cross_entropy(adapter(body(x)), y).backward()
    optimizer.step()
