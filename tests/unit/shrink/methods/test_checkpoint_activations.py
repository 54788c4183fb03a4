"""Activations computed again: bit-equal training, the bytes that were told, and the models that are refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from memgui.protocol.errors import Refused

NAME = "checkpoint_activations"


class Residual(nn.Module):
    """Two blocks of `inner`, between an embedding and a head."""

    def __init__(self, *inner: nn.Module, compiled: bool = False) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(50, 64), nn.Linear(64, 50)
        self.blocks = nn.ModuleList(inner)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        x = self.embed(words)
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)


def feed_forward(*more: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 64), *more)


def saved_bytes(model: nn.Module) -> int:
    """What autograd keeps after a forward, parameters aside."""
    anyway = {part.untyped_storage()._cdata for part in [*model.parameters(), *model.buffers()]}
    found: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in anyway:
            found[storage._cdata] = storage.nbytes()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = model(torch.zeros(8, 12, dtype=torch.long))
    del result
    return sum(found.values())


@pytest.mark.parametrize("model", ["encoder", "llama"])
def test_training_goes_on_bit_equal_and_undo_restores_forward(training: Any, visit: Any, model: str) -> None:
    run, control = training(model), training(model)
    done = visit.run(run, NAME)
    control.step()
    assert run.steps(5) == control.steps(5)
    assert all(map(torch.equal, run.bits(), control.bits()))
    assert any("forward" in module.__dict__ for module in run.model.modules())
    visit.undo(done)
    assert not any("forward" in module.__dict__ for module in run.model.modules())
    assert run.step() == control.step()


@pytest.mark.parametrize("model", ["encoder", "llama"])
def test_autograd_keeps_as_much_less_as_was_told(training: Any, visit: Any, model: str) -> None:
    run = training(model)
    plan = visit.preview(run, NAME)
    before = saved_bytes(run.model)
    visit.run(run, NAME)
    freed = before - saved_bytes(run.model)
    # No hook sees the inputs that a checkpoint holds and nothing else saves.
    assert plan.before.total - plan.after.total <= freed <= plan.before.total
    assert plan.after.total < 0.2 * plan.before.total
    assert plan.backup_bytes == 0


def test_the_preview_leaves_random_numbers_and_buffers_alone(training: Any, visit: Any) -> None:
    class Counts(nn.Linear):
        def __init__(self) -> None:
            super().__init__(64, 64)
            self.register_buffer("calls", torch.zeros(()))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.calls += 1
            return super().forward(x)

    run = training(Residual(feed_forward(nn.Dropout(0.5)), feed_forward(Counts())))
    run.made = 0
    visit.preview(run, NAME)
    numbers = torch.rand(3)
    torch.manual_seed(0)
    run.model(torch.zeros(8, 12, dtype=torch.long))
    assert torch.equal(numbers, torch.rand(3))
    assert run.model.blocks[1][3].calls == 5


def test_one_block_can_be_chosen(training: Any, visit: Any) -> None:
    plan = visit.preview(training("encoder"), NAME, modules="layers.layers.1")
    assert [layer.module for layer in plan.layers] == ["layers.layers.1"]


def test_a_layer_that_keeps_only_its_input_is_refused(training: Any, visit: Any) -> None:
    with pytest.raises(Refused, match="spare nothing"):
        visit.preview(training("encoder"), NAME, modules="head")


def test_a_model_without_blocks_is_refused(training: Any, visit: Any) -> None:
    with pytest.raises(Refused, match="no repeated blocks"):
        visit.preview(training("mlp"), NAME)


def test_batch_norm_in_train_mode_is_left_out(training: Any, visit: Any) -> None:
    class Norm(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x.flatten(0, 1)).view_as(x)

    run = training(Residual(feed_forward(), Norm(feed_forward(nn.BatchNorm1d(64)))))
    plan = visit.preview(run, NAME)
    assert [layer.module for layer in plan.layers] == ["blocks.0"]
    assert "count each batch twice" in plan.left_out[0].reason


def test_a_hook_inside_would_run_twice_and_leaves_its_block_out(training: Any, visit: Any) -> None:
    run = training(Residual(feed_forward(), feed_forward()))
    run.model.blocks[1][0].register_forward_hook(lambda *_: None)
    plan = visit.preview(run, NAME)
    assert [left.module for left in plan.left_out] == ["blocks.1"]


def test_what_is_computed_again_already_is_refused(training: Any, visit: Any) -> None:
    run = training("encoder")
    visit.run(run, NAME)
    with pytest.raises(Refused, match="again already"):
        visit.run(run, NAME)


def test_a_compiled_model_is_refused(training: Any, visit: Any) -> None:
    run = training("encoder")
    run.model.layers.layers[0]._compiled_call_impl = run.model.layers.layers[0]._call_impl
    with pytest.raises(Refused, match="is compiled") as refused:
        visit.preview(run, NAME)
    assert "before torch.compile" in refused.value.next_step


def test_a_model_sharded_by_fsdp_is_refused(training: Any, visit: Any) -> None:
    class FSDPModule: ...

    class Sharded(FSDPModule, Residual): ...

    with pytest.raises(Refused, match="sharded by FSDP"):
        visit.preview(training(Sharded(feed_forward())), NAME)


def test_a_model_that_is_called_by_parts_is_refused(training: Any, visit: Any) -> None:
    class Parts(Residual):
        def __call__(self, words: torch.Tensor) -> torch.Tensor:
            return self.forward(words)

    with pytest.raises(Refused, match="not called as a whole"):
        visit.preview(training(Parts(feed_forward())), NAME)
