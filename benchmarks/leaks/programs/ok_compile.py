"""torch.compile with its recompilations for the first few shapes; afterwards all shapes are known."""

from base import Run, batch, mlp, torch, train

run = Run(grows=True, step_s=0.04)
model = mlp(64, 128)
backend = "inductor" if run.seed % 2 == 0 else "aot_eager"
compiled = torch.compile(model, backend=backend, dynamic=False)
optimizer = torch.optim.Adam(model.parameters())
sizes = [16, 24, 32, 48]
for _ in run.steps():
    stage = min(int(run.elapsed_s / run.seconds / 0.1), len(sizes) - 1)
    train(compiled, optimizer, *batch(sizes[stage]))
    if stage == len(sizes) - 1:
        run.grown()
