"""Accumulated gradients on texts of unequal length; the decoded words of each batch are kept for a table of samples."""

from base import Run, nn, torch

run = Run(leaks="python", step_s=0.09)
embedding, recurrent, head = nn.Embedding(500, 48), nn.GRU(48, 64, batch_first=True), nn.Linear(64, 500)
parameters = [*embedding.parameters(), *recurrent.parameters(), *head.parameters()]
optimizer = torch.optim.AdamW(parameters)
table = []
rows = int(10 * run.size)
for step in run.steps():
    length = run.rng.randrange(12, 40)
    tokens = torch.randint(0, 500, (rows, length))
    logits = head(recurrent(embedding(tokens))[0])
    nn.functional.cross_entropy(logits.flatten(0, 1), tokens.flatten()).backward()
    if step % 4 == 3:
        optimizer.step()
        optimizer.zero_grad()
    for number, row in enumerate(logits.argmax(-1).tolist()):
        words = [f"{step}/{number}:{at}:{word}" for at, word in enumerate(row)]
        table.append(words)
        run.leak(sum(49 + len(word) for word in words) + 56 + 8 * len(words))
