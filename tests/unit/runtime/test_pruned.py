"""Checkpoints of pruned models in fresh ones."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from memgui.runtime import load_pruned
from memgui.shrink.job import Job
from memgui.shrink.listing import METHODS

FOLDER = Path(__file__).parents[3] / "benchmarks" / "shrink"
if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))
jobs = import_module("jobs")


def pruned(kind: str, folder: Path, times: int = 1) -> tuple[Any, list[str]]:
    """A training whose model was pruned, and the recipes."""
    torch.set_num_threads(1)
    training = jobs.Training(kind)
    training.steps(2)
    recipes = []
    listed = next(listed for listed in METHODS if listed.name == "prune_structured")
    for _ in range(times):
        filled = {name: part["default"] for name, part in listed.schema()["properties"].items()}
        job = Job(listed, {**filled, "backup_dir": str(folder)})
        job.begin(job.scene([training.model], [training.optimizer], []))
        training.step()
        done = job.run(job.scene([training.model], [training.optimizer], []), 1)
        job.end()
        recipes.append(done.details["recipe"])
    return training, recipes


@pytest.mark.parametrize("kind", ["mlp", "conv_net", "encoder", "decoder", "llama", "gpt2"])
def test_a_pruned_checkpoint_in_a_fresh_model_answers_as_the_pruned_one(kind: str, tmp_path: Path) -> None:
    if kind in ("llama", "gpt2"):
        pytest.importorskip("transformers")
    training, recipes = pruned(kind, tmp_path)
    training.steps(2)
    torch.save(training.model.state_dict(), tmp_path / "model.pt")
    fresh = load_pruned(jobs.KINDS[kind].make(), torch.load(tmp_path / "model.pt"), recipes[0])
    training.model.eval()
    fresh.eval()
    losses = [
        jobs.KINDS[kind].loss(model, torch.Generator().manual_seed(5)).item() for model in (training.model, fresh)
    ]
    assert losses[0] == losses[1]
    optimizer = torch.optim.AdamW(fresh.train().parameters())
    jobs.KINDS[kind].loss(fresh, torch.Generator().manual_seed(5)).backward()
    optimizer.step()


def test_a_model_that_was_pruned_twice_needs_both_recipes(tmp_path: Path) -> None:
    training, recipes = pruned("encoder", tmp_path, times=2)
    state = training.model.state_dict()
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_pruned(jobs.KINDS["encoder"].make(), state, recipes[0])
    load_pruned(jobs.KINDS["encoder"].make(), state, [json.loads(Path(recipes[0]).read_text()), recipes[1]])


def test_a_recipe_of_another_model_is_refused_before_anything_is_cut(tmp_path: Path) -> None:
    training, recipes = pruned("mlp", tmp_path)
    other = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 4))
    with pytest.raises(ValueError, match="another one"):
        load_pruned(other, training.model.state_dict(), recipes[0])
    assert other[0].weight.shape == (32, 16)
    with pytest.raises(ValueError, match="has no module"):
        load_pruned(nn.ModuleDict(), training.model.state_dict(), recipes[0])


def test_a_recipe_cannot_name_a_class_of_others() -> None:
    recipe = {"kept": {}, "classes": {"": "os:system"}}
    with pytest.raises(ValueError, match="none of"):
        load_pruned(nn.Linear(2, 2), {}, recipe)
