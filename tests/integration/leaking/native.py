import ctypes

from setting import batch, criterion, model, steps, update

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]


def scratch():
    libc.memset(libc.malloc(32768), 1, 32768)


for step in steps():
    x, y = batch(step)
    scratch()
    update(criterion(model(x), y))
