"""The building blocks of `memgui.runtime`, found through `sys.modules`: the agent never imports them.

A block is held only while it is read. Its numbers are counters, so they are read on the agent's thread; what changes
it runs at the safe point.
"""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Tuple

from memgui.agent import torch_access
from memgui.agent.probes.probe import Number, Probe
from memgui.protocol.pools import PoolInfo

_REGISTRY = "memgui.runtime.registry"
_SHOWN = 64
_PROBED = 16


def find(name: str, modules: Optional[Mapping[str, Any]] = None) -> Any:
    """The block of a name; None where there is none."""
    return next((block for block in _live(modules) if block.name == name), None)


def describe(modules: Optional[Mapping[str, Any]] = None) -> List[PoolInfo]:
    """The numbers of all blocks."""
    return [_describe(block) for block in _live(modules)]


def _live(modules: Optional[Mapping[str, Any]]) -> List[Any]:
    registry = torch_access.loaded(_REGISTRY, modules)
    return [] if registry is None else registry.live()[:_SHOWN]


def _describe(block: Any) -> PoolInfo:
    try:
        info = block.describe()
        if isinstance(info, PoolInfo):
            return info
        fault = f"describe() gave {type(info).__name__}"
    except Exception as error:  # noqa: BLE001 - the border to the script's process: a block may be closed, or its own
        fault = repr(error)
    return PoolInfo(str(block.name), str(block.kind), notes=(f"its numbers cannot be read: {fault}",))


class PoolProbe(Probe):
    """What a block holds over time."""

    period_s = 1.0

    def __init__(self, name: str) -> None:
        self._block = name
        self.name = f"pool {name}"
        self.names = (f"pool.{name}.used_bytes", f"pool.{name}.held_bytes")

    def read(self) -> Sequence[Optional[Number]]:
        """Two values; None once the block is gone."""
        block = find(self._block)
        if block is None:
            return (None, None)
        info = block.describe()
        return (info.used_bytes, info.held_bytes)


def probes(modules: Optional[Mapping[str, Any]] = None) -> Tuple[PoolProbe, ...]:
    """A probe for each of the first blocks that hold bytes."""
    return tuple(PoolProbe(info.name) for info in describe(modules)[:_PROBED] if info.held_bytes is not None)
