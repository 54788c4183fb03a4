"""Batches that workers hand over in shared memory are kept for an analysis of hard examples."""

from base import Run, mlp, torch, train
from torch.utils.data import DataLoader, Dataset

run = Run(leaks="shm", step_s=0.05)


class Noise(Dataset):
    def __len__(self):
        return 10_000_000

    def __getitem__(self, at):
        return torch.full((512,), float(at % 97)), at % 10


model = mlp(512, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
loader = iter(DataLoader(Noise(), batch_size=int(24 * run.size) + 4, num_workers=1, persistent_workers=True))
hard = []
# Each kept batch holds a file descriptor too; another strategy of sharing does not run out of them.
torch.multiprocessing.set_sharing_strategy("file_system")
for step in run.steps():
    x, y = next(loader)
    train(model, optimizer, x, y)
    if step % 2 == 0:
        hard.append(x)
        run.leak(-(-x.numel() * 4 // 4096) * 4096)
