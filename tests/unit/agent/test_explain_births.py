"""Births are recorded without anybody noticing: the script's own modes come first, and calls pass unchanged."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from memgui.agent.explain import births as births_module
from memgui.agent.explain.births import Births

torch = pytest.importorskip("torch")


@pytest.fixture
def births() -> Iterator[Births]:
    made = Births()
    yield made
    made.disarm(torch)
    assert torch.overrides._get_current_function_mode_stack() == []


def here() -> str:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return f"{__file__}:{frame.f_back.f_lineno}"


def line(births: Births, tensor: Any) -> str | None:
    found = births.line_of(tensor)
    return None if found is None else f"{found[0]}:{found[1]}"


def test_each_tensor_has_the_line_of_the_script_that_made_it(births: Births) -> None:
    layer = torch.nn.Linear(4, 4)
    assert births.arm(torch)
    x, made_x = torch.ones(2, 4), here()
    y, made_y = layer(x), here()
    low, high = torch.split(y, 1)
    assert births.disarm(torch)
    later = torch.ones(1)
    assert (line(births, x), line(births, y)) == (made_x, made_y)
    assert line(births, low) == line(births, high) is not None
    assert line(births, later) is None
    assert births.nodes[y.grad_fn._sequence_nr()][1] == int(made_y.rpartition(":")[2])


def test_what_an_operation_in_place_hands_back_was_not_born_there(births: Births) -> None:
    total = torch.zeros(1)
    weight = torch.ones(2, requires_grad=True)
    weight.grad = torch.ones(2)
    births.arm(torch)
    total += 1.0
    total.mul_(2.0)
    gradient = weight.grad
    births.disarm(torch)
    assert line(births, total) is None
    assert line(births, gradient) is None


def test_nothing_is_kept_alive(births: Births) -> None:
    births.arm(torch)
    key = id(torch.ones(3))
    births.disarm(torch)
    assert births.lines[key][0]() is None


def test_no_number_changes_while_births_are_recorded(births: Births) -> None:
    def train(steps: int) -> list[str]:
        torch.manual_seed(0)
        layer = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.GELU(), torch.nn.Linear(8, 1))
        optimizer = torch.optim.Adam(layer.parameters())
        losses = []
        for _ in range(steps):
            optimizer.zero_grad()
            loss = layer(torch.randn(4, 8)).square().mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item().hex())
        return losses

    alone = train(6)
    births.arm(torch)
    recorded = train(6)
    births.disarm(torch)
    assert recorded == alone
    assert births.lines


def test_a_mode_of_the_script_is_left_alone(births: Births) -> None:
    class Own(torch.overrides.TorchFunctionMode):
        pass

    with Own():
        assert not births.arm(torch)
        assert births.why_not == "the script has a torch function mode of its own in use"
    assert births.arm(torch)
    with Own():
        # Taking the own one away from below would leave the script's exit with the wrong one.
        assert not births.disarm(torch)
        assert not births.armed
    assert births.disarm(torch)


def test_a_device_that_was_set_for_all_is_no_obstacle(births: Births) -> None:
    torch.set_default_device("cpu")
    try:
        assert births.arm(torch)
        assert births.disarm(torch)
    finally:
        torch.set_default_device(None)


def test_a_forked_child_records_nothing(births: Births) -> None:
    births.arm(torch)
    births_module.forget()
    torch.ones(1)
    assert births.lines == {}
