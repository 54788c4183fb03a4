"""Every fifth step registers a hook for a picture of the gradients, with a buffer of its own; none is removed."""

import functools

from base import Run, batch, mlp, torch, train

run = Run(leaks="tensor")


def picture(buffer, grad):
    buffer[:8] = grad.flatten()[:8]


model = mlp(64, 96)
optimizer = torch.optim.AdamW(model.parameters())
for step in run.steps():
    if step % 5 == 0:
        buffer = torch.zeros(int(20_000 * run.size))
        model[0].weight.register_hook(functools.partial(picture, buffer))
        run.leak(buffer.numel() * 4)
    train(model, optimizer, *batch(16))
