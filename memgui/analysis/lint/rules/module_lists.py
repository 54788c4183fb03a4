"""MG014: modules in a plain list or dict."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from memgui.analysis.lint.containers import growths, is_empty_container
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, last_word, method, own

_REGISTERS = {"ModuleList", "ModuleDict", "Sequential", "ParameterList", "ParameterDict"}

# Modules without parameters and buffers lose nothing in a list.
_BARE = re.compile(
    r"Loss$|Pool|^(?:ReLU6?|GELU|SiLU|ELU|SELU|Tanh|Sigmoid|Softmax|LogSoftmax|LeakyReLU|Identity|Flatten|Dropout|Upsample|"
    r"Pixel|Hard|Mish|Softplus|Unfold|Fold|.*Pad\dd)"
)


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for node in source.nodes(ast.ClassDef):
        first = method(node, "__init__")
        if first is None or not source.is_module_class(node):
            continue
        for path, made, value in _plain_containers(first):
            if _holds_modules(source, first, path, value) and not _is_registered(first, path):
                yield Place(
                    made, f"`{path}` is a plain container: .to(), parameters() and state_dict() do not see its modules"
                )


def _plain_containers(first: ast.FunctionDef) -> Iterator[tuple[str, ast.stmt, ast.expr]]:
    for node in own(first.body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.ListComp | ast.Dict | ast.DictComp):
            for target in node.targets:
                if dotted(target).startswith("self."):
                    yield dotted(target), node, node.value


def _holds_modules(source: Source, first: ast.FunctionDef, path: str, value: ast.expr) -> bool:
    if isinstance(value, ast.ListComp):
        return _makes_module(source, value.elt)
    if isinstance(value, ast.DictComp):
        return _makes_module(source, value.value)
    if isinstance(value, ast.List):
        members: list[ast.expr] = list(value.elts)
    else:
        members = list(value.values) if isinstance(value, ast.Dict) else []
    if is_empty_container(value):
        members = [growth.value for growth in growths(source, first, path) if growth.value is not None]
    return any(_makes_module(source, member) for member in members)


def _makes_module(source: Source, node: ast.expr) -> bool:
    """A call that makes a module: one of torch.nn, or a module class of this file."""
    if isinstance(node, ast.IfExp):
        return _makes_module(source, node.body) or _makes_module(source, node.orelse)
    if not isinstance(node, ast.Call):
        return False
    origin, name = source.origin(node.func), last_word(node.func)
    if origin.startswith("torch.nn."):
        return origin.count(".") == 2 and name[:1].isupper() and not _BARE.search(name)
    owner = source.classes.get(name) if isinstance(node.func, ast.Name) else None
    return owner is not None and source.is_module_class(owner)


def _is_registered(first: ast.FunctionDef, path: str) -> bool:
    """Wrapped into a ModuleList or Sequential later, or each member added by name."""
    for node in own(first.body):
        # On another branch it may be a ModuleDict, and that is what modules are put into.
        if isinstance(node, ast.Assign) and _assigns_registered(node, path):
            return True
        if not isinstance(node, ast.Call):
            continue
        name = last_word(node.func)
        if name in ("add_module", "register_module", "register_parameter", "setattr", "__setattr__"):
            return True
        if name in _REGISTERS and any(dotted(inner) == path for item in node.args for inner in ast.walk(item)):
            return True
    return False


def _assigns_registered(node: ast.Assign, path: str) -> bool:
    made = isinstance(node.value, ast.Call) and last_word(node.value.func) in _REGISTERS
    return made and any(dotted(target) == path for target in node.targets)


_MODEL = """\
class Stack(torch.nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.layers = {layers}
"""

RULES = (
    Rule(
        "MG014",
        "modules-in-plain-list",
        "Modules in a plain list or dict",
        "Modules in a list are not registered: they stay on the CPU, are not trained, not saved, not cast to a smaller "
        "dtype, and tools that count a model's memory leave them out.",
        "Use `nn.ModuleList`, `nn.ModuleDict` or `nn.Sequential`.",
        _MODEL.format(layers="[torch.nn.Linear(64, 64) for _ in range(depth)]"),
        _MODEL.format(layers="torch.nn.ModuleList(torch.nn.Linear(64, 64) for _ in range(depth))"),
        ("Module",),
        _check,
    ),
)
