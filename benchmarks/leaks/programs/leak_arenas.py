"""Blocks that shrink to a small rest, each too large for any hole before it: the C heap keeps the holes."""

import ctypes
from pathlib import Path

from base import Run, batch, mlp, torch, train

run = Run(leaks="arenas")
libc = ctypes.CDLL(None)
for function in (libc.malloc, libc.realloc):
    function.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
size = int(12_000 * run.size)


def fragment():
    """Allocates, shrinks; returns the bytes of the holes. Chunks come in 16 bytes: one more fits into no older hole."""
    global size
    size += 16
    blocks = [libc.malloc(size) for _ in range(3)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks:
        libc.realloc(block, 64)
    return 3 * size


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


# What the heap has free from the imports is used up first.
full = resident() + 6_000_000
while resident() < full:
    fragment()
for _ in run.steps():
    train(model, optimizer, *batch(24))
    run.leak(fragment())
