"""Six small trainings of the kinds that people shrink; each learns something real in a few seconds on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

VOCABULARY = 64
LENGTH = 24


class Residual(nn.Module):
    """Two convolutions with batch norm around a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(x + self.norm2(self.conv2(out)))


class ConvNet(nn.Module):
    """A stem, two residual blocks and a classifier."""

    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.Sequential(Residual(channels), Residual(channels))
        self.head = nn.Linear(channels * 4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.avg_pool2d(self.blocks(functional.relu(self.stem(x))), 4)
        return self.head(x.flatten(1))


class Encoder(nn.Module):
    """torch's own encoder between an embedding and a head."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, width)
        layer = nn.TransformerEncoderLayer(width, 4, 4 * width, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(width, VOCABULARY)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
        return self.head(self.encoder(self.embedding(tokens), mask=mask, is_causal=True))


class Attention(nn.Module):
    """Causal attention, projections apart."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.n_heads, self.head_dim = heads, width // heads
        self.wq = nn.Linear(width, width, bias=False)
        self.wk = nn.Linear(width, width, bias=False)
        self.wv = nn.Linear(width, width, bias=False)
        self.wo = nn.Linear(width, width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            part(x).unflatten(-1, (self.n_heads, self.head_dim)).transpose(1, 2) for part in (self.wq, self.wk, self.wv)
        )
        out = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.wo(out.transpose(1, 2).flatten(2))


class SwiGlu(nn.Module):
    """gate, up and down."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.w1 = nn.Linear(width, hidden, bias=False)
        self.w2 = nn.Linear(hidden, width, bias=False)
        self.w3 = nn.Linear(width, hidden, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.w2(functional.silu(self.w1(x)) * self.w3(x))


class Block(nn.Module):
    """One layer of the decoder."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.attention = nn.RMSNorm(width), Attention(width, 4)
        self.norm2, self.mlp = nn.RMSNorm(width), SwiGlu(width, 3 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Decoder(nn.Module):
    """A decoder whose head is its embedding."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, width)
        self.layers = nn.ModuleList([Block(width) for _ in range(2)])
        self.norm = nn.RMSNorm(width)
        self.head = nn.Linear(width, VOCABULARY, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embedding(tokens)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


def llama(**settings: Any) -> nn.Module:
    from transformers import LlamaConfig, LlamaForCausalLM

    sizes = {"hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2, "num_attention_heads": 8}
    config = LlamaConfig(vocab_size=VOCABULARY, num_key_value_heads=4, use_cache=False, **{**sizes, **settings})
    return LlamaForCausalLM(config)


def gpt2(**settings: Any) -> nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": LENGTH}
    drops = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    return GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, use_cache=False, **{**sizes, **drops, **settings}))


def mlp(width: int = 128) -> nn.Module:
    return nn.Sequential(nn.Linear(16, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 4))


def regression(model: nn.Module, data: torch.Generator) -> torch.Tensor:
    x = torch.randn(64, 16, generator=data)
    return functional.mse_loss(model(x), torch.stack([x[:, 0] * x[:, 1], x[:, 2].sin(), x[:, 3].abs(), x[:, 4]], 1))


def images(model: nn.Module, data: torch.Generator) -> torch.Tensor:
    """Which quarter of a noisy picture is the brightest."""
    kind = torch.randint(4, (32,), generator=data)
    x = 0.5 * torch.randn(32, 3, 8, 8, generator=data)
    for row, quarter in zip(x, kind, strict=True):
        row[:, 4 * (quarter // 2) : 4 * (quarter // 2) + 4, 4 * (quarter % 2) : 4 * (quarter % 2) + 4] += 0.6
    return functional.cross_entropy(model(x), kind)


def tokens_of(data: torch.Generator) -> torch.Tensor:
    """Sequences that a rule makes: each token follows from the one before, but for one in ten."""
    start = torch.randint(VOCABULARY, (16, 1), generator=data)
    rows = [start]
    for _ in range(LENGTH - 1):
        noise = torch.randint(VOCABULARY, (16, 1), generator=data)
        odd = torch.rand(16, 1, generator=data) < 0.1
        rows.append(torch.where(odd, noise, (rows[-1] * 5 + 3) % VOCABULARY))
    return torch.cat(rows, 1)


def language(model: nn.Module, data: torch.Generator) -> torch.Tensor:
    tokens = tokens_of(data)
    logits = model(tokens[:, :-1])
    return functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def hugging_face(model: nn.Module, data: torch.Generator) -> torch.Tensor:
    tokens = tokens_of(data)
    return model(input_ids=tokens, labels=tokens).loss


@dataclass(frozen=True)
class Kind:
    """A model and what it learns."""

    make: Callable[[], nn.Module]
    loss: Callable[[nn.Module, torch.Generator], torch.Tensor]
    rate: float = 3e-3


KINDS: dict[str, Kind] = {
    "mlp": Kind(mlp, regression),
    "conv_net": Kind(ConvNet, images),
    "encoder": Kind(Encoder, language),
    "decoder": Kind(Decoder, language),
    "llama": Kind(llama, hugging_face),
    "gpt2": Kind(gpt2, hugging_face),
}


class Training:
    """One run, step by step."""

    def __init__(
        self, kind: str, optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW, **more: Any
    ) -> None:
        torch.manual_seed(0)
        self.kind = KINDS[kind]
        self.model = self.kind.make().train()
        self.optimizer = optimizer(self.model.parameters(), lr=self.kind.rate, **more)
        self.data = torch.Generator().manual_seed(1)
        self.loss = torch.tensor(0.0)

    def step(self) -> float:
        """Take one; the graph of the loss lives until the next has one of its own, as in most loops."""
        self.optimizer.zero_grad()
        self.loss = self.kind.loss(self.model, self.data)
        self.loss.backward()
        self.optimizer.step()
        return float(self.loss.detach())

    def steps(self, count: int) -> list[float]:
        """Take several."""
        return [self.step() for _ in range(count)]
