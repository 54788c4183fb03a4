"""First only the head is trained; then the body is unfrozen and gets optimizer state; then batches grow."""

from base import Run, batch, mlp, torch, train

run = Run(grows=True)
body, head = mlp(64, 768, 256), mlp(256, 128)
model = torch.nn.Sequential(body, head)
body.requires_grad_(False)
optimizer = torch.optim.Adam(head.parameters())
thaw_s, widen_s = run.rng.uniform(0.15, 0.3) * run.seconds, run.rng.uniform(0.32, 0.45) * run.seconds
thawed = False
for _ in run.steps():
    if not thawed and run.elapsed_s > thaw_s:
        thawed = True
        body.requires_grad_(True)
        optimizer.add_param_group({"params": body.parameters()})
    wide = run.elapsed_s > widen_s
    train(model, optimizer, *batch(96 if wide else 16))
    if wide:
        run.grown()
