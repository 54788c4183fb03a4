"""What lies beyond the expected is named; what belongs to the training is not."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from memgui.agent.inspect.budget import Budget  # noqa: E402
from memgui.agent.inspect.models import Models  # noqa: E402
from memgui.agent.inspect.surplus import find_surplus  # noqa: E402
from memgui.agent.inspect.walk import Walker  # noqa: E402
from memgui.agent.optimizers import Optimizers  # noqa: E402

SIZE = 1024 * 1024 * 4 + 1024 * 4


class Net(nn.Linear):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(1024, 1024)


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    gc.collect()
    yield
    gc.collect()


def surplus(optimizer: Any) -> list[tuple[str, int]]:
    optimizers = Optimizers()
    optimizers.saw(optimizer)
    walked = Walker(optimizers, Models(optimizers)).walk(Budget(60.0), keep=True)
    # Other tests of this process may have left small models behind.
    return [(found.kind, found.size_bytes) for found in find_surplus(walked)]


def trained(model: Any, **options: Any) -> Any:
    optimizer = torch.optim.AdamW(model.parameters(), **options)
    model(torch.randn(2, 1024)).square().sum().backward()
    optimizer.step()
    return optimizer


def test_a_plain_training_has_none() -> None:
    assert surplus(trained(Net(), amsgrad=True)) == []


def test_a_forgotten_reference_model_is_named() -> None:
    model, reference = Net(), Net()
    optimizer = trained(model)
    assert surplus(optimizer) == [("model", SIZE)]
    assert reference is not None


def test_a_copy_of_the_weights_is_named() -> None:
    model = Net().to(torch.bfloat16)
    copy = [part.detach().float() for part in model.parameters()]
    assert surplus(torch.optim.AdamW(model.parameters())) == [("copy", SIZE)]
    assert len(copy) == 2


def test_state_that_the_optimizer_does_not_need_is_named() -> None:
    optimizer = trained(Net())
    for part, state in optimizer.state.items():
        state["master"] = part.detach().double()
    assert surplus(optimizer) == [("optimizer", 2 * SIZE)]
