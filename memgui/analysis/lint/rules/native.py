"""MG023: native memory is allocated and not released."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, last_word, own

_RELEASES = {
    "malloc": ("free",),
    "calloc": ("free",),
    "realloc": ("free",),
    "aligned_alloc": ("free",),
    "posix_memalign": ("free",),
    "strdup": ("free",),
    "valloc": ("free",),
    "mmap": ("munmap", "close"),
    "PyMem_Malloc": ("PyMem_Free",),
    "PyMem_Calloc": ("PyMem_Free",),
    "PyMem_RawMalloc": ("PyMem_RawFree",),
    "PyMem_RawCalloc": ("PyMem_RawFree",),
    "PyObject_Malloc": ("PyObject_Free",),
    "cudaMalloc": ("cudaFree",),
    "cudaMallocHost": ("cudaFreeHost",),
    "cudaHostAlloc": ("cudaFreeHost",),
    "cudaMallocManaged": ("cudaFree",),
    "cuMemAlloc": ("cuMemFree",),
    "hipMalloc": ("hipFree",),
}


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls(*_RELEASES):
        if not isinstance(call.func, ast.Attribute) or source.origin(call.func).startswith(("mmap.", "torch.cuda.")):
            continue
        name = call.func.attr
        # A declaration such as `libc.malloc.restype = …` is no call; a call without ctypes is somebody's own method.
        if "ctypes" not in source.text and not name.startswith(("cuda", "PyMem", "hip", "cuMem")):
            continue
        releases = _RELEASES[name]
        if not _is_released(source, call, releases):
            yield Place(
                call, f"{dotted(call.func)}() allocates outside of Python, and {releases[0]}() is not called for it"
            )


def _is_released(source: Source, call: ast.Call, releases: tuple[str, ...]) -> bool:
    """In the same function; or anywhere in the file where the pointer leaves the function."""
    everywhere = source.calls(*releases)
    # A release that is handed on, such as weakref.finalize(self, libc.free, pointer).
    everywhere_named = [
        node for node in source.nodes(ast.Attribute) if node.attr in releases and _is_argument(source, node)
    ]
    scope = source.scope(call)
    if any(source.scope(node) is scope for node in [*everywhere, *everywhere_named]):
        return True
    return bool(everywhere or everywhere_named) and _leaves(source, call)


def _is_argument(source: Source, node: ast.AST) -> bool:
    parent = source.parents.get(node)
    return isinstance(parent, ast.Call) and node in parent.args


def _leaves(source: Source, call: ast.Call) -> bool:
    """Whether the pointer is returned, or put into an attribute or container, for somebody else to release."""
    statement = source.statement(call)
    if isinstance(statement, ast.Return):
        return True
    if not isinstance(statement, ast.Assign):
        # Handed to another call as an argument.
        return any(isinstance(up, ast.Call) for up in source.up(call) if not isinstance(up, ast.stmt))
    names = {dotted(target) for target in statement.targets}
    if any("." in name or not name for name in names):
        return True
    scope = source.scope(call)
    body = scope.body if isinstance(scope.body, list) else []
    for node in own(body):
        if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            if any(dotted(inner) in names for inner in ast.walk(node.value)):
                return True
        elif isinstance(node, ast.Call) and last_word(node.func) in ("append", "put", "add", "finalize"):
            if any(dotted(argument) in names for argument in node.args):
                return True
        elif isinstance(node, ast.Assign):
            stored = any(not isinstance(target, ast.Name) for target in node.targets)
            if stored and any(dotted(inner) in names for inner in ast.walk(node.value)):
                return True
    return False


RULES = (
    Rule(
        "MG023",
        "native-not-released",
        "Native memory is allocated and not released",
        "What malloc, PyMem_Malloc or cudaMalloc hand out by ctypes belongs to nobody: Python does not count it, the "
        "collector does not see it, and on a plot only the process grows.",
        "Free it in a `finally`, bind it to an object by `weakref.finalize`, or use `ctypes.create_string_buffer`.",
        """\
import ctypes

libc = ctypes.CDLL(None)


def scratch(n):
    pointer = libc.malloc(n)
    ctypes.memset(pointer, 0, n)
""",
        """\
import ctypes

libc = ctypes.CDLL(None)


def scratch(n):
    pointer = libc.malloc(n)
    try:
        ctypes.memset(pointer, 0, n)
    finally:
        libc.free(pointer)
""",
        tuple(_RELEASES),
        _check,
    ),
)
