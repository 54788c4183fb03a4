"""A dict remembers the pieces of each word that it has met; words are finite, and new ones ever rarer."""

from base import Run, batch, mlp, torch, train

run = Run(grows=True, step_s=0.06)
words = int(6000 * run.size)
model = mlp(64, 96)
optimizer = torch.optim.AdamW(model.parameters())
pieces = {}
for _ in run.steps():
    for _ in range(30):
        word = int(run.rng.paretovariate(0.6)) % words
        if word not in pieces:
            pieces[word] = [f"{word}/{piece}" for piece in range(16)]
    train(model, optimizer, *batch(24))
    if len(pieces) >= 0.95 * words:
        run.grown()
