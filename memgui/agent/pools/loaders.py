"""DataLoaders that the script made without knowing of memgui: facts of the last look, and a look now and then.

The look is an errand of the safe point, taken while somebody asks and not more often than every ten seconds. What is
kept is plain data, and weak references for a change that somebody may ask for.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.inspect.look import NOBODY
from memgui.agent.pools.reach import instances, training_frames, variables
from memgui.protocol.errors import Refused
from memgui.protocol.pools import PoolInfo, Setting

_EVERY_S = 10.0
_WAIT_S = 60.0
_MOST_AHEAD = 64
_NEXT_EPOCH = "a change acts at the next epoch, when the loader is iterated over anew"
_PERSISTENT = "its workers persist over epochs, so a change would not act in this run"
_NO_WORKERS = "it loads on the training thread; workers can only be given to it in the script"


@dataclass
class LoaderLook:
    """The errand: nobody waits for its answer."""

    loaders: Loaders
    since_s: float
    deadline_s: float
    connection: int = NOBODY
    request: int = NOBODY
    told_s: float = float("inf")

    def carry_out(self, point: Point) -> bool:
        """Look."""
        if point.unsafe is None:
            try:
                self.loaders.look()
            except Exception:  # noqa: BLE001 - the training's own objects may do anything; it must not notice
                self.loaders.looked_s = time.monotonic()
        return True

    def give_up(self, _outcome: str, _reason: str) -> bool:
        """Nothing was seen."""
        return True

    def too_late(self, _waited_s: float) -> str:
        """Nobody is told."""
        return "no step boundary came"

    def waits_for(self) -> str:
        """Nobody is told."""
        return "a step boundary"


class Loaders:
    """What is known of them. `look` and `change` run on the training thread, the rest on the agent's."""

    def __init__(self) -> None:
        self._facts: Tuple[PoolInfo, ...] = ()
        self._found: Dict[str, weakref.ref[Any]] = {}
        self._asked_s = -_EVERY_S
        self.looked_s: Optional[float] = None

    def wanted(self) -> Optional[LoaderLook]:
        """A look, where one is due and there can be loaders at all."""
        now_s = time.monotonic()
        if now_s - self._asked_s < _EVERY_S or _loader_type() is None:
            return None
        self._asked_s = now_s
        return LoaderLook(self, now_s, now_s + _WAIT_S)

    def describe(self) -> Tuple[PoolInfo, ...]:
        """As they were at the last look."""
        return self._facts

    def look(self) -> None:
        """Find them, and take down their facts."""
        kind = _loader_type()
        if kind is None:
            return
        frames = training_frames(sys._getframe(1))
        found: Dict[str, Any] = {}
        for name, loader in instances(frames, kind):
            found[name if name not in found else f"{name}-{len(found) + 1}"] = loader
        facts = []
        for name, loader in found.items():
            facts.append(_facts(name, loader, _batch_bytes(frames, loader)))
        self._found = {name: weakref.ref(loader) for name, loader in found.items()}
        self._facts = tuple(facts)
        self.looked_s = time.monotonic()

    def has(self, name: str) -> bool:
        """It was there at the last look."""
        return name in self._found

    def change(self, name: str, values: Dict[str, float]) -> None:
        """Change settings of a loader.

        Raises:
            Refused: it is gone, has no such setting, or the value is out of range.
        """
        loader = self._found[name]()
        if loader is None:
            raise Refused(f"the loader {name} exists no more")
        settings = _settings(loader)
        for word, value in values.items():
            if word not in settings:
                why = _note(loader)
                raise Refused(f"{name} has no setting {word} that could be changed: {why}")
            reason = settings[word].refusal(f"{name}: {word}", value)
            if reason is not None:
                raise Refused(reason)
        for word, value in values.items():
            setattr(loader, "num_workers" if word == "workers" else word, int(value))
        self._facts = tuple(
            _facts(name, loader, info.counters.get("batch_bytes")) if info.name == name else info
            for info in self._facts
        )


def _loader_type() -> Any:
    return getattr(torch_access.loaded("torch.utils.data.dataloader"), "DataLoader", None)


def _facts(name: str, loader: Any, batch_bytes: Optional[float]) -> PoolInfo:
    workers = int(loader.num_workers)
    ahead = int(loader.prefetch_factor or 0) * workers
    in_flight = None if batch_bytes is None else int(batch_bytes * ahead)
    counters: Dict[str, float] = {
        "workers_count": workers,
        "ahead_count": ahead,
        "pinned": int(bool(loader.pin_memory)),
    }
    if isinstance(loader.batch_size, int):
        counters["batch_size_count"] = loader.batch_size
    notes = [_note(loader)]
    if batch_bytes is not None:
        counters["batch_bytes"] = batch_bytes
        notes.append("bytes are those of a batch seen in the loop, times the batches that may be ahead")
    return PoolInfo(
        name, "data loader", in_flight, in_flight, settings=_settings(loader), counters=counters, notes=tuple(notes)
    )


def _note(loader: Any) -> str:
    if not loader.num_workers:
        return _NO_WORKERS
    return _PERSISTENT if loader.persistent_workers else _NEXT_EPOCH


def _settings(loader: Any) -> Dict[str, Setting]:
    if not loader.num_workers or loader.persistent_workers:
        return {}
    most = max(2 * (os.cpu_count() or 1), loader.num_workers)
    return {
        "workers": Setting(loader.num_workers, 1, most),
        "prefetch_factor": Setting(loader.prefetch_factor or 2, 1, _MOST_AHEAD),
    }


def _batch_bytes(frames: List[Any], loader: Any) -> Optional[int]:
    """Bytes of a batch, if the loop has one in a variable: what has the batch size as its first dimension."""
    torch = torch_access.loaded("torch")
    size = loader.batch_size
    if torch is None or not isinstance(size, int):
        return None
    single = 0
    seen = set()
    for frame in frames:
        for value in variables(frame).values():
            if type(value) in (tuple, list, dict):
                whole = _container_bytes(torch.Tensor, value, size)
                if whole:
                    return whole
            elif type(value) is torch.Tensor and _is_input(value, size) and value.data_ptr() not in seen:
                seen.add(value.data_ptr())
                single += value.numel() * value.element_size()
    return single or None


def _container_bytes(kind: type, value: Any, size: int) -> int:
    parts = list(value.values()) if type(value) is dict else list(value)
    if not 0 < len(parts) <= 16 or not all(type(part) is kind and _is_input(part, size) for part in parts):
        return 0
    return sum(part.numel() * part.element_size() for part in parts)


def _is_input(tensor: Any, size: int) -> bool:
    return tensor.dim() > 0 and tensor.shape[0] == size and not tensor.requires_grad and not tensor.is_cuda
