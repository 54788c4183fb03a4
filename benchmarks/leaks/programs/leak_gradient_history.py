"""Copies of all gradients are kept every few steps, for histograms."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="tensor", step_s=0.06)
model = mlp(64, int(80 * run.size), depth=3)
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-4)
history = []
every = run.rng.randrange(3, 12)
for step in run.steps():
    train(model, optimizer, *batch(24))
    if step % every == 0:
        kept = {name: parameter.grad.clone() for name, parameter in model.named_parameters()}
        history.append(kept)
        run.leak(sum(grad.numel() * 4 for grad in kept.values()))
