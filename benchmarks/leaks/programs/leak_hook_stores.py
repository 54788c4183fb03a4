"""A forward hook files the activations of one layer, and nobody empties the file."""

from base import Run, batch, mlp, torch, train

run = Run(leaks="tensor", step_s=0.04)
model = mlp(64, 256)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
seen = []


def keep(_module, _inputs, output):
    seen.append(output.detach().half())
    run.leak(output.numel() * 2)


model[1].register_forward_hook(keep)
for _ in run.steps():
    train(model, optimizer, *batch(int(40 * run.size)))
