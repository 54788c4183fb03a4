"""A Dataset notes the parameters of every augmentation that it draws, in each loader worker."""

import random

from base import Run, mlp, torch, train
from torch.utils.data import DataLoader, Dataset

run = Run(leaks="workers", step_s=0.08)
count = int(14 * run.size)


class Augmented(Dataset):
    def __init__(self):
        self.drawn = []

    def __len__(self):
        return 10_000_000

    def __getitem__(self, at):
        self.drawn.append({f"a{at}-{part}": random.random() for part in range(count)})
        return torch.full((64,), float(at % 29))


model = mlp(64, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loader = iter(DataLoader(Augmented(), batch_size=16, num_workers=2, persistent_workers=True))
for _ in run.steps():
    train(model, optimizer, next(loader), torch.randint(0, 10, (16,)))
    run.leak(16 * (count * 100 + 300))
