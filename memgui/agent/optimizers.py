"""The optimizers that were seen stepping, weakly, and which of them marks the beat."""

from __future__ import annotations

import weakref
from typing import Any, Dict, List, Optional

_KEPT = 64
# A leader that has not stepped while others made this many steps is out of use.
_PATIENCE = 200


class Optimizers:
    """Written on the training thread, read on the agent's.

    A loop with several optimizers (a GAN, Muon beside AdamW) takes one step per round, not one per optimizer: the first
    that was seen leads, and its steps count.
    """

    def __init__(self) -> None:
        self._seen: Dict[int, weakref.ref[Any]] = {}
        self._leader: Optional[weakref.ref[Any]] = None
        self._others_stepped = 0

    def saw(self, optimizer: Any) -> bool:
        """Note that it stepped; True where its steps count."""
        known = self._seen.get(id(optimizer))
        if known is None or known() is not optimizer:
            self._add(optimizer)
        leader = self._leader() if self._leader is not None else None
        if leader is optimizer:
            self._others_stepped = 0
            return True
        self._others_stepped += 1
        if leader is None or self._others_stepped > _PATIENCE:
            self._leader = weakref.ref(optimizer)
            self._others_stepped = 0
            return True
        return False

    def live(self) -> List[Any]:
        """Those that still exist; the caller must not keep the list."""
        found = [reference() for reference in list(self._seen.values())]
        return [optimizer for optimizer in found if optimizer is not None]

    def _add(self, optimizer: Any) -> None:
        for key in [key for key, reference in list(self._seen.items()) if reference() is None]:
            self._seen.pop(key, None)
        if len(self._seen) < _KEPT:
            self._seen[id(optimizer)] = weakref.ref(optimizer)
