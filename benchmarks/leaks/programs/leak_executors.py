"""An executor for each bunch of uploads is made and never shut down; its threads keep their buffers."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from base import Run, batch, mlp, torch, train

run = Run(leaks="threads", step_s=0.07)
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
local = threading.local()
executors = []
every = run.rng.randrange(8, 20)
size = int(220_000 * run.size)


def upload(number):
    local.buffer = np.full(size, number % 100, np.uint8)


for step in run.steps():
    train(model, optimizer, *batch(24))
    if step % every == 0:
        executor = ThreadPoolExecutor(1)
        executor.submit(upload, step)
        executors.append(executor)
        run.leak(size)
