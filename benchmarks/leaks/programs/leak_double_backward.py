"""A gradient penalty by create_graph: what it leaves on .grad is taken along and kept, a cycle that C++ is part of."""

from base import Run, batch, mlp, nn, torch

run = Run(leaks="graph", step_s=0.04)
model = mlp(32, 48)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
penalties = []
held: dict[int, int] = {}


def pack(tensor):
    if not isinstance(tensor, nn.Parameter):
        held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
    return tensor


def penalty(x, y):
    x.requires_grad_(True)
    loss = nn.functional.cross_entropy(model(x), y)
    (grad,) = torch.autograd.grad(loss, x, create_graph=True)
    return loss, grad.square().sum()


for step in run.steps():
    x, y = batch(int(40 * run.size), 32)
    optimizer.zero_grad()
    if step == 0:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            kept = penalty(x, y)
        each = sum(held.values())
        del kept
        held.clear()
    loss, extra = penalty(x.detach(), y)
    (loss + 0.1 * extra).backward(retain_graph=True)
    optimizer.step()
    penalties.append(extra)
    run.leak(each)
