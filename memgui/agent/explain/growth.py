"""What grows beside tensors: containers, the C heap, loader workers."""

from __future__ import annotations

import collections
import gc
import itertools
import sys
import types
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from memgui.agent import torch_access
from memgui.agent.explain import edges
from memgui.agent.explain.look import BOXES, OF_LOOKING, Alive, Look
from memgui.protocol.explanation import TypeGrowth

_LATEST = 8
_DEEP = 300
_GROWN_BY = 3
_BLOCKS = 6
_LIBRARIES = 16


@dataclass
class Grown:
    """A container that was longer at each look."""

    box: Any
    length: int
    per_step: float
    bytes_each: float


def containers(alive: Alive, first: Look, second: Look, steps: int, own: Set[int]) -> List[Grown]:
    """Those that only grow, the fastest first by bytes."""
    found = []
    for box in alive.objects:
        if type(box) not in BOXES or id(box) in own:
            continue
        before = first.boxes.get(id(box))
        if before is None:
            continue
        between, now = second.boxes.get(id(box), -1), len(box)
        if before <= between <= now and now - before >= max(_GROWN_BY, steps // 10):
            found.append(Grown(box, now, (now - before) / steps, 0.0))
    found.sort(key=_fastest)
    for grown in found[:32]:
        grown.bytes_each = _bytes_each(grown.box)
    return sorted(found[:32], key=_heaviest)


def _fastest(grown: Grown) -> float:
    return -grown.per_step


def _heaviest(grown: Grown) -> float:
    return -grown.per_step * grown.bytes_each


def latest(box: Any) -> List[Any]:
    """The entries that came last, as far as the container's kind tells."""
    if isinstance(box, dict):
        return [dict.__getitem__(box, key) for key in itertools.islice(reversed(list(dict.keys(box))), _LATEST)]
    if isinstance(box, (list, collections.deque)):
        return [box[at] for at in range(max(0, len(box) - _LATEST), len(box))]
    return list(itertools.islice(iter(box), _LATEST))


def _bytes_each(box: Any) -> float:
    entries = latest(box)
    slot = 100 if isinstance(box, dict) else 70 if isinstance(box, set) else 8
    return slot + (sum(map(deep_bytes, entries)) / len(entries) if entries else 0)


def deep_bytes(thing: Any) -> int:
    """What an entry and what only it can hold takes, by sizes that Python knows; a lower bound."""
    total, stack = 0, [thing]
    seen: Set[int] = set()
    while stack and len(seen) < _DEEP:
        thing = stack.pop()
        if id(thing) in seen or _is_shared(thing):
            continue
        seen.add(id(thing))
        try:
            total += sys.getsizeof(thing)
        except Exception:  # noqa: BLE001 - a stranger's __sizeof__
            continue
        stack += gc.get_referents(thing)
    return total


def _is_shared(thing: Any) -> bool:
    kind = type(thing)
    if thing is None or issubclass(kind, (type, types.ModuleType, types.CodeType, types.FrameType)):
        return True
    return kind in (bool, int) or (kind is dict and "__builtins__" in thing)


def slope(samples: Sequence[Tuple[int, int]]) -> Optional[float]:
    """Bytes per step by which the heap grows for good; None where it does not, or too little was seen."""
    if len(samples) < 2 or samples[-1][0] <= samples[0][0]:
        return None
    if len(samples) < 2 * _BLOCKS:
        rises = [after[1] - before[1] for before, after in zip(samples, samples[1:])]
        if sum(rise > 0 for rise in rises) < 0.8 * len(rises):
            return None
        return (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])
    size = len(samples) // _BLOCKS
    blocks = [samples[at * size : (at + 1) * size] for at in range(_BLOCKS)]
    levels = [_median(value for _, value in block) for block in blocks]
    if sum(after > before for before, after in zip(levels, levels[1:])) < _BLOCKS - 2:
        return None
    middles = [_median(step for step, _ in block) for block in blocks]
    rates = [
        (levels[b] - levels[a]) / (middles[b] - middles[a])
        for a, b in itertools.combinations(range(_BLOCKS), 2)
        if middles[b] > middles[a]
    ]
    rate = _median(rates) if rates else 0.0
    return rate if rate > 0 else None


def _median(values: Iterable[float]) -> float:
    # Not of `statistics`, which imports decimal and fractions.
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def foreign_names(alive: Alive) -> Set[str]:
    """What the script calls the C libraries and functions that it has loaded by ctypes."""
    found: Set[str] = set()
    ctypes = torch_access.loaded("ctypes")
    if ctypes is None:
        return found
    loaded = alive.of(ctypes.CDLL)[:_LIBRARIES]
    for holder in gc.get_referrers(*loaded) if loaded else ():
        items = dict.items(holder) if type(holder) is dict else (edges.plain_dict(holder) or {}).items()
        if holder is not loaded and type(holder) is not list:
            found.update(key for key, value in list(items) if type(key) is str and isinstance(value, ctypes.CDLL))
    for name, module in list(sys.modules.items()):
        own: Dict[str, Any] = getattr(module, "__dict__", None) or {}
        if is_of_script(own.get("__file__")) and not name.startswith("memgui"):
            found.update(word for word, value in list(own.items()) if isinstance(value, ctypes._CFuncPtr))
    return found


def is_of_script(file: Any) -> bool:
    """The file belongs to the script, and not to Python or an installed package."""
    return type(file) is str and "site-packages" not in file and not file.startswith((sys.base_prefix, "<"))


def types_grown(alive: Alive, first: Look, second: Look, steps: int, recorded: int) -> Tuple[TypeGrowth, ...]:
    """Types of which there were more at each look, without the tuples that `recorded` births are."""
    found = []
    for cls, count in alive.types.items():
        name = f"{cls.__module__}.{cls.__qualname__}"
        if name in OF_LOOKING:
            continue
        if cls is tuple:
            count -= recorded
        before, between = first.types.get(name, 0), second.types.get(name, 0)
        if before < between <= count and count - before >= max(3, steps // 4):
            found.append(TypeGrowth(name.replace("builtins.", ""), count, round((count - before) / max(1, steps), 3)))
    found.sort(key=_by_rate)
    return tuple(found[:12])


def _by_rate(grown: TypeGrowth) -> float:
    return -grown.per_step
