"""A tokenizer remembers every document it has seen, as lists of strings and numbers."""

import sys

from base import Run, nn, torch, train

run = Run(leaks="python", step_s=0.045)
model = nn.Sequential(nn.Embedding(4096, 32), nn.Linear(32, 64))
optimizer = torch.optim.Adam(model.parameters())
seen = {}
for _ in run.steps():
    rows = []
    for _ in range(4):
        text = " ".join(f"w{run.rng.randrange(10**6)}" for _ in range(int(90 * run.size) + 33))
        words = text.split()
        numbers = [hash(word) % 4096 + 10_000 for word in words]
        seen[text] = (words, numbers)
        run.leak(sys.getsizeof(text) + sum(map(sys.getsizeof, words)) + 28 * len(numbers) + 16 * len(words) + 300)
        rows.append(numbers[:33])
    x = torch.tensor(rows) - 10_000
    train(model, optimizer, x[:, :-1], x[:, 1:] % 64)
