"""A small classifier of text lines, written the usual way. Its twin after.py does the same with memgui.runtime.

python docs/examples/before.py [--steps 200] [--workers 2]
"""

from __future__ import annotations

import argparse
import time
from pydoc_data.topics import topics

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

WIDTH, HIDDEN, BATCH, LENGTH = 48, 256, 64, 96


def samples() -> list[dict[str, object]]:
    """Lines of Python's help, each with the number of its topic: a list of Python objects, as many datasets are."""
    names = sorted(topics)
    lines = [(name, line) for name in names for line in topics[name].splitlines() if line.strip()]
    return [{"text": line, "words": line.split(), "topic": names.index(name)} for name, line in lines * 8]


def collate(batch: list[dict[str, object]]) -> tuple[Tensor, Tensor]:
    """int64[batch, LENGTH] of bytes, int64[batch] of topics."""
    text = torch.zeros(len(batch), LENGTH, dtype=torch.int64)
    for row, sample in enumerate(batch):
        piece = str(sample["text"]).encode()[:LENGTH]
        text[row, : len(piece)] = torch.frombuffer(bytearray(piece), dtype=torch.uint8)
    return text, torch.tensor([sample["topic"] for sample in batch])


class Model(nn.Module):
    """Bytes to topics."""

    def __init__(self, topics_count: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(256, WIDTH)
        self.blocks = nn.Sequential(
            nn.Conv1d(WIDTH, HIDDEN, 5, padding=2), nn.GELU(), nn.Conv1d(HIDDEN, HIDDEN, 5, padding=2), nn.GELU()
        )
        self.head = nn.Linear(HIDDEN, topics_count)

    def forward(self, text: Tensor) -> Tensor:
        """Logits, float[batch, topics]."""
        wide: Tensor = self.blocks(self.embed(text).transpose(1, 2))
        logits: Tensor = self.head(wide.amax(2))
        return logits


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    loader = DataLoader(samples(), BATCH, shuffle=True, num_workers=chosen.workers, collate_fn=collate, drop_last=True)
    model = Model(len(topics))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    step, began = 0, time.perf_counter()
    while step < chosen.steps:
        for text, topic in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(text), topic)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step == 1 or step % 20 == 0:
                print(
                    f"step {step}  loss {loss.item():.4f}  {step / (time.perf_counter() - began):.1f} steps/s",
                    flush=True,
                )
            if step >= chosen.steps:
                break


if __name__ == "__main__":
    main()
