"""Hooks of modules that are in force: does one of them fill the container that grows?"""

from __future__ import annotations

import types
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from memgui.agent import torch_access
from memgui.agent.explain import code_lines, edges
from memgui.agent.explain.look import Alive

_TABLES = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_GLOBAL_TABLES = tuple(f"_global{table}" for table in _TABLES)


def registered(torch: Any, alive: Alive) -> Iterator[Tuple[str, Any]]:
    """What is hooked, in words, and the hook."""
    for module in alive.of(torch.nn.Module):
        own = edges.plain_dict(module)
        yield from _in_tables(own, _TABLES, type(module).__name__)
    everywhere = torch_access.loaded("torch.nn.modules.module")
    yield from _in_tables(getattr(everywhere, "__dict__", None), _GLOBAL_TABLES, "every module")


def _in_tables(own: Optional[Dict[str, Any]], tables: Sequence[str], owner: str) -> Iterator[Tuple[str, Any]]:
    for table in tables:
        hooks = own.get(table) if own is not None else None
        if hooks and issubclass(type(hooks), dict):
            kind = table.replace("_global", "").strip("_").replace("_", " ").rstrip("s")
            for hook in list(dict.values(hooks)):
                yield f"{kind} of {owner}", hook


def filling(hooks: Iterator[Tuple[str, Any]], chain: Sequence[Any], names: Sequence[str]) -> Optional[Tuple[str, Any]]:
    """The hook that adds to one of the containers on the chain; None where none does."""
    on_chain = {id(thing) for thing in chain if type(thing) is not types.ModuleType and not isinstance(thing, type)}
    for words, hook in hooks:
        code = code_lines.code_of(hook) or code_lines.code_of(vars(type(hook)).get("__call__"))
        if code is None or not on_chain & _reach(hook, code):
            continue
        if any(code_lines.writes(name, code) for name in names):
            return words, code
    return None


def _reach(hook: Any, code: types.CodeType) -> Set[int]:
    """Ids of what the hook's code can name: closure, globals, defaults, and whose method it is."""
    found: List[Any] = [hook]
    for _ in range(4):
        if type(hook) is types.MethodType:
            found += [hook.__self__]
            hook = hook.__func__
        elif type(hook).__name__ == "partial":
            found += [*hook.args, *hook.keywords.values()]
            hook = hook.func
    if type(hook) is types.FunctionType:
        found += [_contents(cell) for cell in hook.__closure__ or ()]
        found += [hook.__globals__[name] for name in code.co_names if name in hook.__globals__]
        found += list(hook.__defaults__ or ())
    return {id(thing) for thing in found if thing is not None and not isinstance(thing, (int, str, float))}


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
