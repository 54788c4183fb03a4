"""Beam search after each epoch with texts that get longer as training goes on; the recorder comes in the middle."""

from base import Run, mark, nn, time, torch

run = Run(step_s=0.1, attach=True)
embedding, recurrent, head = nn.Embedding(300, 32), nn.GRU(32, 64, batch_first=True), nn.Linear(64, 300)
parameters = [*embedding.parameters(), *recurrent.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(parameters)
epoch = run.rng.randrange(120, 260)
for step in run.steps():
    tokens = torch.randint(0, 300, (int(6 * run.size) + 2, run.rng.randrange(10, 40)))
    optimizer.zero_grad()
    logits = head(recurrent(embedding(tokens))[0])
    nn.functional.cross_entropy(logits.flatten(0, 1), tokens.flatten()).backward()
    optimizer.step()
    if step % epoch == epoch - 1:
        mark("epoch")
        with torch.no_grad():
            beams, state, seen = torch.zeros(24, 1, dtype=torch.long), None, []
            for _ in range(10 + 4 * (step // epoch)):
                out, state = recurrent(embedding(beams[:, -1:]), state)
                seen.append(head(out))
                beams = torch.cat([beams, seen[-1].argmax(-1)], 1)
                time.sleep(0.05)
        del seen, state
