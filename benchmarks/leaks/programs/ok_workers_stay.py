"""Persistent workers over a list of Python objects: their pages are unshared one by one, then no more."""

from base import Run, mlp, torch, train
from torch.utils.data import DataLoader, Dataset

run = Run(grows=True, step_s=0.04)


class Listed(Dataset):
    def __init__(self):
        self.rows = [[float(at + column) for column in range(24)] for at in range(int(12_000 * run.size))]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return torch.tensor(self.rows[at])


model = mlp(24, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
loader = DataLoader(Listed(), batch_size=32, shuffle=True, num_workers=2, persistent_workers=True)


def batches():
    while True:
        yield from loader
        run.grown()


source = batches()
for _ in run.steps():
    x = next(source)
    train(model, optimizer, x / 1e5, torch.randint(0, 10, (len(x),)))
