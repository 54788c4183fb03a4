"""Each worker keeps the decoded form of a finite data set: complete after the first epoch, which takes a while."""

from base import Run, mlp, torch, train
from torch.utils.data import DataLoader, Dataset

run = Run(grows=True, step_s=0.1)
samples = int(24 * run.rng.randrange(80, 400))


class Decoded(Dataset):
    def __init__(self):
        self.kept = {}

    def __len__(self):
        return samples

    def __getitem__(self, at):
        if at not in self.kept:
            self.kept[at] = torch.randn(int(900 * run.size))
        return self.kept[at][:64]


model = mlp(64, 96)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(Decoded(), batch_size=24, num_workers=1, persistent_workers=True)
batches = iter(loader)
for _ in run.steps():
    x = next(batches, None)
    if x is None:
        run.grown()
        batches = iter(loader)
        x = next(batches)
    train(model, optimizer, x, torch.randint(0, 10, (len(x),)))
