"""An LSTM on texts in buckets of length; the buckets come in order at first, then at random."""

from base import Run, nn, torch

run = Run(grows=True, step_s=0.07)
embed, model, head = nn.Embedding(300, 24), nn.LSTM(24, 48, batch_first=True), nn.Linear(48, 300)
parameters = [*embed.parameters(), *model.parameters(), *head.parameters()]
optimizer = torch.optim.Adam(parameters)
buckets = [8, 16, 24, 40, 64, 96]
warm = int(0.25 * run.seconds / run.step_s)
for step in run.steps():
    length = buckets[step * len(buckets) // warm] if step < warm else run.rng.choice(buckets)
    tokens = torch.randint(0, 300, (int(8 * run.size) + 2, length + 1))
    optimizer.zero_grad()
    out, _ = model(embed(tokens[:, :-1]))
    nn.functional.cross_entropy(head(out).flatten(0, 1), tokens[:, 1:].flatten()).backward()
    optimizer.step()
    if step == warm:
        run.grown()
