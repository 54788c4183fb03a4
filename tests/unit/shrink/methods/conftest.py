"""Real trainings in the small, and runs of the methods on them."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.shrinking import ShrinkPlan
from memgui.shrink import undo
from memgui.shrink.job import Done
from memgui.shrink.listing import METHODS
from memgui.shrink.scene import Scene

WIDTH, WORDS = 64, 50


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, dropout=0.1, batch_first=True)
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, WORDS)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(self.embed(words)))


class Llama(nn.Module):
    """Hugging Face's, with grouped-query attention."""

    def __init__(self) -> None:
        super().__init__()
        from transformers import LlamaConfig, LlamaForCausalLM

        config = LlamaConfig(
            vocab_size=WORDS,
            hidden_size=WIDTH,
            intermediate_size=2 * WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
        )
        self.llama = LlamaForCausalLM(config)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.llama(words).logits


def mlp() -> nn.Module:
    return nn.Sequential(
        nn.Embedding(WORDS, WIDTH), nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WORDS)
    )


MODELS: dict[str, Callable[[], nn.Module]] = {"mlp": mlp, "encoder": Encoder, "llama": Llama}


class Training:
    """A model that learns to tell the next word from this one."""

    def __init__(self, model: str | nn.Module = "mlp", kind: Any = torch.optim.AdamW, **settings: Any) -> None:
        torch.manual_seed(0)
        self.model = MODELS[model]() if isinstance(model, str) else model
        trained = [part for part in self.model.parameters() if part.requires_grad]
        self.optimizer = kind(trained, **{"lr": 3e-3, **settings})
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: 1 / (1 + step / 1000))
        self.data = torch.Generator().manual_seed(1)
        self.made = 0
        self.steps(3)

    def steps(self, count: int) -> float:
        """So many steps; the mean loss of the last five."""
        losses = [self.step() for _ in range(count)]
        return sum(losses[-5:]) / len(losses[-5:])

    def step(self) -> float:
        words = torch.randint(0, WORDS, (8, 12), generator=self.data)
        torch.manual_seed(self.made)  # dropout, the same in each training
        self.made += 1
        self.optimizer.zero_grad()
        self.loss = nn.functional.cross_entropy(self.model(words).flatten(0, 1), (3 * words + 1).flatten() % WORDS)
        self.loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.scheduler.step()
        return self.loss.item()

    def scene(self) -> Scene:
        return Scene([self.model], [self.optimizer])

    def bits(self) -> list[torch.Tensor]:
        """Copies of everything that undo brings back."""
        return [tensor.detach().clone() for tensor in self.scene().tensors()]


class Visit:
    """Previews and runs of a method, as the agent does them; a step goes before only where the method looks at it."""

    def __init__(self, wrap: Callable[[Any], Any]) -> None:
        self._wrap = wrap

    def preview(self, training: Training, name: str, **params: Any) -> ShrinkPlan:
        return self._visit(training, name, params, lambda job, scene: job.preview(scene))

    def run(self, training: Training, name: str, **params: Any) -> Done:
        return self._visit(training, name, params, lambda job, scene: job.run(scene, 1))

    def undo(self, done: Done) -> None:
        undo.take_back(done.undo)

    def _visit(self, training: Training, name: str, params: Any, act: Callable[[Any, Scene], Any]) -> Any:
        watches = next(listed.watches for listed in METHODS if listed.name == name)
        step = training.step if watches else lambda: None
        shrunk = self._wrap(types.SimpleNamespace(model=training.model, optimizer=training.optimizer, step=step))
        job = shrunk.job(name, **params)
        try:
            return act(job, shrunk.scene(job))
        finally:
            job.end()


@pytest.fixture
def visit(wrap: Callable[[Any], Any]) -> Iterator[Visit]:
    """What is left to undo is undone, so that nothing of a test outlives it."""
    yield Visit(wrap)
    for info in undo.listed():
        undo.take_back(info.undo)


@pytest.fixture
def training() -> type[Training]:
    """Makes a training that has made three steps."""
    return Training
