"""MG008, MG021: what a Dataset holds, times the workers that hold it too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.containers import Growth, growths, is_empty_container, shrinks
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, is_constant, keyword, last_word, method, own

_READS = ("__getitem__", "__getitems__", "__iter__", "__next__")


def _check_cache(source: Source, _settings: Settings) -> Iterator[Place]:
    for node in source.nodes(ast.ClassDef):
        if not source.is_dataset_class(node):
            continue
        for path, made in _attributes(node):
            if not is_empty_container(made.value) or shrinks(source, path, within=node, made=made):
                continue
            for reader in _readers(node):
                for growth in growths(source, reader, path):
                    if _is_small(growth):
                        continue
                    yield Place(
                        growth.node, f"`{path}` keeps what has been read, without a bound, in every worker again"
                    )


def _is_small(growth: Growth) -> bool:
    """A set of indices that were seen, a counter: no copy of the data."""
    by_add = isinstance(growth.node, ast.Call) and last_word(growth.node.func) == "add"
    return by_add or isinstance(growth.value, ast.Constant)


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, ast.Assign | ast.AnnAssign]]:
    """What `__init__` gives the object, and what the class holds."""
    first = method(node, "__init__")
    for inner in own(first.body) if first is not None else ():
        if isinstance(inner, ast.Assign | ast.AnnAssign):
            for target in inner.targets if isinstance(inner, ast.Assign) else [inner.target]:
                if dotted(target).startswith("self."):
                    yield dotted(target), inner
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            yield f"self.{item.targets[0].id}", item


def _readers(node: ast.ClassDef) -> list[ast.FunctionDef]:
    """`__getitem__`, and the methods that it calls."""
    found = [item for name in _READS if (item := method(node, name)) is not None]
    for reader in found:  # grows while it is walked
        for inner in own(reader.body):
            if isinstance(inner, ast.Call) and dotted(inner.func).startswith("self."):
                called = method(node, dotted(inner.func)[5:])
                if called is not None and called not in found and called.name != "__init__":
                    found.append(called)
    return found


def _check_objects(source: Source, _settings: Settings) -> Iterator[Place]:
    workers = [call for call in source.calls("DataLoader") if _has_workers(call)]
    if not workers:
        return
    for node in source.nodes(ast.ClassDef):
        if not source.is_dataset_class(node) or not source.calls(node.name) or method(node, "__getitem__") is None:
            continue
        seen: set[str] = set()
        for path, made in _attributes(node):
            if path not in seen and _reads_by_index(node, path) and _is_of_objects(source, node, path, made.value):
                seen.add(path)
                yield Place(
                    made, f"`{path}` is a list of Python objects: reading it copies its pages into every worker"
                )


def _has_workers(call: ast.Call) -> bool:
    count = keyword(call, "num_workers") or (call.args[5] if len(call.args) > 5 else None)
    return count is not None and not is_constant(count, 0)


def _reads_by_index(node: ast.ClassDef, path: str) -> bool:
    return any(
        isinstance(inner, ast.Subscript) and dotted(inner.value) == path and isinstance(inner.ctx, ast.Load)
        for reader in _readers(node)
        for inner in own(reader.body)
    )


def _is_of_objects(source: Source, node: ast.ClassDef, path: str, value: ast.expr | None) -> bool:
    """Filled with as many objects as there are samples: by a comprehension, a loop, or a reader of text or JSON."""
    if isinstance(value, ast.ListComp | ast.DictComp):
        member = value.elt if isinstance(value, ast.ListComp) else value.value
        return not _is_array(source, member)
    if isinstance(value, ast.Call):
        return _makes_objects(source, value)
    if not is_empty_container(value):
        return False
    first = method(node, "__init__")
    return first is not None and any(
        source.loops(growth.node) and growth.value is not None and not _is_array(source, growth.value)
        for growth in growths(source, first, path)
    )


def _makes_objects(source: Source, call: ast.Call) -> bool:
    name, origin = last_word(call.func), source.origin(call.func)
    if origin in ("json.load", "json.loads", "glob.glob", "os.listdir", "pickle.load") or name in (
        "readlines",
        "splitlines",
    ):
        return True
    if name in ("list", "sorted") and isinstance(call.func, ast.Name) and call.args:
        inner = call.args[0]
        return isinstance(inner, ast.GeneratorExp) or (isinstance(inner, ast.Call) and (
            _makes_objects(source, inner) or last_word(inner.func) in ("glob", "rglob", "iterdir", "zip", "reader")
        ))  # fmt: skip
    return name in ("tolist", "to_dict")


def _is_array(source: Source, node: ast.expr) -> bool:
    """Few large objects, such as tensors: their pages are not touched by counting references."""
    if not isinstance(node, ast.Call):
        return False
    return source.origin(node.func).startswith(("torch.", "numpy.")) or last_word(node.func) in (
        "numpy",
        "tensor",
        "array",
    )


_CACHE = """\
class Images(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths
        self.cache = {{}}

    def __getitem__(self, index):
        {read}
"""
_READ_INTO_CACHE = """\
if index not in self.cache:
            self.cache[index] = load(self.paths[index])
        return self.cache[index]"""
_OBJECTS = """\
from torch.utils.data import DataLoader, Dataset


class Lines(Dataset):
    def __init__(self, path):
        self.lines = {lines}

    def __getitem__(self, index):
        return self.lines[index]


loader = DataLoader(Lines("train.txt"), num_workers=8)
"""

RULES = (
    Rule(
        "MG008",
        "dataset-cache-unbounded",
        "A Dataset caches without a bound",
        "A dict that `__getitem__` fills ends up with the whole data set, once in each loader worker, and "
        "again in each "
        "epoch where workers are not persistent.",
        "Bound it, cache in shared memory (`memgui.runtime.SharedTensorCache`) or on disk, or leave it to "
        "the page cache.",
        _CACHE.format(read=_READ_INTO_CACHE),
        _CACHE.format(read="return load(self.paths[index])"),
        ("Dataset",),
        _check_cache,
    ),
    Rule(
        "MG021",
        "dataset-of-python-objects",
        "A Dataset with workers holds a list of Python objects",
        "Workers share the parent's pages until somebody writes to them, and counting a reference is a "
        "write. A list of "
        "strings, tuples or dicts is copied page by page into each worker as it is read.",
        "Keep the data in one array or tensor (offsets and bytes), in Arrow, or in a memory-mapped file.",
        _OBJECTS.format(lines="open(path).readlines()  # noqa: MG016"),
        _OBJECTS.format(lines="np.loadtxt(path)"),
        ("DataLoader",),
        _check_objects,
    ),
)
