"""A reader maps anonymous memory for each decoded clip and never unmaps it: nothing of it is in the heap."""

import mmap

from base import Run, batch, mlp, torch, train

run = Run(leaks="native", step_s=0.06)
model = mlp(64, 96)
optimizer = torch.optim.AdamW(model.parameters())
clips = []
chance = run.rng.uniform(0.1, 0.6)
for _ in run.steps():
    train(model, optimizer, *batch(24))
    if run.rng.random() < chance:
        pages = int(run.rng.uniform(4, 30) * run.size)
        clip = mmap.mmap(-1, pages * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        for at in range(pages):
            clip[at * mmap.PAGESIZE] = 1
        clips.append(clip)
        run.leak(pages * mmap.PAGESIZE)
