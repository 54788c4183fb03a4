"""Each evaluation registers a callback that closes over its logits; callbacks are never removed."""

from base import Run, batch, mark, mlp, torch, train

run = Run(leaks="tensor", per_event=True, step_s=0.06)
model = mlp(64, 96)
optimizer = torch.optim.Adam(model.parameters())
callbacks = []
every = run.rng.randrange(60, 140)
for step in run.steps():
    train(model, optimizer, *batch(24))
    if step % every == every - 1:
        mark("evaluation")
        with torch.no_grad():
            logits = torch.cat([model(torch.randn(400, 64)) for _ in range(int(60 * run.size))])
        callbacks.append(lambda threshold, logits=logits: (logits > threshold).sum())
        run.leak(logits.numel() * 4)
        del logits
