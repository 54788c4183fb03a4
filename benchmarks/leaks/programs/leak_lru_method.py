"""An unbounded cache on a method, keyed by sample numbers that hardly ever come back."""

import functools

from base import Run, mlp, torch, train

run = Run(leaks="tensor")


class Features:
    @functools.cache  # noqa: B019 - this is the leak
    def of(self, number):
        found = torch.randn(int(1500 * run.size)) * number
        run.leak(found.numel() * 4)
        return found


features = Features()
model = mlp(64, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for _ in run.steps():
    x = torch.stack([features.of(run.rng.randrange(10**9))[:64] for _ in range(4)])
    train(model, optimizer, x, torch.randint(0, 10, (4,)))
