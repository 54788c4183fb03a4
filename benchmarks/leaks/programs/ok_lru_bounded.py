"""A bounded cache of decoded samples fills, quickly at first, then slowly, then not at all."""

from collections import OrderedDict

from base import Run, mlp, torch, train

run = Run(grows=True)
model = mlp(256, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
cache = OrderedDict()
bound = int(500 * run.size)
for _ in run.steps():
    for _ in range(3):
        key = int(run.rng.expovariate(1 / 300))
        cache[key] = cache.pop(key) if key in cache else torch.randn(40, 256)
        if len(cache) > bound:
            cache.popitem(last=False)
            run.grown()
    train(model, optimizer, cache[key][:16], torch.randint(0, 10, (16,)))
