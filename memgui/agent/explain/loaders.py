"""Loader workers: their memory from outside, and what their data set's code keeps.

A worker is another process, in which no step boundary comes: its objects are not looked at. Its memory and the code
that it runs are known here, and so is the container that the code fills.
"""

from __future__ import annotations

import os
import types
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.explain import code_lines, edges
from memgui.agent.explain.look import BOXES, Alive

# How far calls are followed from a data set's methods.
_CALLS = 2


@dataclass(frozen=True)
class Keeping:
    """A place in the code of a data set that keeps things.

    Attributes:
        owner: the data set, or the class whose method is cached.
        container: the container as this process has it, which the workers copied; None for a cache of a method.
    """

    owner: Any
    name: str
    line: str
    container: Any = None


def children_bytes() -> Dict[int, int]:
    """Anonymous memory of each child process, by pid."""
    found = {}
    for pid in _children():
        try:
            with open(f"/proc/{pid}/status", "rb") as file:
                for line in file:
                    if line.startswith(b"RssAnon:"):
                        found[pid] = int(line.split()[1]) * 1024
        except (OSError, ValueError):
            continue
    return found


def _children() -> List[int]:
    found: List[int] = []
    try:
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as file:
                found += map(int, file.read().split())
    except (OSError, ValueError):
        pass
    return found


def loaders(alive: Alive) -> Iterator[Tuple[Any, List[int]]]:
    """Each loader that has workers, and their pids."""
    module = torch_access.loaded("torch.utils.data.dataloader")
    if module is None:
        return
    for iterator in alive.of(module._MultiProcessingDataLoaderIter):
        own = edges.plain_dict(iterator) or {}
        pids = [pid for pid in map(_pid, own.get("_workers") or ()) if pid is not None]
        loader = _loader_of(iterator, alive, module, own)
        if pids and loader is not None:
            yield loader, pids


def _pid(worker: Any) -> Optional[int]:
    popen = (edges.plain_dict(worker) or {}).get("_popen")
    pid = getattr(popen, "pid", None)
    return pid if type(pid) is int else None


def _loader_of(iterator: Any, alive: Alive, module: Any, own: Dict[str, Any]) -> Any:
    for loader in alive.of(module.DataLoader):
        known = edges.plain_dict(loader) or {}
        if known.get("_iterator") is iterator or known.get("dataset") is own.get("_dataset"):
            return loader
    return None


def keeping(loader: Any) -> Iterator[Keeping]:
    """What the code that a loader's workers run keeps."""
    own = edges.plain_dict(loader) or {}
    for dataset in _datasets(own.get("dataset"), 3):
        attributes = edges.plain_dict(dataset) or {}
        for cls in type.__dict__["__mro__"].__get__(type(dataset)):
            if str(cls.__dict__.get("__module__", "")).startswith("torch."):
                continue
            for name, member in list(cls.__dict__.items()):
                yield from _in_method(dataset, attributes, cls, name, member)
    collate = own.get("collate_fn")
    if type(collate) is types.FunctionType and not collate.__module__.startswith("torch."):
        yield from _in_function(collate, loader, _CALLS)


def _in_method(dataset: Any, attributes: Dict[str, Any], cls: Any, name: str, member: Any) -> Iterator[Keeping]:
    code = code_lines.code_of(member)
    if code is None or name == "__init__":
        return
    if type(member) is edges.LRU_CACHE:
        yield Keeping(cls, name, f"{code.co_filename}:{code.co_firstlineno}")
        return
    for kept, line in code_lines.self_stores(code):
        container = attributes.get(kept, cls.__dict__.get(kept))
        if type(container) in BOXES:
            yield Keeping(dataset, kept, line, container)
    if type(member) is types.FunctionType:
        yield from _in_function(member, dataset, _CALLS)


def _in_function(function: types.FunctionType, owner: Any, depth: int) -> Iterator[Keeping]:
    """Globals that a function fills, or one that it calls by name."""
    for kept, line in code_lines.self_stores(function.__code__):
        container = function.__globals__.get(kept)
        if type(container) in BOXES:
            yield Keeping(owner, kept, line, container)
    for name in function.__code__.co_names if depth else ():
        called = function.__globals__.get(name)
        if type(called) is types.FunctionType:
            yield from _in_function(called, owner, depth - 1)
        elif type(called) is edges.LRU_CACHE:
            code = code_lines.code_of(called)
            if code is not None and _is_unbounded(called):
                yield Keeping(called, name, f"{code.co_filename}:{code.co_firstlineno}")


def _is_unbounded(cache: Any) -> bool:
    bound = cache.cache_info().maxsize
    return bound is None or bound > 10_000


def _datasets(dataset: Any, depth: int) -> Iterator[Any]:
    if dataset is None:
        return
    yield dataset
    own = edges.plain_dict(dataset) or {}
    inner = [own.get("dataset"), *(own.get("datasets") or ())] if depth else []
    for further in inner:
        yield from _datasets(further, depth - 1)
