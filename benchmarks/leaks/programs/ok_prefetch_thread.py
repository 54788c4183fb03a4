"""A thread prepares batches of unequal length into a queue with a bound, faster at first than they are used."""

import queue
import threading
import time

from base import Run, nn, torch

run = Run(grows=True, step_s=0.1)
ready = queue.Queue(maxsize=run.rng.randrange(30, 150))
pause = run.step_s * run.rng.uniform(0.3, 0.8)


def prepare():
    while True:
        length = min(int(run.rng.lognormvariate(3.4, 0.5)), 200)
        ready.put(torch.randn(int(10 * run.size) + 2, length, 32))
        time.sleep(pause)


threading.Thread(target=prepare, daemon=True).start()
model = nn.LSTM(32, 32, batch_first=True)
optimizer = torch.optim.Adam(model.parameters())
for _ in run.steps():
    if ready.full():
        run.grown()
    optimizer.zero_grad()
    model(ready.get())[0].square().mean().backward()
    optimizer.step()
