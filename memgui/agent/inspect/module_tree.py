"""Modules by what they hold, read from their own dictionaries: no method of theirs is called."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Set, Tuple

_EMPTY: Mapping[str, Any] = {}


def children(module: Any) -> List[Tuple[str, Any]]:
    """Names and modules right below."""
    return [(name, child) for name, child in list(_held(module, "_modules").items()) if child is not None]


def parameters(module: Any) -> List[Tuple[str, Any]]:
    """Names and parameters of the module itself."""
    return [(name, part) for name, part in list(_held(module, "_parameters").items()) if part is not None]


def buffers(module: Any) -> List[Tuple[str, Any]]:
    """Names and buffers of the module itself."""
    return [(name, part) for name, part in list(_held(module, "_buffers").items()) if part is not None]


def tree(root: Any, name: Optional[str] = None) -> Iterator[Tuple[str, Any]]:
    """Path and module of the root and of everything below, each module once; the root's path is its class name."""
    seen: Set[int] = set()
    waiting = [(name or type(root).__name__, root)]
    while waiting:
        path, module = waiting.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield path, module
        waiting.extend((f"{path}.{key}", child) for key, child in reversed(children(module)))


def roots(modules: Iterable[Any]) -> List[Any]:
    """Those that are no part of another one."""
    by_id: Dict[int, Any] = {id(module): module for module in modules}
    for module in list(by_id.values()):
        for _, child in children(module):
            if child is not module:
                by_id.pop(id(child), None)
    return list(by_id.values())


def _held(module: Any, name: str) -> Mapping[str, Any]:
    # Script modules keep wrappers there that are no dictionaries.
    held = module.__dict__.get(name)
    return held if isinstance(held, dict) else _EMPTY
