"""A forward that keeps its inputs instead of its activations, and what it would spare. Training thread."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

# What the layers of transformers are handed to write keys and values into; a second forward would write them twice.
# Source: transformers.modeling_layers.GradientCheckpointingLayer, which drops the same arguments while training.
_CACHES = ("cache", "past_key_values", "past_key_value", "layer_past")
_PLAIN = (torch.Tensor, int, float, complex, str, bytes, torch.dtype, torch.device, type(None))


class Recomputed:
    """Stands in for `module.forward`: under grad it computes once more in backward what it did not keep.

    It calls the plain forward where nothing is to be differentiated, and where an argument is an object that the module
    might write to, such as a list or a cache. Copies of the module get their own; a pickle holds the plain forward, so
    that it loads without memgui.
    """

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._drops_cache = is_transformers_layer(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the plain forward returns."""
        forward = functools.partial(type(self._module).forward, self._module)
        if not torch.is_grad_enabled():
            return forward(*args, **kwargs)
        if self._drops_cache and self._module.training:
            kwargs = without_cache(kwargs)
        if not all(map(_is_plain, (*args, *kwargs.values()))):
            return forward(*args, **kwargs)
        return checkpoint(forward, *args, use_reentrant=False, preserve_rng_state=True, **kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> Recomputed:
        twin = Recomputed.__new__(Recomputed)
        memo[id(self)] = twin
        twin._module = copy.deepcopy(self._module, memo)
        twin._drops_cache = self._drops_cache
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return (functools.partial, (type(self._module).forward, self._module))


def is_transformers_layer(module: nn.Module) -> bool:
    """Whether transformers itself says that the layer may be computed twice, without its cache."""
    return any(
        base.__name__ == "GradientCheckpointingLayer" and base.__module__.startswith("transformers.")
        for base in type(module).__mro__
    )


def without_cache(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a layer of transformers with nothing to write keys and values into."""
    kept = {name: None if name in _CACHES else value for name, value in kwargs.items()}
    if kept.get("use_cache"):
        kept["use_cache"] = False
    return kept


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return isinstance(value, _PLAIN)


@dataclass(frozen=True)
class Kept:
    """What modules keep between forward and backward, in bytes; each storage once.

    Attributes:
        now: at present.
        recomputed: what would stay: their inputs, and what something outside keeps as well.
        trouble: why the module must not be computed twice; None where nothing was seen.
    """

    now: int
    recomputed: int
    trouble: str | None = None


def measure(
    run: Callable[[], Any], modules: Mapping[str, nn.Module], leave_out: Iterable[torch.Tensor]
) -> tuple[dict[str, Kept], Kept]:
    """See in one forward pass what each module keeps, and together those that may be computed twice.

    Args:
        run: one forward of the whole model under grad; what it changes is the caller's to put back.
        modules: those to look at, none inside another.
        leave_out: parameters and buffers; they are kept anyway.
    """
    look = _Look(leave_out)
    hooks = [hook for name, module in modules.items() for hook in look.watch(name, module)]
    try:
        with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(look.pack, _same):
            result = run()  # held, so that no storage is given to another tensor before all are counted
        found = look.found(modules)
    finally:
        for hook in hooks:
            hook.remove()
        # The graph holds the look by its hooks: inputs held by the look would keep the graph alive for good.
        look.forget()
    del result
    return found


class _Look:
    """Counts what autograd saves, by the module that is running."""

    def __init__(self, leave_out: Iterable[torch.Tensor]) -> None:
        self._anyway = {tensor.untyped_storage()._cdata for tensor in leave_out}
        self._inside: list[str] = []
        self._saved: dict[str | None, dict[int, int]] = {None: {}}
        self._inputs: dict[str, dict[int, int]] = {}
        self._versions: dict[str, list[tuple[torch.Tensor, int]]] = {}
        self._buffers: dict[str, list[int]] = {}
        self._trouble: dict[str, str] = {}

    def watch(self, name: str, module: nn.Module) -> Iterator[Any]:
        self._saved[name], self._inputs[name] = {}, {}
        self._versions[name], self._buffers[name] = [], []
        yield module.register_forward_pre_hook(functools.partial(self._enter, name), with_kwargs=True)
        yield module.register_forward_hook(functools.partial(self._leave, name))

    def forget(self) -> None:
        self._versions.clear()

    def pack(self, tensor: torch.Tensor) -> torch.Tensor:
        self._note(self._saved[self._inside[-1] if self._inside else None], tensor)
        # Its memory only: a node that held its own output would be held by it, and the graph would never be freed.
        return tensor.detach()

    def _note(self, sizes: dict[int, int], tensor: torch.Tensor) -> None:
        if tensor.layout is not torch.strided or type(tensor) not in (torch.Tensor, nn.Parameter):
            return
        storage = tensor.untyped_storage()
        if storage._cdata not in self._anyway:
            sizes[storage._cdata] = storage.nbytes()

    def _enter(self, name: str, module: nn.Module, args: Any, kwargs: Any) -> None:
        self._inside.append(name)
        self._buffers[name] = [buffer._version for buffer in module.buffers()]
        if is_transformers_layer(module):
            kwargs = without_cache(kwargs)
        for value in (*args, *kwargs.values()):
            if not _is_plain(value):
                self._trouble[name] = (
                    f"it is handed a {type(value).__name__}, which it may write to and would write to twice"
                )
            for tensor in _tensors(value):
                self._note(self._inputs[name], tensor)
                self._versions[name].append((tensor, tensor._version))

    def _leave(self, name: str, module: nn.Module, _args: Any, _output: Any) -> None:
        self._inside.pop()
        if self._buffers[name] != [buffer._version for buffer in module.buffers()]:
            self._trouble[name] = "its forward writes to a buffer, and would write to it twice"

    def found(self, modules: Iterable[str]) -> tuple[dict[str, Kept], Kept]:
        names = list(modules)
        stays: dict[int, int] = dict(self._saved[None])
        for name in names:
            if any(tensor._version != version for tensor, version in self._versions[name]):
                self._trouble[name] = "its input is changed in place after it was read, so it could not be read again"
            stays.update(self._saved[name] if name in self._trouble else self._inputs[name])
        parts = {name: self._kept([name], stays, self._trouble.get(name)) for name in names}
        return parts, self._kept([name for name in names if name not in self._trouble], stays)

    def _kept(self, names: list[str], stays: Mapping[int, int], trouble: str | None = None) -> Kept:
        now: dict[int, int] = {}
        later: dict[int, int] = {}
        for name in names:
            now.update(self._saved[name])
            later.update(self._inputs[name])
        later.update({storage: size for storage, size in now.items() if storage in stays})
        return Kept(sum(now.values()), sum(later.values()), trouble)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _tensors(part)


def _same(tensor: torch.Tensor) -> torch.Tensor:
    return tensor
