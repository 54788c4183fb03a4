"""functools.lru_cache with a bound on a tokenizer: word frequencies as in text, so that it fills ever more slowly."""

from functools import lru_cache

from base import Run, batch, mlp, torch, train

run = Run(grows=True, step_s=0.06)
bound = int(4000 * run.size)


@lru_cache(maxsize=bound)
def tokens(word):
    return [f"{word}-{piece}" for piece in range(12)]


model = mlp(64, 96)
optimizer = torch.optim.Adam(model.parameters())
for _ in run.steps():
    for _ in range(40):
        tokens(int(run.rng.paretovariate(0.7)) % 1_000_000)
    train(model, optimizer, *batch(24))
    if tokens.cache_info().currsize == bound:
        run.grown()
