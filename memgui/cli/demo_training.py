"""The training that `memgui demo` watches: a byte-level transformer on text that every Python ships.

A program of its own, run by path. It knows memgui only through marks, and trains without it as well. `--leak` plants a
real leak, each as the field meets it.
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

LEAKS = ("none", "history", "graph", "hooks", "cache", "native", "workers")
CONTEXT, BATCH, WIDTH, HEADS, LAYERS = 64, 16, 128, 4, 3
EVALUATE_EVERY, CHECKPOINT_EVERY = 50, 300
# A demo left alone must not eat the machine: past this the leak stops, and says so.
LEAK_AT_MOST_BYTES = 4 * 2**30
LEAK_PER_STEP_BYTES = 128 * 1024


def corpus() -> Tensor:
    """All help topics of Python as bytes, uint8[n]."""
    from pydoc_data.topics import topics

    return torch.frombuffer(bytearray("\n".join(topics.values()).encode()), dtype=torch.uint8)


class Windows(Dataset[Tensor]):
    """Pieces of CONTEXT + 1 bytes. With `leak`, each worker remembers every sample it has served."""

    def __init__(self, text: Tensor, *, leak: bool) -> None:
        self.text = text
        self.leak = leak
        self.served: list[list[float]] = []

    def __len__(self) -> int:
        return len(self.text) - CONTEXT - 1

    def __getitem__(self, at: int) -> Tensor:
        piece = self.text[at : at + CONTEXT + 1].long()
        if self.leak:
            self.served.append([float(number) + at for number in piece.tolist()])
        return piece


class Model(nn.Module):
    """A causal transformer that predicts the next byte."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(256, WIDTH)
        self.place = nn.Parameter(torch.randn(CONTEXT, WIDTH) * 0.02)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, 256)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(CONTEXT), persistent=False)

    def forward(self, bytes_in: Tensor) -> Tensor:
        """Logits, float[batch, CONTEXT, 256], for int64[batch, CONTEXT]."""
        x = self.embed(bytes_in) + self.place
        logits: Tensor = self.head(self.blocks(x, mask=self.mask, is_causal=True))
        return logits


class Trainer:
    """Trains, evaluates, saves; the leaks live on this object as they do on people's."""

    def __init__(self, leak: str, device: torch.device, folder: Path) -> None:
        torch.manual_seed(0)
        text = corpus()
        held_out = len(text) // 10
        self.device, self.leak, self.folder = device, leak, folder
        data = Windows(text[held_out:], leak=leak == "workers")
        self.loader = DataLoader(data, BATCH, shuffle=True, num_workers=2, persistent_workers=True, drop_last=True)
        self.held_out = text[:held_out].long()
        self.model = Model().to(device)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3)
        self.step = 0
        self.leaked = 0
        self.history: list[Tensor] = []
        self.total = torch.zeros((), device=device)
        self.grabbed: list[int] = []

    def batches(self) -> Iterator[Tensor]:
        """Batches for ever."""
        epoch = 0
        while True:
            mark(f"epoch {epoch}")
            yield from self.loader
            epoch += 1

    def train_step(self, batch: Tensor) -> float:
        """One optimizer step; returns the loss."""
        batch = batch.to(self.device)
        logits = self.model(batch[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        if self.leaked < LEAK_AT_MOST_BYTES:
            self.plant(logits, loss)
        self.step += 1
        return loss.item()

    def plant(self, logits: Tensor, loss: Tensor) -> None:
        """Leak a little, in the way that was asked for."""
        rows = LEAK_PER_STEP_BYTES // (256 * 4)
        if self.leak == "history":
            self.history.append(logits.flatten(0, 1)[:rows].detach().clone())
        elif self.leak == "graph":
            # The graph of a small head: what a running total of losses holds on to.
            probe = self.model.head(logits.flatten(0, 1)[:rows, :WIDTH].detach().clone())
            self.total = self.total + probe.logsumexp(-1).mean() * 0.0 + loss.detach()
        elif self.leak == "hooks" and self.step % 4 == 0:
            kept: list[Tensor] = []
            self.model.head.register_forward_hook(functools.partial(keep_once, kept, 4 * rows))
        elif self.leak == "cache":
            features(self.step, rows)
        elif self.leak == "native":
            self.grabbed.append(grab(LEAK_PER_STEP_BYTES))
        if self.leak != "none":
            self.leaked += LEAK_PER_STEP_BYTES

    @torch.no_grad()
    def evaluate(self) -> float:
        """Loss on held-out text."""
        self.model.eval()
        pieces = self.held_out[: 32 * (CONTEXT + 1)].view(32, -1).to(self.device)
        logits = self.model(pieces[:, :-1])
        self.model.train()
        return nn.functional.cross_entropy(logits.flatten(0, 1), pieces[:, 1:].flatten()).item()

    def save(self) -> None:
        """Write a checkpoint over the last one."""
        state = {"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "step": self.step}
        torch.save(state, self.folder / "checkpoint.pt")


def keep_once(kept: list[Tensor], rows: int, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    """A hook that wanted to look at one activation, and was never removed."""
    if not kept:
        kept.append(output.detach().flatten(0, -2)[:rows].clone())


@functools.cache
def features(step: int, rows: int) -> Tensor:
    """A cache whose key never comes back."""
    return torch.full((rows, 256), float(step))


def grab(size: int) -> int:
    """Native memory that nobody frees; written to, so that it is really there."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    address = int(libc.malloc(ctypes.c_size_t(size)) or 0)
    ctypes.memset(address, 1, size)
    return address


def mark(text: str) -> None:
    """Tell memgui, where it watches."""
    agent = sys.modules.get("memgui.agent")
    if agent is not None:
        tell: Callable[[str], None] = agent.mark
        tell(text)


def main() -> None:
    """Train until told to stop."""
    parser = argparse.ArgumentParser(description="A small real training, with a leak if you like.")
    parser.add_argument("--leak", choices=LEAKS, default="none")
    parser.add_argument("--steps", type=int, default=sys.maxsize)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    chosen = parser.parse_args()
    # A worker that is killed while it hands over a batch leaves a traceback on the terminal: end between two batches.
    told_to_stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: told_to_stop.set())
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folder = Path(tempfile.mkdtemp(prefix="memgui-demo-"))
    try:
        trainer = Trainer(chosen.leak, device, folder)
        until = time.monotonic() + chosen.seconds
        told = False
        for batch in trainer.batches():
            loss = trainer.train_step(batch)
            if trainer.step % EVALUATE_EVERY == 0:
                mark("eval")
                print(f"step {trainer.step}  loss {loss:.3f}  held-out {trainer.evaluate():.3f}", flush=True)
            if trainer.step % CHECKPOINT_EVERY == 0:
                mark("checkpoint")
                trainer.save()
            if not told and trainer.leaked >= LEAK_AT_MOST_BYTES:
                told = True
                print("the planted leak has reached its bound and stops growing", flush=True)
            if trainer.step >= chosen.steps or time.monotonic() >= until or told_to_stop.is_set():
                break
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
