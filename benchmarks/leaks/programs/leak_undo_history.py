"""The state of the model is serialised every few steps for a way back; how far back one may go has no bound."""

import io

from base import Run, batch, mlp, torch, train

run = Run(leaks="native", step_s=0.11)
model = mlp(64, int(110 * run.size))
optimizer = torch.optim.Adam(model.parameters())
back = []
every = run.rng.randrange(5, 15)
for step in run.steps():
    train(model, optimizer, *batch(32))
    if step % every == 0:
        file = io.BytesIO()
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
        back.append(file.getvalue())
        run.leak(len(back[-1]))
