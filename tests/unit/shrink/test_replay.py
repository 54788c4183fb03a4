"""The loss before and after, told before anything is changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.overrides import _get_current_function_mode_stack
from torch.utils._device import DeviceContext


@pytest.mark.parametrize("kind", ["mlp", "conv_net", "encoder", "decoder", "llama", "gpt2"])
def test_the_loss_in_the_preview_is_that_of_the_watched_batch_by_the_cut_model(
    start: Callable[..., Any], kind: str
) -> None:
    if kind in ("llama", "gpt2"):
        pytest.importorskip("transformers")
    run = start(kind, steps=8)
    data = run.training.data
    state = data.get_state()
    job = run.job(loss_path=True)
    scene = run.scene(job)
    planned = job.preview(scene)
    assert planned.loss_note is None
    model = run.training.model
    told = {}
    for moment in ("before", "after"):
        data.set_state(state)
        with torch.no_grad():
            told[moment] = run.training.kind.loss(model.eval(), data).item()
        if moment == "before":
            job.run(scene, 1)
    job.end()
    assert planned.loss_before == pytest.approx(told["before"], rel=1e-5)
    assert planned.loss_after == pytest.approx(told["after"], rel=1e-4)
    assert planned.loss_after != planned.loss_before
    assert _get_current_function_mode_stack() == []


def test_a_loop_with_a_mode_of_its_own_gets_a_note_instead(start: Callable[..., Any]) -> None:
    run = start("mlp", steps=2)
    with DeviceContext(torch.device("cpu")):
        planned = run.preview()
    assert planned.loss_before is None
    assert "mode of its own" in planned.loss_note
    assert planned.layers


def test_two_models_get_a_note_instead(start: Callable[..., Any]) -> None:
    run = start("mlp", steps=2)
    job = run.job(loss_path=True)
    more = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    planned = job.preview(job.scene([run.training.model, more], [run.training.optimizer], []))
    job.end()
    assert "several models" in planned.loss_note


def test_a_preview_that_is_given_up_is_gone_at_the_next_forward(start: Callable[..., Any]) -> None:
    run = start("mlp", steps=2)
    job = run.job(loss_path=True)
    job.end()
    run.training.steps(2)
    assert _get_current_function_mode_stack() == []
    assert not run.training.model._forward_hooks
    assert not run.training.model._forward_pre_hooks
