import functools

from setting import batch, criterion, model, steps, update


class Features:
    @functools.lru_cache(maxsize=None)  # noqa: B019, UP033 - it leaks, that is what it is here for
    def of(self, step):
        x, _ = batch(step)
        return x.square()


features = Features()
for step in steps():
    x, y = batch(step)
    features.of(step)
    update(criterion(model(x), y))
