"""Truncated backpropagation through time: the graph grows for some steps, then it is cut."""

from base import Run, nn, torch

run = Run(step_s=0.06)
cell = nn.GRUCell(64, int(160 * run.size))
optimizer = torch.optim.Adam(cell.parameters())
length = run.rng.randrange(20, 120)
state = torch.zeros(32, cell.hidden_size)
loss = torch.zeros(())
for step in run.steps():
    state = cell(torch.randn(32, 64), state)
    loss = loss + state.square().mean()
    if step % length == length - 1:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state, loss = state.detach(), torch.zeros(())
