"""Blocks that shrink to a small rest, each too large for any hole before it: the C heap keeps the holes."""

import ctypes

from base import Run, batch, mlp, torch, train

run = Run(leaks="arenas")
libc = ctypes.CDLL(None)
for function in (libc.malloc, libc.realloc):
    function.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
size = int(45_000 * run.size**0.5)
last = libc.malloc(size)
for step in run.steps():
    train(model, optimizer, *batch(24))
    if step % 2:
        continue
    # Chunks come in 16 bytes; one that is a chunk larger fits into no hole, and so lies behind the last.
    size += 16
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    libc.realloc(last, 64)
    last = block
    run.leak(size)
