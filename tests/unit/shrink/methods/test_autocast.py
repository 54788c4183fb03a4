"""A training in bfloat16 by autocast is looked at, tried and told of under the same autocast."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

WORDS = 50


class Loop:
    """Only forward and loss are under autocast, as torch's pages advise."""

    def __init__(self, training: Any) -> None:
        self.model, self.optimizer = training.model, training.optimizer
        self.data = torch.Generator().manual_seed(1)
        self.words = torch.zeros(8, 12, dtype=torch.long)
        self.made = 0

    def loss(self) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            answer = self.model(self.words).flatten(0, 1)
            return nn.functional.cross_entropy(answer, (3 * self.words + 1).flatten() % WORDS)

    def step(self) -> float:
        self.words = torch.randint(0, WORDS, (8, 12), generator=self.data)
        torch.manual_seed(self.made)
        self.made += 1
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def kept_bytes(loop: Loop) -> int:
    """What autograd keeps after a forward, parameters aside."""
    anyway = {part.untyped_storage()._cdata for part in [*loop.model.parameters(), *loop.model.buffers()]}
    found: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in anyway:
            found[storage._cdata] = storage.nbytes()
        return tensor.detach()

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = loop.loss()
    del loss
    return sum(found.values())


@pytest.mark.parametrize("model", ["encoder", "llama"])
def test_checkpointing_is_tried_in_bfloat16_and_training_goes_on_bit_equal(
    training: Any, visit: Any, wrap: Any, model: str
) -> None:
    if model == "llama":
        pytest.importorskip("transformers")
    run, control = Loop(training(model)), Loop(training(model))
    before = kept_bytes(run)
    plan = wrap(run).preview("checkpoint_activations")
    control.step()
    done = visit.run(run, "checkpoint_activations")
    control.step()
    spared = plan.before.activations - plan.after.activations
    assert before - kept_bytes(run) == pytest.approx(spared, rel=0.02)
    torch.manual_seed(control.made)
    assert [run.step() for _ in range(5)] == [control.step() for _ in range(5)]
    assert all(map(torch.equal, run.model.parameters(), control.model.parameters()))
    visit.undo(done)
    assert [run.step() for _ in range(2)] == [control.step() for _ in range(2)]


@pytest.mark.parametrize("model", ["mlp", "encoder"])
def test_the_loss_that_is_told_before_pruning_is_that_under_autocast(
    training: Any, wrap: Any, model: str, visit: Any
) -> None:
    loop = Loop(training(model))
    shrunk = wrap(loop)
    job = shrunk.job(loss_path=True, ratio=0.5)
    scene = shrunk.scene(job)
    planned = job.preview(scene)
    assert planned.loss_note is None
    assert planned.layers
    loop.model.eval()
    with torch.no_grad():
        # The encoder's fast path rounds otherwise; the MLP shows it to the bit.
        rel = 0.0 if model == "mlp" else 1e-3
        assert planned.loss_before == pytest.approx(loop.loss().item(), rel=rel, abs=0.0)
        job.run(scene, 1)
        assert planned.loss_after == pytest.approx(loop.loss().item(), rel=1e-3)
    job.end()
    loop.model.train()
    assert loop.step() > 0
