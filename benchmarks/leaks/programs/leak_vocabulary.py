"""A vocabulary counts n-grams of noisy text: most are new, and nothing is ever pruned."""

from collections import Counter

from base import Run, batch, mlp, torch, train

run = Run(leaks="python", step_s=0.06)
model = mlp(64, 96)
optimizer = torch.optim.Adam(model.parameters())
vocabulary = Counter()
count = int(60 * run.size)
for _ in run.steps():
    train(model, optimizer, *batch(24))
    grams = [f"{run.rng.getrandbits(48):x}" for _ in range(count)]
    known = len(vocabulary)
    vocabulary.update(grams)
    run.leak((len(vocabulary) - known) * 140)
