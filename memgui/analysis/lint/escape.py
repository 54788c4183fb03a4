"""Which kept values carry a graph beyond the step that made it. Reads the record of `flow`; pure."""

from __future__ import annotations

from collections.abc import Iterator

from memgui.analysis.lint.flow import Backward, Flow, Keep, flows
from memgui.analysis.lint.source import FUNCTIONS, Loop, Source, dotted, is_parameter
from memgui.analysis.lint.value import call_of, shares
from memgui.analysis.lint.words import makes_graph


def kept_graphs(source: Source) -> Iterator[tuple[Flow, Keep]]:
    """Values with a graph that is run backward in each iteration (or call), kept in something that outlives it."""
    fed = {origin for flow in flows(source) for origin in flow.ancestors if isinstance(origin, str) and "." in origin}
    for flow in flows(source):
        for keep in flow.keeps:
            if keep.target not in fed and outlives(flow, keep):
                yield flow, keep


def outlives(flow: Flow, keep: Keep) -> bool:
    """Whether it is kept beyond a backward of its own graph, in something that is not run backward itself."""
    if not keep.value.strong or feeds(flow, keep):
        return False
    for loop in reversed(keep.loops):
        if is_fresh(flow, keep.target, loop):
            return False
        if any(loop in back.loops and carries(back, keep) for back in flow.backwards):
            return True
    return belongs_to_others(flow, keep.target) and any(
        not back.loops and carries(back, keep) for back in flow.backwards
    ) and not is_fresh(flow, keep.target, None)  # fmt: skip


def carries(back: Backward, keep: Keep) -> bool:
    """Whether a kept value holds the graph that is run backward there."""
    certain = {origin for origin in back.value.strong if makes_graph(call_of(origin))}
    likely = {origin for origin in back.value.weak if makes_graph(call_of(origin))}
    if shares(keep.value.strong, certain | likely):
        return True
    # Nothing in it sounds like a model or a loss, but it is the very value that is run backward.
    same = not certain and keep.value.strong == back.value.strong
    return same and (
        any(call_of(origin) for origin in keep.value.strong) or dotted(keep.value_node) == dotted(back.what)
    )


def feeds(flow: Flow, keep: Keep) -> bool:
    """Whether what it is put into is itself run backward: losses that are collected and summed."""
    return shares(keep.before.strong, flow.ancestors) or keep.target in flow.ancestors


def is_fresh(flow: Flow, target: str, loop: Loop | None) -> bool:
    """Whether a container is made anew or emptied in each iteration; without a loop, in each call."""
    return any(
        (path == target or target.startswith(f"{path}.")) and (loop is None or loop in loops)
        for path, _, loops in flow.resets
    )


def belongs_to_others(flow: Flow, target: str) -> bool:
    """Whether a container outlives the call: an attribute, a parameter, a global or a name of an outer function."""
    scope = flow.scope
    if not isinstance(scope, FUNCTIONS):
        return False
    root, dot, _ = target.partition(".")
    if is_parameter(scope, root):
        return True
    return not dot and not flow.source.is_local(root, scope) and root not in flow.source.imports
