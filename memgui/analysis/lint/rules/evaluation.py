"""MG003: a model is evaluated while autograd records."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from memgui.analysis.lint.flow import has_no_grad_decorator, turns_grad_off
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import FUNCTIONS, Scope, Source, dotted, is_constant, last_word, own

_GRADIENTS = ("backward", "manual_backward", "grad", "requires_grad_", "step", "jvp", "vjp", "jacrev", "enable_grad",
              "set_grad_enabled")  # fmt: skip


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("eval"):
        if not isinstance(call.func, ast.Attribute) or call.args:
            continue
        model, scope = dotted(call.func.value), source.scope(call)
        if not model or not isinstance(source.parents[call], ast.Expr) or _is_off(source, call, scope):
            continue
        run = _run_in_loop(source, scope, model, call.lineno)
        if run is not None and not _wants_gradients(source, scope) and not _is_called_without_grad(source, scope):
            yield Place(run, f"`{model}` is in eval mode but its calls record a graph; no_grad is missing")


def _run_in_loop(source: Source, scope: Scope, model: str, after: int) -> ast.Call | None:
    """The first call of the model in a loop over data, after it was put into eval mode."""
    names = (model, f"{model}.module", f"{model}.forward")
    found = [
        node
        for node in source.calls(model.rpartition(".")[2], "module", "forward")
        if dotted(node.func) in names
        and node.lineno > after
        and (node.args or node.keywords)
        and source.scope(node) is scope
        and source.loops(node)
        and not _is_off(source, node, scope)
    ]
    if not found:
        return None
    back = [
        node.lineno
        for node in source.calls(*_BACK_TO_TRAINING)
        if source.scope(node) is scope and _is_training(node, model)
    ]
    found = [node for node in found if not any(after < line < node.lineno for line in back)]
    return min(found, key=lambda node: node.lineno, default=None)


_BACK_TO_TRAINING = ("train",)


def _is_training(call: ast.Call, model: str) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and dotted(call.func.value) == model
        and not (bool(call.args) and is_constant(call.args[0], False))
    )


def _is_off(source: Source, node: ast.AST, scope: Scope) -> bool:
    for up in source.up(node):
        if isinstance(up, ast.With | ast.AsyncWith) and any(turns_grad_off(item.context_expr) for item in up.items):
            return True
        if isinstance(up, FUNCTIONS) and has_no_grad_decorator(up):
            return True
    return has_no_grad_decorator(scope)


def _wants_gradients(source: Source, scope: Scope) -> bool:
    """Gradients are taken here, or recording is switched by a call of set_grad_enabled."""
    known: dict[Scope, bool] = source.shared.setdefault("wants gradients", {})
    if scope not in known:
        body = scope.body if isinstance(scope.body, list) else []
        known[scope] = any(map(_is_about_gradients, own(body)))
    return known[scope] or bool(_OFF_FOR_ALL.search(source.text))


def _is_about_gradients(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return last_word(node.func) in _GRADIENTS
    if isinstance(node, ast.Attribute):
        return node.attr == "requires_grad"
    return isinstance(node, ast.keyword) and node.arg == "requires_grad"


_OFF_FOR_ALL = re.compile(r"^(?:torch\.)?(?:autograd\.)?set_grad_enabled\(False\)", re.MULTILINE)


def _is_called_without_grad(source: Source, scope: Scope) -> bool:
    """Every call of this function in this file stands under no_grad."""
    if not isinstance(scope, ast.FunctionDef):
        return False
    calls = [call for call in source.calls(scope.name) if last_word(call.func) != "eval" or call.args]
    return bool(calls) and all(_is_off(source, call, source.scope(call)) for call in calls)


RULES = (
    Rule(
        "MG003",
        "eval-under-grad",
        "A model is evaluated while autograd records",
        "eval() changes dropout and batch norm, not autograd: each forward of an evaluation keeps all its "
        "activations until "
        "the outputs go, so evaluation takes as much memory as training.",
        "Run it under `torch.inference_mode()` or `torch.no_grad()`, as a decorator or a with block.",
        """\
def evaluate(model, loader):
    model.eval()
    right = 0
    for x, y in loader:
        right += (model(x).argmax(1) == y).sum().item()
    return right
""",
        """\
@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    right = 0
    for x, y in loader:
        right += (model(x).argmax(1) == y).sum().item()
    return right
""",
        (".eval()",),
        _check,
    ),
)
