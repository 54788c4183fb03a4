"""Optimizer state in eight bits: torchao's codes, and the user's own optimizer stepping on."""

from __future__ import annotations

import functools
import gc
import io
import subprocess
import sys
import weakref
from typing import Any

import pytest
import torch
from torch import nn

from memgui.shrink.eight_bit import block_of, is_narrow, narrow, narrow_bytes, state_class, widen
from memgui.shrink.piecewise import KEYS, can_step, narrowed, piecewise_step, widened

ADAMS = [
    pytest.param(torch.optim.Adam, {"foreach": False}, id="Adam-for-loop"),
    pytest.param(torch.optim.Adam, {"foreach": True}, id="Adam-foreach"),
    pytest.param(torch.optim.Adam, {"fused": True}, id="Adam-fused"),
    pytest.param(torch.optim.AdamW, {"amsgrad": True, "foreach": True}, id="AdamW-foreach-amsgrad"),
    pytest.param(torch.optim.AdamW, {"amsgrad": True, "fused": True}, id="AdamW-fused-amsgrad"),
    pytest.param(torch.optim.NAdam, {}, id="NAdam"),
    pytest.param(torch.optim.RAdam, {}, id="RAdam"),
]


PLACES = frozenset((0, place) for place in range(4))


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(64, 128), nn.Tanh(), nn.Linear(128, 64))


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> float:
    made = torch.Generator().manual_seed(1)
    for _ in range(steps):
        x = torch.randn(32, 64, generator=made)
        optimizer.zero_grad()
        loss = (model(x) - x.roll(1, dims=1)).square().mean()
        loss.backward()
        optimizer.step()
    return loss.item()


def shrink(optimizer: torch.optim.Optimizer) -> None:
    narrowed(PLACES, optimizer)
    optimizer.step = piecewise_step(optimizer)


def test_importing_torchao_prints_nothing_and_leaves_the_training_s_loggers_as_they_were() -> None:
    program = (
        "import logging, warnings\n"
        "warnings.simplefilter('always')\n"
        "before = logging.getLogger('torchao').level\n"
        "from memgui.shrink.eight_bit import state_class\n"
        "state_class()\n"
        "assert logging.getLogger('torchao').level == before\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("signed", [True, False])
def test_codes_are_those_of_torchao(signed: bool) -> None:
    from torchao.optim.quant_utils import quantize_8bit_with_qmap, scale_tensor

    values = torch.randn(64, 256)
    values = values if signed else values.square()
    made: Any = narrow(values, signed=signed)
    scaled, scale = scale_tensor(values, 256)
    assert torch.equal(made.scale, scale)
    wanted = quantize_8bit_with_qmap(scaled, made.qmap)
    # A value close to the middle of two codes may get the other one.
    assert (made.codes.int() - wanted.int()).abs().max() <= 1
    assert (made.codes != wanted).float().mean() < 0.05
    assert (widen(made) - values).norm() <= 1.005 * (made.qmap[wanted.long()] * scale.unsqueeze(1) - values).norm()
    assert torch.equal(widen(made), made.dequantize())


def test_it_takes_the_bytes_that_are_told() -> None:
    made: Any = narrow(torch.randn(1000, 1000), signed=True)
    assert made.codes.nbytes + made.scale.nbytes == narrow_bytes(1_000_000)


def test_a_tensor_larger_than_a_slice_comes_back_within_its_codes() -> None:
    values = torch.randn(3 << 18)
    error = (widen(narrow(values, signed=True)) - values).norm() / values.norm()
    assert error < 0.03


@pytest.mark.parametrize(("numel", "block"), [(4095, None), (4096, 256), (1_000_000, 64), (4097, None)])
def test_blocks_divide_the_tensor(numel: int, block: int | None) -> None:
    assert block_of(numel) == block


def test_a_nan_is_not_hidden() -> None:
    values = torch.zeros(4096)
    values[5] = float("nan")
    assert widen(narrow(values, signed=True))[:256].isnan().all()


def test_bfloat16_state_comes_back_in_its_dtype() -> None:
    assert widen(narrow(torch.randn(4096).bfloat16(), signed=True)).dtype is torch.bfloat16


@pytest.mark.parametrize(("kind", "options"), ADAMS)
def test_the_users_optimizer_learns_on_with_narrow_state(kind: Any, options: dict[str, Any]) -> None:
    control, model = network(), network()
    plain, optimizer = kind(control.parameters(), lr=3e-3, **options), kind(model.parameters(), lr=3e-3, **options)
    start = train(model, optimizer, 20)
    train(control, plain, 20)
    assert can_step(optimizer)
    shrink(optimizer)
    wanted, reached = train(control, plain, 150), train(model, optimizer, 150)
    assert reached < 0.5 * start
    assert reached < 1.1 * wanted
    big = [state for part, state in optimizer.state.items() if part.numel() >= 4096]
    assert len(big) == 2
    assert all(is_narrow(state[key]) for state in big for key in KEYS if key in state)


def test_hooks_run_once_and_schedulers_go_on() -> None:
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    before = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    train(model, optimizer, 1)
    calls: list[str] = []
    optimizer.register_step_pre_hook(lambda *_: calls.append("pre"))
    optimizer.register_step_post_hook(lambda *_: calls.append("post"))
    shrink(optimizer)
    after = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    train(model, optimizer, 1)
    before.step()
    after.step()
    assert calls == ["pre", "post"]
    assert optimizer.param_groups[0]["lr"] == pytest.approx(2.5e-3)


def test_a_closure_is_called_once_and_its_loss_returned() -> None:
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, 1)
    shrink(optimizer)
    calls: list[int] = []

    def closure() -> float:
        calls.append(1)
        return 3.5

    assert optimizer.step(closure) == 3.5
    assert calls == [1]


def test_a_step_that_fails_leaves_the_groups_and_the_state_whole() -> None:
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, 1)
    shrink(optimizer)
    parameters = list(optimizer.param_groups[0]["params"])
    model[0].weight.grad = torch.randn(128, 64).to_sparse()
    with pytest.raises(RuntimeError, match="sparse"):
        optimizer.step()
    assert all(mine is theirs for mine, theirs in zip(optimizer.param_groups[0]["params"], parameters))
    assert is_narrow(optimizer.state[model[0].weight]["exp_avg"])


def test_a_checkpoint_holds_plain_tensors_and_loads_narrow_again() -> None:
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    optimizer.register_state_dict_post_hook(widened)
    optimizer.register_load_state_dict_post_hook(functools.partial(narrowed, PLACES))
    train(model, optimizer, 2)
    shrink(optimizer)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    told = torch.load(file, weights_only=True)
    assert all(type(value) is torch.Tensor for state in told["state"].values() for value in state.values())
    optimizer.load_state_dict(told)
    loaded = optimizer.state[model[0].weight]["exp_avg"]
    assert is_narrow(loaded)
    wanted = told["state"][0]["exp_avg"]
    assert (widen(loaded) - wanted).norm() < 0.01 * wanted.norm()


def test_a_dropped_optimizer_frees_its_state() -> None:
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    train(model, optimizer, 1)
    shrink(optimizer)
    gone = weakref.ref(optimizer)
    gc.disable()
    try:
        del optimizer
        assert gone() is None
    finally:
        gc.enable()


def test_an_optimizer_with_a_step_of_its_own_is_told() -> None:
    class Mine(torch.optim.Adam):
        def step(self, closure: Any = None) -> Any:
            return super().step(closure)

    assert not can_step(Mine(network().parameters()))
    assert not can_step(torch.optim.SGD(network().parameters(), lr=0.1))
    assert state_class().__module__.startswith("torchao.")
