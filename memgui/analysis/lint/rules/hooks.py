"""MG006: hooks that pile up, or that cannot be taken off again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import FUNCTIONS, Function, Source, dotted, last_word, own
from memgui.analysis.lint.training import is_now_and_then, is_per_batch, is_step_loop

_HOOKS = (
    "register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook", "register_backward_hook",
    "register_full_backward_pre_hook", "register_module_forward_hook", "register_module_forward_pre_hook",
)  # fmt: skip


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls(*_HOOKS):
        if not isinstance(call.func, ast.Attribute):
            continue
        dropped = isinstance(source.parents[call], ast.Expr)
        name = call.func.attr
        steps = [loop for loop in source.loops(call) if is_step_loop(source, loop)]
        if (
            steps
            and not is_now_and_then(source, call, steps[0])
            and (dropped or not _is_removed(source, call, steps[0]))
        ):
            yield Place(call, f"{name} in a loop over steps adds one more hook each time")
        elif (
            dropped and is_per_batch(source.function(call)) and not is_now_and_then(source, call, _around(source, call))
        ):
            yield Place(call, f"{name} in a function that runs for every batch adds one more hook each time")
        elif dropped and (stored := _stores(source, call)):
            yield Place(
                call, f"the hook collects into `{stored}`, and its handle is dropped: nothing can take it off again"
            )


def _around(source: Source, node: ast.AST) -> ast.AST:
    return source.function(node) or source.tree


def _is_removed(source: Source, call: ast.Call, loop: ast.AST) -> bool:
    return any(source.inside(node, loop) for node in source.calls("remove"))


def _stores(source: Source, call: ast.Call) -> str:
    """What the hook's function appends to, where it is found in this file and nothing empties it."""
    if not call.args:
        return ""
    given, bound = call.args[0], set()
    hook = _function(source, given)
    if hook is None:
        return ""
    if isinstance(given, ast.Call) and last_word(given.func) == "partial":
        bound = {item.arg for item in hook.args.args[: len(given.args) - 1]}
    body: list[ast.stmt] = hook.body if isinstance(hook.body, list) else [ast.Expr(hook.body)]
    for node in own(body):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "extend")
        ):
            path = dotted(node.func.value)
            root = path.partition(".")[0]
            outside = "." in path or root in bound or not source.is_local(root, hook)
            if path and outside and not _is_emptied(source, path):
                return path
    return ""


def _function(source: Source, node: ast.expr) -> Function | None:
    if isinstance(node, ast.Lambda):
        return node
    if isinstance(node, ast.Call) and last_word(node.func) == "partial" and node.args:
        return _function(source, node.args[0])
    if isinstance(node, ast.Call):  # a factory of hooks: what it returns
        factory = _function(source, node.func)
        body = factory.body if factory is not None and isinstance(factory.body, list) else []
        return next((item for item in body if isinstance(item, FUNCTIONS)), None)
    name = dotted(node).rpartition(".")[2]
    around = list(source.up(node))
    # The nearest of that name: of the same function or class before one elsewhere.
    found = [item for item in source.nodes(ast.FunctionDef) if item.name == name]
    return min(found, key=lambda item: _distance(source, item, around), default=None)


def _distance(source: Source, function: ast.AST, around: list[ast.AST]) -> int:
    return next((around.index(up) for up in source.up(function) if up in around), len(around))


def _is_emptied(source: Source, path: str) -> bool:
    word = path.rpartition(".")[2]
    for call in source.calls("clear", "pop", "popleft"):
        if isinstance(call.func, ast.Attribute) and dotted(call.func.value).rpartition(".")[2] == word:
            return True
    resets = [
        node
        for node in source.nodes(ast.Assign)
        if any(dotted(target).rpartition(".")[2] == word for target in node.targets)
    ]
    # Once where it is made; a second assignment empties it. One in a function makes it anew with each call.
    return len(resets) > 1


RULES = (
    Rule(
        "MG006",
        "hook-never-removed",
        "A hook is registered in a loop, or its handle is dropped",
        "A module keeps its hooks until `handle.remove()`. Registered once a step they pile up, and one that "
        "stores outputs "
        "keeps them with their graph for as long as the module lives.",
        "Register once, keep the handle, and call `handle.remove()` when done; store `output.detach()`.",
        """\
features = []


def watch(model):
    model.layer4.register_forward_hook(lambda module, args, out: features.append(out))
""",
        """\
def features_of(model, x):
    features = []
    handle = model.layer4.register_forward_hook(lambda module, args, out: features.append(out))
    model(x)
    handle.remove()
    return features
""",
        ("_hook",),
        _check,
    ),
)
