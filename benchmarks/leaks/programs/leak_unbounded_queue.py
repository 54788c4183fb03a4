"""A thread prefetches faster than the training consumes, into a queue without a bound."""

import queue
import threading
import time

import numpy as np
from base import Run, mlp, torch, train

run = Run(leaks="native", step_s=0.04)
model = mlp(64, 96)
optimizer = torch.optim.AdamW(model.parameters())
waiting: queue.Queue = queue.Queue()
surplus = int(2500 * run.size)


def prefetch():
    rng = np.random.default_rng(run.seed)
    while True:
        waiting.put(rng.random((surplus + 64,), "float32"))
        time.sleep(run.step_s / 1.8)


threading.Thread(target=prefetch, daemon=True).start()
longest = 0
for _ in run.steps():
    x = torch.from_numpy(waiting.get()[:64]).repeat(16, 1)
    train(model, optimizer, x, torch.randint(0, 10, (16,)))
    longer = waiting.qsize()
    if longer > longest:
        run.leak((longer - longest) * (surplus + 64) * 4)
        longest = longer
