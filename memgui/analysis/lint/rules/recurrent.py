"""MG022: a recurrent state is carried from step to step with its graph."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.escape import is_fresh
from memgui.analysis.lint.flow import RECUR, Flow, Keep, flows
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Loop, Source
from memgui.analysis.lint.value import Origin, call_of


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for flow in flows(source):
        for keep in flow.keeps:
            if keep.kind == RECUR and _is_carried(flow, keep):
                yield Place(
                    keep.node,
                    f"`{keep.target}` goes from step to step with its graph, which grows back to the first step",
                )


def _is_carried(flow: Flow, keep: Keep) -> bool:
    """Run backward in the loop that carries it, and neither detached nor made anew in it."""
    for loop in reversed(keep.loops):
        if is_fresh(flow, keep.target, loop):
            return False
        if any(_reaches(loop, back.loops, keep.value_node, back.value.all) for back in flow.backwards):
            return True
    return False


def _reaches(loop: Loop, loops: tuple[Loop, ...], call: ast.expr, origins: frozenset[Origin]) -> bool:
    return loop in loops and any(call_of(origin) is call for origin in origins)


_LOOP = """\
hidden = model.init_hidden()
for x, y in loader:
    {line}
    loss = criterion(out, y)
    loss.backward()
    optimizer.step()
"""

RULES = (
    Rule(
        "MG022",
        "state-not-detached",
        "A recurrent state is not detached",
        "A hidden state that goes into the next step brings the graph of all steps before. backward() then "
        "fails or, with "
        "retain_graph=True, walks and holds the whole history.",
        "Detach it once a step: `hidden = hidden.detach()`, for a tuple each member.",
        _LOOP.format(line="out, hidden = model(x, hidden)"),
        _LOOP.format(line="out, hidden = model(x, hidden.detach())"),
        ("backward", "training_step"),
        _check,
    ),
)
