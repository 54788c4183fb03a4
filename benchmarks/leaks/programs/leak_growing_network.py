"""Progressive networks: every so often a column is added with its optimizer's state; frozen ones are never merged."""

from base import Run, batch, mlp, nn, torch

run = Run(leaks="tensor", step_s=0.1)
first = mlp(64, 96)
columns = nn.ModuleList([first])
optimizer = torch.optim.Adam(first.parameters())
every = run.rng.randrange(14, 32)
width = int(150 * run.size)
for step in run.steps():
    if step % every == every - 1:
        column = mlp(64, width)
        columns.append(column)
        optimizer.add_param_group({"params": list(column.parameters())})
    x, y = batch(24)
    optimizer.zero_grad()
    active = {0, len(columns) - 1}
    nn.functional.cross_entropy(sum(columns[at](x) for at in active), y).backward()
    optimizer.step()
    if step % every == every - 1:
        run.leak(4 * 4 * sum(weight.numel() for weight in columns[-1].parameters()))
