"""What the programs share: arguments, the paced loop, the ledger of what is truly leaked, a count of tensors.

From seed 1 on a program also does some of what trainings do beside their steps: evaluations, checkpoints, batches of
unequal size, lists that are dropped now and then.

A program tells on stdout, in monotonic seconds: `META {json}`, then `STEP number time ledger_bytes`, `ONSET time`,
`GROWN time` when growth that has a bound has reached it, `CENSUS time objects tensors tensor_bytes`, `END time`.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import Tensor, nn

torch.set_num_threads(1)
_CENSUS_EVERY_S = 0.5


class Run:
    """One run of a program.

    Args:
        leaks: the kind of memory that leaks, None for a program that is sound.
        per_event: it leaks at each evaluation or checkpoint, not at each step.
        grows: it is sound, but grows up to a bound; `grown` tells when that is reached.
        attach: the recorder comes only after a tenth to a third of the time.
    """

    def __init__(
        self,
        *,
        leaks: str | None = None,
        per_event: bool = False,
        grows: bool = False,
        attach: bool = False,
        step_s: float = 0.03,
    ) -> None:
        parser = argparse.ArgumentParser()
        parser.add_argument("--seconds", type=float, default=60.0)
        parser.add_argument("--seed", type=int, default=0)
        chosen = parser.parse_args()
        self.seconds, self.seed = chosen.seconds, chosen.seed
        random.seed(self.seed)
        np.random.seed(self.seed)
        torch.manual_seed(self.seed)
        self.rng = random.Random(self.seed * 7919 + 13)
        self.step_s = step_s * self.rng.uniform(0.7, 1.4)
        # How much a program keeps, caches or adds varies from seed to seed.
        self.size = self.rng.uniform(0.5, 2.0)
        self.step, self.ledger, self._leaking, self._grown = 0, 0.0, False, False
        self._counted_s = 0.0
        self._lock = threading.Lock()
        self._beside = Beside(self.rng) if self.seed else None
        # The first optimizer imports a lot; the imports' objects are left out of the count of tensors.
        torch.optim.SGD([torch.zeros(1)], lr=0.1)
        gc.collect()
        gc.freeze()
        self.began_s = time.monotonic()
        attach_s = self.seconds * random.Random(self.seed).uniform(0.1, 0.33) if attach else 0.0
        meta = {"leaks": leaks, "per_event": per_event, "grows": grows, "attach_s": attach_s}
        self._tell("META " + json.dumps(meta))

    def _tell(self, line: str) -> None:
        with self._lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.began_s

    def leak(self, count: float) -> None:
        """Enter bytes into the ledger of what will never be freed."""
        if not self._leaking:
            self._leaking = True
            self._tell(f"ONSET {time.monotonic():.4f}")
        self.ledger += count

    def grown(self) -> None:
        """Tell that growth with a bound has reached it."""
        if not self._grown:
            self._grown = True
            self._tell(f"GROWN {time.monotonic():.4f}")

    def steps(self) -> Iterator[int]:
        """Step numbers at the program's pace until the time is over; then the process ends."""
        due = time.monotonic()
        while self.elapsed_s < self.seconds:
            if time.monotonic() - self._counted_s > _CENSUS_EVERY_S:
                self._count()
            if self._beside is not None:
                self._beside.step(self.step)
            yield self.step
            self._tell(f"STEP {self.step} {time.monotonic():.4f} {self.ledger:.0f}")
            self.step += 1
            due = max(due + self.step_s, time.monotonic())
            time.sleep(max(due - time.monotonic(), 0.0))
        self._tell(f"END {time.monotonic():.4f}")
        os._exit(0)

    def _count(self) -> None:
        # Between steps and on the training thread: elsewhere the walk meets objects that are being made.
        self._counted_s = time.monotonic()
        objects = gc.get_objects()
        held: dict[int, int] = {}
        tensors = 0
        for found in objects:
            if type(found) is Tensor or type(found) is nn.Parameter:
                tensors += 1
                if found.layout is not torch.strided:
                    continue
                storage = found.untyped_storage()
                held[storage.data_ptr()] = storage.nbytes()
        self._tell(f"CENSUS {self._counted_s:.4f} {len(objects)} {tensors} {sum(held.values())}")


class Beside:
    """What happens beside the steps and leaves nothing; what and how much varies from seed to seed."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._evaluate_every = rng.randrange(60, 260) if rng.random() < 0.4 else 0
        self._save_every = rng.randrange(120, 400) if rng.random() < 0.4 else 0
        self._drop_every = rng.randrange(60, 300) if rng.random() < 0.4 else 0
        self._batch_bytes = rng.uniform(0.2e6, 3e6) if rng.random() < 0.5 else 0.0
        self._spike_bytes = rng.uniform(4e6, 50e6)
        self._batch: Tensor | None = None
        self._list: list[str] = []

    def step(self, number: int) -> None:
        if self._batch_bytes:
            # Held until the next step, as a prefetched batch is.
            self._batch = torch.zeros(int(min(self._rng.lognormvariate(0.0, 0.6), 6.0) * self._batch_bytes / 4))
        if self._drop_every:
            self._list += [f"{number} {row}" for row in range(100)]
            if number % self._drop_every == 0:
                self._list = []
        if self._evaluate_every and number % self._evaluate_every == self._evaluate_every - 1:
            mark("evaluation")
            logits = torch.zeros(int(self._spike_bytes / 4))
            time.sleep(self._rng.uniform(0.2, 1.5))
            del logits
        if self._save_every and number % self._save_every == self._save_every - 1:
            mark("checkpoint")
            io.BytesIO().write(bytes(int(self._spike_bytes / 2)))


def mark(text: str) -> None:
    """Tell memgui what begins, where it watches."""
    agent = sys.modules.get("memgui.agent")
    if agent is not None:
        agent.mark(text)


def mlp(inputs: int = 64, width: int = 128, outputs: int = 10, depth: int = 2) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(inputs, width), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def batch(count: int = 32, inputs: int = 64, outputs: int = 10) -> tuple[Tensor, Tensor]:
    return torch.randn(count, inputs), torch.randint(0, outputs, (count,))


def train(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """One step; returns the outputs and the loss, their graph still on them."""
    optimizer.zero_grad()
    outputs = model(x)
    loss = nn.functional.cross_entropy(outputs.flatten(0, -2), y.flatten())
    loss.backward()
    optimizer.step()
    return outputs, loss


def saved_bytes(function: Callable[[], object]) -> int:
    """Bytes that the graph of a forward pass holds, parameters left out."""
    held: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        of_parameter = isinstance(tensor if tensor._base is None else tensor._base, nn.Parameter)
        if not of_parameter:
            held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = function()
    del kept
    return sum(held.values())
