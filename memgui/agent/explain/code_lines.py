"""The line of the script that puts something into a container: found in the bytecode of the script's functions."""

from __future__ import annotations

import dis
import sys
import sysconfig
import types
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from memgui.agent.explain.frames import running

_ADDS = frozenset(
    ("append", "appendleft", "add", "extend", "insert", "setdefault", "update", "put", "push", "register_hook")
)
_ADDS_HOOK = "register_"
_LOADS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_ATTR", "LOAD_METHOD")
_STORES = ("STORE_NAME", "STORE_GLOBAL", "STORE_FAST", "STORE_DEREF", "STORE_ATTR")
_CODES = 5000
_NEAR = 14
_SUBSCRIPTED = 5


def script_codes(extra: Sequence[Any] = ()) -> List[types.CodeType]:
    """Code of the script: of running functions first, then of the modules that no package manager installed."""
    libraries = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
    found: List[types.CodeType] = []
    seen: Set[int] = set()

    def take(code: types.CodeType) -> None:
        if id(code) in seen or len(found) >= _CODES:
            return
        seen.add(id(code))
        found.append(code)
        for constant in code.co_consts:
            if type(constant) is types.CodeType:
                take(constant)

    for function in extra:
        code = code_of(function)
        if code is not None:
            take(code)
    for _, frame in running():
        if not frame.f_code.co_filename.startswith((*libraries, "<frozen")):
            take(frame.f_code)
    for name, module in list(sys.modules.items()):
        namespace: Dict[str, Any] = getattr(module, "__dict__", None) or {}
        file = namespace.get("__file__")
        if type(file) is str and not file.startswith(libraries) and not name.startswith("memgui."):
            for code in _codes_in(namespace, name):
                take(code)
    return found


def _codes_in(namespace: Dict[str, Any], module: str) -> Iterator[types.CodeType]:
    for value in list(namespace.values()):
        code = code_of(value)
        if code is not None:
            yield code
        elif issubclass(type(value), type) and value.__dict__.get("__module__") == module:
            yield from _codes_of_class(value)


def _codes_of_class(cls: type) -> Iterator[types.CodeType]:
    for member in list(cls.__dict__.values()):
        code = code_of(member)
        if code is not None:
            yield code


def code_of(thing: Any) -> Optional[types.CodeType]:
    """The code that runs where the thing is called; None where that is no Python."""
    for _ in range(8):
        kind = type(thing)
        if kind is types.FunctionType:
            return thing.__code__ if type(thing.__code__) is types.CodeType else None
        if kind in (staticmethod, classmethod, types.MethodType):
            thing = thing.__func__
        elif kind is property:
            thing = thing.fget
        elif kind.__name__ in ("partial", "_lru_cache_wrapper"):
            thing = getattr(thing, "func", None) or getattr(thing, "__wrapped__", None)
        else:
            return None
    return None


def lines_of(code: types.CodeType) -> Set[int]:
    """The lines of a function's own code, without those of functions in it."""
    return {line for _, line in dis.findlinestarts(code) if line is not None}


def adding_line(name: str, codes: Sequence[types.CodeType]) -> Optional[str]:
    """`file:line` of the first place that adds to what is called `name`; None where none is found."""
    for code in codes:
        if name in code.co_names or name in code.co_varnames or name in code.co_freevars or name in code.co_cellvars:
            line = _adding(name, code)
            if line is not None:
                return f"{code.co_filename}:{line}"
    return None


def summing_line(name: str, codes: Sequence[types.CodeType]) -> Optional[str]:
    """`file:line` of the first place that makes `name` anew from itself, such as `total = total + loss`."""
    for code in codes:
        per_line: Dict[int, Set[str]] = {}
        for line, instruction in _lines(code):
            if instruction.argval == name:
                per_line.setdefault(line, set()).add("store" if instruction.opname in _STORES else "load")
            elif isinstance(instruction.argval, tuple) and name in instruction.argval:
                per_line.setdefault(line, set()).update(("store", "load"))
        for line, found in sorted(per_line.items()):
            if found == {"store", "load"}:
                return f"{code.co_filename}:{line}"
    return None


def writes(name: str, code: types.CodeType) -> bool:
    """This code, or code inside it, adds to what is called `name`."""
    return _adding(name, code) is not None


def self_stores(code: types.CodeType) -> Iterator[Tuple[str, str]]:
    """Name and `file:line` of each container that this code adds to."""
    names = {*code.co_names, *code.co_freevars}
    for name in sorted(names):
        line = _adding(name, code)
        if line is not None:
            yield name, f"{code.co_filename}:{line}"


def _adding(name: str, code: types.CodeType) -> Optional[int]:
    instructions = list(_lines(code))
    for at, (line, instruction) in enumerate(instructions):
        above = _above(name, instruction)
        if above is None:
            continue
        following = [found for near, found in instructions[at + 1 : at + _NEAR] if near == line]
        # The call of a method may stand on a later line than the container, in a statement of several lines.
        method = [found for _, found in instructions[at + 1 : at + _SUBSCRIPTED]]
        if (above == 0 and _calls_adder(method)) or _stores_item(following, above):
            return line
    return None


def _above(name: str, instruction: Any) -> Optional[int]:
    """How many values lie above what is called `name` after it was loaded; None where it is not loaded here."""
    if not instruction.opname.startswith(_LOADS):
        return None
    # Python 3.13 loads two local variables by one instruction.
    loaded = instruction.argval if type(instruction.argval) is tuple else (instruction.argval,)
    return len(loaded) - 1 - loaded.index(name) if name in loaded else None


def _calls_adder(following: Sequence[Any]) -> bool:
    for found in following:
        if found.opname in ("LOAD_METHOD", "LOAD_ATTR"):
            return found.argval in _ADDS or str(found.argval).startswith(_ADDS_HOOK)
        # `kept[name].append(…)` adds to what `kept` holds.
        if not found.opname.startswith(("LOAD_", "BINARY_SUBSCR", "BINARY_OP", "PUSH_NULL", "CACHE")):
            return False
    return False


def _stores_item(following: Sequence[Any], above: int) -> bool:
    """Exactly the key lies above the container where an item is stored; where more does, it was the value."""
    for found in following:
        if found.opname == "STORE_SUBSCR":
            return above == 1
        above += dis.stack_effect(found.opcode, found.arg if found.opcode >= dis.HAVE_ARGUMENT else None)
        if above < 0 or found.opname in _STORES:
            return False
    return False


def _lines(code: types.CodeType) -> Iterator[Tuple[int, Any]]:
    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        start = instruction.starts_line
        # A number up to 3.12, afterwards a flag beside `line_number`.
        if start is not None and start is not False:
            line = getattr(instruction, "line_number", None) or line if start is True else start
        yield line, instruction


def using_line(name: str, codes: Sequence[types.CodeType]) -> Optional[str]:
    """`file:line` of the first call through a global called `name`; None where none is found."""
    for code in codes:
        if name not in code.co_names:
            continue
        lines: Dict[int, Set[str]] = {}
        for line, found in _lines(code):
            named = found.argval == name and found.opname in _LOADS
            lines.setdefault(line, set()).add("named" if named else found.opname)
        for line, operations in sorted(lines.items()):
            calls = any(operation.startswith("CALL") for operation in operations)
            if "named" in operations and calls and "STORE_ATTR" not in operations:
                return f"{code.co_filename}:{line}"
    return None
