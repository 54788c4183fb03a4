"""Who claims which memory: each storage is counted once, for the first role that claims it."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from memgui.agent.inspect.storages import Storages, parts

ROLES = ("parameters", "gradients", "optimizer", "buffers", "activations", "other_tensors")


class Claim(NamedTuple):
    """A storage and what claimed it.

    Attributes:
        shape, dtype: of the tensor that claimed it; of a view, of the tensor it is a view of.
        name: where it hangs, such as "Model.encoder.0.weight"; "" where nobody asked for it.
    """

    role: str
    place: str
    size_bytes: int
    shape: Tuple[int, ...]
    dtype: str
    name: str


class Ledger:
    """Sums by role and place; with `keep` the claims themselves.

    Holds numbers and words only. It must not outlive the visit: the keys of storages are addresses.

    Attributes:
        sizes: (place, role) to bytes.
        counts: (place, role) to storages.
    """

    def __init__(self, storages: Storages, *, keep: bool = False) -> None:
        self._storages = storages
        self._seen: Set[int] = set()
        self.sizes: Dict[Tuple[str, str], int] = {}
        self.counts: Dict[Tuple[str, str], int] = {}
        self.claims: Optional[List[Claim]] = [] if keep else None

    def claim(self, role: str, tensor: Any, name: str = "") -> int:
        """Count what of a tensor's memory nobody has claimed; how much that was."""
        if type(tensor).__name__ == "UninitializedParameter":
            return 0
        fresh = 0
        for plain in parts(tensor):
            storage = self._storages.of(plain)
            if storage is None or storage.key in self._seen:
                continue
            self._seen.add(storage.key)
            fresh += storage.size_bytes
            at = (storage.place, role)
            self.sizes[at] = self.sizes.get(at, 0) + storage.size_bytes
            self.counts[at] = self.counts.get(at, 0) + 1
            if self.claims is not None:
                whole = plain if plain._base is None else plain._base
                shape, dtype = tuple(whole.shape), str(whole.dtype).replace("torch.", "")
                self.claims.append(Claim(role, storage.place, storage.size_bytes, shape, dtype, name))
        return fresh

    def total(self, role: str) -> int:
        """Bytes of a role, in all places."""
        return sum(size for (_, found), size in self.sizes.items() if found == role)
