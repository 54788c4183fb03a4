"""Which blocks exist in this process, weakly; any thread.

The agent finds this module through `sys.modules` and reads it; nothing here knows whether an agent runs. So a block
works alone, and an agent that is attached later sees what exists by then.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memgui.runtime.block import Block

# One operation on a dict at a time: safe between threads, and nothing that a fork could leave locked.
_blocks: dict[str, weakref.ref[Block]] = {}


def register(block: Block, wanted: str) -> str:
    """Note that a block exists; returns the name under which it is known, unique among those alive."""
    name, number = wanted, 1
    while True:
        known = _blocks.get(name)
        if known is None or known() is None:
            _blocks[name] = weakref.ref(block)
            if known is None or _blocks[name]() is block:
                return name
        number += 1
        name = f"{wanted}-{number}"


def forget(block: Block) -> None:
    """A block is closed."""
    known = _blocks.get(block.name)
    if known is not None and known() is block:
        _blocks.pop(block.name, None)


def live() -> list[Block]:
    """The blocks that exist, oldest first; the caller must not keep the list."""
    found = []
    for name, reference in list(_blocks.items()):
        block = reference()
        if block is not None:
            found.append(block)
        elif _blocks.get(name) is reference:
            _blocks.pop(name, None)
    return found


def _forget_in_child() -> None:
    """A forked worker is not the place from which the blocks of its parent are steered."""
    _blocks.clear()


os.register_at_fork(after_in_child=_forget_in_child)
