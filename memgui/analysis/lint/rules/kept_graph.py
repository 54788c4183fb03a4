"""MG001, MG002, MG017: a tensor is kept together with the graph that made it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.escape import carries, kept_graphs
from memgui.analysis.lint.flow import ADD, APPEND, STORE, Flow, Keep
from memgui.analysis.lint.report import Edit
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted


def _check_sum(source: Source, _settings: Settings) -> Iterator[Place]:
    for flow, keep in kept_graphs(source):
        if keep.kind == ADD:
            what = _text(keep.value_node)
            yield Place(
                keep.node,
                f"`{keep.target}` adds up `{what}` with its graph: every step's graph stays",
                _detach(flow, keep),
            )


def _check_outputs(source: Source, _settings: Settings) -> Iterator[Place]:
    for flow, keep in kept_graphs(source):
        if keep.kind in (APPEND, STORE) and not _is_log(keep):
            message = f"`{keep.target}` keeps `{_text(keep.value_node)}` of every step with the graph that made it"
            yield Place(keep.node, message, _detach(flow, keep))


def _check_log(source: Source, _settings: Settings) -> Iterator[Place]:
    for flow, keep in kept_graphs(source):
        if keep.kind in (APPEND, STORE) and _is_log(keep):
            place = _graph_in(flow, keep)
            message = f"the log `{keep.target}` holds `{_text(place)}` with its graph, where a number would do"
            yield Place(keep.node, message, _detach(flow, keep))


def _is_log(keep: Keep) -> bool:
    """Under a key that is written out, as logs are: `log["loss"]`, or a dict display."""
    written = isinstance(keep.key, ast.Constant) and isinstance(keep.key.value, str)
    return written or isinstance(keep.value_node, ast.Dict)


def _graph_in(flow: Flow, keep: Keep) -> ast.expr:
    """The member of a dict display that is meant, else the value itself."""
    if isinstance(keep.value_node, ast.Dict):
        names = {dotted(back.what) for back in flow.backwards if carries(back, keep)} - {""}
        for value in keep.value_node.values:
            if dotted(value) in names:
                return value
    return keep.value_node


def _detach(flow: Flow, keep: Keep) -> Edit | None:
    """`.detach()` is safe on a name that is itself run backward: it is a tensor there, and stays one."""
    node = _graph_in(flow, keep)
    name = dotted(node)
    receivers = {dotted(back.what) for back in flow.backwards}
    if not name or name not in receivers or node.end_lineno is None or node.end_col_offset is None:
        return None
    return Edit(node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, "detach")


def _text(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else f"{text[:39]}…"


_LOOP = """\
def train(model, loader, optimizer, criterion):
    {before}
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        {keep}
    return {result}
"""


def _loop(before: str, keep: str, result: str) -> str:
    return _LOOP.format(before=before, keep=keep, result=result)


RULES = (
    Rule(
        "MG001",
        "loss-summed-with-graph",
        "A loss is summed together with its graph",
        "`total += loss` links each step's graph to the sum. backward() frees the saved tensors, but the "
        "nodes of every step, "
        "and what hooks and custom functions saved in them, stay until the sum goes: memory rises with each step.",
        "Add up `loss.item()`, or `loss.detach()` where a wait for the device would hurt.",
        _loop("total = 0.0", "total += loss", "total"),
        _loop("total = 0.0", "total += loss.item()", "total"),
        ("backward", "training_step", "compute_loss"),
        _check_sum,
        fixable=True,
    ),
    Rule(
        "MG002",
        "outputs-kept-with-graph",
        "Outputs or losses are kept with their graph",
        "A tensor that requires grad holds the graph that made it. A list of them holds the graphs of all steps.",
        "Keep `output.detach()`, on the CPU if it is large, or a number by `.item()`.",
        _loop("outputs = []", "outputs.append(loss)", "outputs"),
        _loop("outputs = []", "outputs.append(loss.detach())", "outputs"),
        ("backward", "training_step", "compute_loss"),
        _check_outputs,
        fixable=True,
    ),
    Rule(
        "MG017",
        "graph-in-log",
        "A log keeps tensors with their graph",
        "What is put into a history or a log dict lives as long as it does; a loss in it brings its graph along.",
        "Log `loss.item()`, or `loss.detach()` and read the numbers once in a while.",
        _loop("history = []", 'history.append({"loss": loss})', "history"),
        _loop("history = []", 'history.append({"loss": loss.item()})', "history"),
        ("backward", "training_step", "compute_loss"),
        _check_log,
        fixable=True,
    ),
)
