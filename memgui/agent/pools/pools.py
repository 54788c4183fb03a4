"""Everything that `inspect.pools` tells, and the one place through which pools are changed."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from memgui.agent.pools import blocks
from memgui.agent.pools.loaders import LoaderLook, Loaders
from memgui.protocol.errors import Refused
from memgui.protocol.pools import PoolInfo, PoolList


class Pools:
    """`list` and `infos` on the agent's thread; `change` and `trim` on the training thread."""

    def __init__(self, submit: Callable[[LoaderLook], Any]) -> None:
        """`submit` queues a look for the next step boundary."""
        self._submit = submit
        self._loaders = Loaders()

    def list(self) -> PoolList:
        """All of them by their counters; a look for data loaders is under way where one was due."""
        look = self._loaders.wanted()
        if look is not None:
            self._submit(look)
        return PoolList(tuple(self.infos()), self._loaders.looked_s)

    def infos(self) -> List[PoolInfo]:
        """Blocks of `memgui.runtime`, then data loaders as they were last seen."""
        return [*blocks.describe(), *self._loaders.describe()]

    def info(self, name: str) -> Optional[PoolInfo]:
        """One of them."""
        return next((info for info in self.infos() if info.name == name), None)

    def change(self, name: str, values: Dict[str, float]) -> None:
        """Change settings.

        Raises:
            Refused: there is no such pool or setting, or a value is out of range; nothing was changed.
        """
        block = blocks.find(name)
        if block is not None:
            try:
                block.set(**values)
            except ValueError as error:
                raise Refused(str(error)) from error
        elif self._loaders.has(name):
            self._loaders.change(name, values)
        else:
            raise Refused(f"there is no pool {name} any more", "ask for the list of pools again")

    def trim(self, names: List[str]) -> Dict[str, int]:
        """Give back what these hold for reuse only; bytes by name."""
        freed = {}
        for name in names:
            block = blocks.find(name)
            if block is not None and block.can_trim:
                freed[name] = int(block.trim())
        return freed
