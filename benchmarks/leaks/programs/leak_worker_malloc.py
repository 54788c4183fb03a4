"""A decoder in the loader's workers loses a buffer for every sample."""

import ctypes

from base import Run, mlp, torch, train
from torch.utils.data import DataLoader, Dataset

run = Run(leaks="workers", step_s=0.05)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
size = int(2600 * run.size)


class Decoded(Dataset):
    def __len__(self):
        return 10_000_000

    def __getitem__(self, at):
        ctypes.memset(libc.malloc(size), 1, size)
        return torch.full((64,), float(at % 31))


model = mlp(64, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loader = iter(DataLoader(Decoded(), batch_size=16, num_workers=2, persistent_workers=True))
for _ in run.steps():
    train(model, optimizer, next(loader), torch.randint(0, 10, (16,)))
    run.leak(16 * (size + 16))
