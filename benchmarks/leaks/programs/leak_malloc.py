"""An extension asks the C heap for memory at every step and forgets it."""

import ctypes

from base import Run, batch, mlp, torch, train

run = Run(leaks="native")
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
model = mlp(64, 128)
optimizer = torch.optim.Adam(model.parameters())
for _ in run.steps():
    train(model, optimizer, *batch(48))
    for _ in range(4):
        size = int(run.rng.uniform(500, 8000) * run.size)
        ctypes.memset(libc.malloc(size), 1, size)
        run.leak(size + 16)
