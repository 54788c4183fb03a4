"""Loader workers that start anew at every epoch and read a list of Python objects: copy-on-write up to a bound."""

from base import Run, mark, mlp, torch, train
from torch.utils.data import DataLoader, Dataset

run = Run(grows=True, step_s=0.04)


class Listed(Dataset):
    def __init__(self):
        self.rows = [[float(at + column) for column in range(24)] for at in range(30_000)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, at):
        return torch.tensor(self.rows[at])


data = Listed()
model = mlp(24, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
epoch = run.rng.randrange(150, 350)


def epochs():
    while True:
        mark("epoch")
        for at, x in enumerate(DataLoader(data, batch_size=32, shuffle=True, num_workers=2)):
            if at == epoch:
                run.grown()
                break
            yield x


batches = epochs()
for _ in run.steps():
    train(model, optimizer, next(batches) / 1e5, torch.randint(0, 10, (32,)))
