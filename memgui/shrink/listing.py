"""The ways to shrink a job, as a viewer sees them; read without importing torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MODULES = {
    "type": "string",
    "title": "Modules",
    "default": "",
    "description": "Names or globs, separated by commas, with all below them; empty for all.",
}
_BACKUP = {
    "type": "string",
    "title": "Backup folder",
    "default": "",
    "description": "Empty for $MEMGUI_BACKUP_DIR, else the user's cache.",
}
_GUARD = {
    "type": "number",
    "title": "Undo when the loss exceeds this multiple of the loss before",
    "default": 0.0,
    "minimum": 0.0,
    "description": "0 for no guard.",
}
_GUARD_STEPS = {
    "type": "integer",
    "title": "… for so many steps in a row",
    "default": 5,
    "minimum": 1,
    "maximum": 1000,
}


@dataclass(frozen=True)
class Listed:
    """One way to shrink.

    Attributes:
        properties: its own parameters, as JSON Schema; `modules`, the backup folder and the guard are added.
        where: `module:class` of the `Method`.
        watches: the step before is watched, since the method needs the model's inputs.
        modules: what must be importable, beside torch; with `requires`, the distributions that bring it.
    """

    name: str
    title: str
    description: str
    properties: dict[str, Any]
    where: str
    modules: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    undoable: bool = True
    watches: bool = False

    def schema(self) -> dict[str, Any]:
        """An object schema of all parameters."""
        shared = {"modules": _MODULES, **self.properties, "guard_ratio": _GUARD, "guard_steps": _GUARD_STEPS}
        return {"type": "object", "properties": {**shared, "backup_dir": _BACKUP}}


_PRUNE: dict[str, Any] = {
    "ratio": {
        "type": "number",
        "title": "Share of the units that goes",
        "default": 0.5,
        "minimum": 0.0,
        "maximum": 0.95,
    },
    "target_bytes": {
        "type": "integer",
        "title": "Bytes to free, instead of a ratio",
        "default": 0,
        "minimum": 0,
        "description": "0 to go by the ratio.",
    },
    "scope": {
        "type": "string",
        "title": "Ranking",
        "enum": ["layer", "global"],
        "default": "layer",
        "description": "The same share of each layer, or one ranking over all.",
    },
    "criterion": {
        "type": "string",
        "title": "What matters least goes, by",
        "enum": ["l2", "l1", "taylor"],
        "default": "l2",
        "description": "The norm of a unit's weights, or with taylor weight times gradient.",
    },
}

METHODS: tuple[Listed, ...] = (
    Listed(
        "prune_structured",
        "Prune units and heads",
        "Takes whole units, channels and heads out, with their gradients and optimizer state; a smaller dense model "
        "trains on. The loss rises at first. Everything is backed up to disk before.",
        _PRUNE,
        "memgui.shrink.prune.structured:PruneStructured",
        modules=("torch_pruning",),
        requires=("torch-pruning",),
        watches=True,
    ),
    Listed(
        "checkpoint_activations",
        "Compute activations again",
        "Blocks keep only their inputs between forward and backward and compute the rest once more. Gradients stay "
        "the same to the bit; a step takes a third longer or more. Memory is free from the next step on.",
        {},
        "memgui.shrink.checkpoint_activations:CheckpointActivations",
        watches=True,
    ),
    Listed(
        "quantize_optimizer",
        "Optimizer state in 8 bits",
        "exp_avg and exp_avg_sq of Adam, AdamW, NAdam and RAdam are stored in eight bits a value; the optimizer steps "
        "on in full precision, a few parameters at a time.",
        {},
        "memgui.shrink.quantize_optimizer:QuantizeOptimizer",
        modules=("torchao",),
        requires=("torchao",),
    ),
    Listed(
        "offload_optimizer",
        "Optimizer state out of the way",
        "State that is not in use goes from a device to host memory, and from host memory to a mapped file. The next "
        "step that uses it brings it back to the bit.",
        {
            "which": {
                "type": "string",
                "enum": ["idle", "all"],
                "title": "Which",
                "default": "idle",
                "description": "idle: of parameters that the last step left alone; all: before the run pauses.",
            }
        },
        "memgui.shrink.offload_optimizer:OffloadOptimizer",
    ),
    Listed(
        "prune_sparse",
        "Keep the largest weights only",
        "The smallest weights of linear layers go for good; the others are held as a vector, with one bit for each "
        "place, and their gradients and optimizer state with them. Layers keep their shape, and are slower.",
        {
            "ratio": {
                "type": "number",
                "title": "Share of the weights that goes",
                "default": 0.8,
                "minimum": 0.0,
                "maximum": 0.999,
            },
            "scope": {
                "type": "string",
                "title": "Ranking",
                "enum": ["layer", "global"],
                "default": "layer",
                "description": "The same share of each layer, or one ranking over all.",
            },
            "format": {
                "type": "string",
                "title": "Held as",
                "enum": ["auto", "pattern", "csr"],
                "default": "auto",
                "description": "pattern: least memory; csr: fast, for layers in eval mode whose weights rest; auto: "
                "csr for these where it pays, else pattern.",
            },
        },
        "memgui.shrink.prune_sparse:PruneSparse",
    ),
    Listed(
        "quantize_weights",
        "Weights in 8 bits",
        "Linear layers hold their weight in int8 with a scale for each row: layers that are not trained, or trained "
        "ones as the base of small adapters (LoRA) that are trained in their place.",
        {
            "mode": {
                "type": "string",
                "enum": ["frozen", "adapters"],
                "title": "Which",
                "default": "frozen",
                "description": "frozen: layers that are not trained; adapters: trained ones, for fine-tuning.",
            },
            "rank": {"type": "integer", "title": "Rank of the adapters", "default": 8, "minimum": 1, "maximum": 1024},
            "alpha": {
                "type": "number",
                "title": "Weight of the adapters, divided by the rank",
                "default": 16.0,
                "minimum": 0.0,
            },
        },
        "memgui.shrink.quantize_weights:QuantizeWeights",
    ),
)
