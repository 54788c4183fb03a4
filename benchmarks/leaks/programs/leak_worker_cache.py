"""Each loader worker remembers the decoded form of every sample that it has served, as Python objects."""

from base import Run, mlp, torch, train
from torch.utils.data import DataLoader, Dataset

run = Run(leaks="workers", step_s=0.05)


class Samples(Dataset):
    def __init__(self):
        self.decoded = {}

    def __len__(self):
        return 10_000_000

    def __getitem__(self, at):
        self.decoded[at] = [float(number) + at for number in range(int(64 * 4 * run.size))]
        return torch.tensor(self.decoded[at][:64])


model = mlp(64, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loader = iter(DataLoader(Samples(), batch_size=16, num_workers=2, persistent_workers=True))
for _ in run.steps():
    x = next(loader)
    train(model, optimizer, x / 1e7, torch.randint(0, 10, (16,)))
    # A list's slot and a float for each number, the dict's entry beside it.
    run.leak(16 * (int(64 * 4 * run.size) * 32 + 56 + 130))
