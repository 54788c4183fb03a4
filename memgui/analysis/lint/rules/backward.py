"""MG004, MG018: backward is told to keep the graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.escape import outlives
from memgui.analysis.lint.flow import flows
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, is_constant, keyword, last_word, own
from memgui.analysis.lint.training import is_now_and_then
from memgui.analysis.lint.value import call_of

_RUNS = ("backward", "manual_backward", "grad")


def _check_retain(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("backward", "manual_backward"):
        loops = source.loops(call)
        if not loops or not is_constant(keyword(call, "retain_graph"), True) or keyword(call, "inputs") is not None:
            continue
        if not _is_freed_later(source, call):
            yield Place(call, "retain_graph=True in a loop, and no later backward of the iteration frees the graph")


def _is_freed_later(source: Source, call: ast.Call) -> bool:
    """A later backward in the same iteration of any loop around it lets the graph go, or the loop reuses it."""
    for loop in source.loops(call):
        for node in own(loop.body):
            if not isinstance(node, ast.Call) or node is call or last_word(node.func) not in _RUNS:
                continue
            later = (node.lineno, node.col_offset) > (call.lineno, call.col_offset)
            if later and not is_constant(keyword(node, "retain_graph"), True):
                return True
    return not _makes_its_graph(source, call)


def _makes_its_graph(source: Source, call: ast.Call) -> bool:
    """Whether the loop computes anew what it runs backward; else every iteration needs the one graph."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) and not call.args else (call.args or [call])[0]
    names = {node.id for node in ast.walk(receiver) if isinstance(node, ast.Name)}
    innermost = source.loops(call)[0]
    assigned = {
        node.id for node in own(innermost.body) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    attributes = {
        node.attr for node in own(innermost.body) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    wanted = {node.attr for node in ast.walk(receiver) if isinstance(node, ast.Attribute)}
    return bool(names & assigned or wanted & attributes)


def _check_create(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("backward", "manual_backward"):
        if is_constant(keyword(call, "create_graph"), True) and not _resets_gradients(source, call):
            yield Place(
                call, "backward(create_graph=True) ties each parameter and its gradient into a cycle that stays"
            )
    for flow in flows(source):
        for keep in flow.keeps:
            has_graph = any(_creates(call_of(origin)) for origin in keep.value.strong)
            if has_graph and keep.kind in ("append", "store") and outlives(flow, keep):
                yield Place(
                    keep.node, f"`{keep.target}` keeps gradients together with the graph made by create_graph=True"
                )


def _creates(call: ast.Call | None) -> bool:
    return call is not None and last_word(call.func) == "grad" and is_constant(keyword(call, "create_graph"), True)


def _resets_gradients(source: Source, call: ast.Call) -> bool:
    """Gradients are set to None in the same function after it, or before it in the same loop."""
    scope = source.scope(call)
    loops = source.loops(call)
    body = loops[-1].body if loops else scope.body if isinstance(scope.body, list) else []
    for node in own(body):
        zeroed = isinstance(node, ast.Call) and last_word(node.func) == "zero_grad" and not _keeps_zeros(node)
        none = isinstance(node, ast.Assign) and is_constant(node.value, None) and last_word(node.targets[0]) == "grad"
        if (zeroed or none) and not is_now_and_then(source, node, loops[-1] if loops else scope):
            return bool(loops) or node.lineno > call.lineno  # type: ignore[attr-defined]
    return False


def _keeps_zeros(call: ast.Call) -> bool:
    return is_constant(keyword(call, "set_to_none"), False) or any(is_constant(item, False) for item in call.args)


RULES = (
    Rule(
        "MG004",
        "retain-graph-in-loop",
        "retain_graph=True in a loop",
        "backward() frees what the forward saved; retain_graph=True leaves it until the loss is computed anew, so two "
        "steps' activations lie side by side at the peak. Often it only hides a recurrent state that is not detached.",
        "Leave it out; add the losses up and run backward once, or detach what is carried from step to step.",
        """\
for x, y in loader:
    loss = criterion(model(x), y)
    loss.backward(retain_graph=True)
    optimizer.step()
""",
        """\
for x, y in loader:
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
""",
        ("retain_graph",),
        _check_retain,
    ),
    Rule(
        "MG018",
        "create-graph-kept",
        "create_graph=True, and what it makes is kept",
        "With create_graph=True gradients have a graph of their own, which refers back to the parameters: a "
        "cycle through "
        "C++ that Python's collector does not see. It stays until the gradients are set to None.",
        "Use `torch.autograd.grad(..., create_graph=True)`, or set the gradients to None after each step; "
        "keep detached copies.",
        """\
def penalty(model, x):
    loss = model(x).sum()
    loss.backward(create_graph=True)
    return sum((p.grad**2).sum() for p in model.parameters())
""",
        """\
def penalty(model, x):
    loss = model(x).sum()
    grads = torch.autograd.grad(loss, model.parameters(), create_graph=True)
    return sum((g**2).sum() for g in grads)
""",
        ("create_graph",),
        _check_create,
    ),
)
