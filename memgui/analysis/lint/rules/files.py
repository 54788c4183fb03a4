"""MG016: a file is opened and not closed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, last_word, own
from memgui.analysis.lint.words import words

_OPENS = {"open", "io.open", "gzip.open", "bz2.open", "lzma.open", "tarfile.open", "zipfile.ZipFile", "h5py.File",
          "codecs.open", "os.fdopen"}  # fmt: skip
_CLOSES = {"close", "__exit__", "enter_context", "callback", "closing", "push", "fdopen"}


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("open", "ZipFile", "File", "fdopen"):
        if source.origin(call.func) not in _OPENS or ("open" in source.imports and source.origin(call.func) == "open"):
            continue
        if _is_left_open(source, call):
            yield Place(call, f"nobody closes what {dotted(call.func)}() opens here")


def _is_left_open(source: Source, call: ast.Call) -> bool:
    """Read in passing, or given a name that is never closed and does not leave the function."""
    parent = source.parents[call]
    if isinstance(parent, ast.Attribute):
        return parent.attr not in ("close", "__enter__")
    if isinstance(parent, ast.Call):
        if last_word(parent.func) == "append" and isinstance(parent.func, ast.Attribute):
            return not _members_are_closed(source, call, dotted(parent.func.value))
        return last_word(parent.func) in ("load", "safe_load", "reader", "DictReader", "list", "full_load", "loads")
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is call
    if isinstance(parent, ast.ListComp):
        made = source.parents[parent]
        return not (isinstance(made, ast.Assign) and _members_are_closed(source, call, dotted(made.targets[0])))
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        name = dotted(parent.targets[0])
        if isinstance(parent.targets[0], ast.Subscript):
            return not _members_are_closed(source, call, dotted(parent.targets[0].value))
        if name.startswith("self."):
            return not _is_closed_by_class(source, call, name)
        return isinstance(parent.targets[0], ast.Name) and not _leaves(source, call, name)
    return False


def _members_are_closed(source: Source, call: ast.Call, container: str) -> bool:
    """Whether files that are put into a container may be closed: something is closed beside it, or it is handed on."""
    if not container or any(source.calls(name) for name in ("ExitStack", "AsyncExitStack")):
        return True
    around = source.class_of(call) if container.startswith("self.") else source.scope(call)
    closes = any(source.inside(node, around or source.tree) for node in source.calls("close"))
    if closes or container.startswith("self."):
        return closes
    return isinstance(around, ast.Module) or _leaves(source, call, container)


def _leaves(source: Source, call: ast.Call, name: str) -> bool:
    """Whether a name is closed in its function, or handed to somebody who may close it."""
    scope = source.scope(call)
    if isinstance(scope, ast.ClassDef | ast.Lambda):
        return True
    known: dict[ast.AST, set[str]] = source.shared.setdefault("files let go", {})
    if scope not in known:
        known[scope] = {name for node in ast.walk(scope) for name in _let_go(node)}
    return name in known[scope]


def _let_go(node: ast.AST) -> Iterator[str]:
    """Names that a node closes, or hands on."""
    if isinstance(node, ast.Attribute) and node.attr in _CLOSES:
        yield dotted(node.value)
    elif isinstance(node, ast.withitem):
        yield from _names(node.context_expr)
    elif isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names
    elif isinstance(node, ast.For) and any(getattr(inner, "attr", "") == "close" for inner in own(node.body)):
        yield from _names(node.iter)  # for file in [first, second]: file.close()
    elif isinstance(node, ast.Return | ast.Yield | ast.Assign) and node.value is not None:
        yield from _handed_on(node.value)
    elif isinstance(node, ast.Call) and last_word(node.func) not in _ONLY_USE:
        for item in [*node.args, *(word.value for word in node.keywords)]:
            yield from _handed_on(item)


def _names(node: ast.AST) -> Iterator[str]:
    return (dotted(inner) for inner in ast.walk(node) if isinstance(inner, ast.Name | ast.Attribute))


_ONLY_USE = words(
    """
    load safe_load full_load loads dump print reader writer DictReader DictWriter enumerate tqdm list len
    """
)


def _handed_on(node: ast.expr) -> Iterator[str]:
    """The names of which the object itself is passed, not what is read from it."""
    if isinstance(node, ast.Name | ast.Attribute):
        yield dotted(node)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        for item in node.elts:
            yield from _handed_on(item)
    elif isinstance(node, ast.Dict):
        for item in node.values:
            yield from _handed_on(item)
    elif isinstance(node, ast.IfExp):
        yield from _handed_on(node.body)
        yield from _handed_on(node.orelse)
    elif isinstance(node, ast.Starred):
        yield from _handed_on(node.value)


def _is_closed_by_class(source: Source, call: ast.Call, name: str) -> bool:
    owner = source.class_of(call)
    if owner is None or (
        len(owner.bases) > 0 and not source.is_dataset_class(owner) and not source.is_module_class(owner)
    ):
        return True
    word = name.rpartition(".")[2]
    for node in own([item for item in owner.body if isinstance(item, ast.stmt)]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in ast.walk(node):
                used = isinstance(inner, ast.Attribute) and inner.attr == word
                if used and _is_let_go(source, inner):
                    return True
    return False


def _is_let_go(source: Source, node: ast.AST) -> bool:
    """Closed, used in a with, or handed to somebody else."""
    parent = source.parents[node]
    if isinstance(parent, ast.Attribute):
        return parent.attr in _CLOSES
    if isinstance(parent, ast.Call):
        return node in parent.args and last_word(parent.func) not in _ONLY_USE
    return isinstance(parent, ast.withitem | ast.Return | ast.Yield | ast.Delete)


RULES = (
    Rule(
        "MG016",
        "file-not-closed",
        "A file is opened and not closed",
        "An open file holds a descriptor and a buffer until somebody closes it or its last reference goes; "
        "with a cycle, a "
        "kept frame or another interpreter that may be never. In a Dataset each worker holds its own.",
        "Use `with open(…) as file:`, or `Path.read_text()`.",
        """\
def config(path):
    file = open(path)
    return file.read()
""",
        """\
def config(path):
    with open(path) as file:
        return file.read()
""",
        ("open(", "ZipFile(", "File("),
        _check,
    ),
)
