"""Workers cut windows out of signals and keep each signal's spectrum; the recorder comes in the middle of the run."""

from base import Run, nn, torch
from torch.utils.data import DataLoader, Dataset

run = Run(leaks="workers", step_s=0.1, attach=True)


class Signals(Dataset):
    def __init__(self):
        self.spectra = {}

    def __len__(self):
        return 10_000_000

    def __getitem__(self, at):
        signal = torch.randn(int(700 * run.size))
        self.spectra[at] = torch.fft.rfft(signal).abs()
        return signal[:256]


model = nn.Sequential(nn.Conv1d(1, 8, 9, 4), nn.ReLU(), nn.Conv1d(8, 8, 9, 4), nn.Flatten(), nn.LazyLinear(4))
loader = iter(DataLoader(Signals(), batch_size=24, num_workers=2, persistent_workers=True))
model(next(loader)[:, None])
optimizer = torch.optim.RMSprop(model.parameters())
for _ in run.steps():
    optimizer.zero_grad()
    model(next(loader)[:, None]).square().mean().backward()
    optimizer.step()
    # Half of a signal in floats, its tensor and the dict's entry beside it.
    run.leak(24 * (int(700 * run.size) * 2 + 500))
