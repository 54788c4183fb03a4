"""Logits of every evaluation are kept, the evaluation itself comes and goes."""

from base import Run, batch, mark, mlp, torch, train

run = Run(leaks="tensor", per_event=True)
model = mlp(64, 128, 200)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
kept = []
every = run.rng.randrange(70, 160)
for step in run.steps():
    train(model, optimizer, *batch(32, 64, 200))
    if step % every == every - 1:
        mark("evaluation")
        with torch.no_grad():
            found = [model(torch.randn(500, 64)) for _ in range(int(4 * run.size) + 1)]
            kept.append(torch.cat(found).half())
        run.leak(kept[-1].numel() * 2)
