"""Follows tensors through one function: what carries a graph that is run backward, and what outlives its step.

A forward walk over the statements with a value for every dotted name: branches are joined, loops are walked twice. The
walk records where `backward` is called and on what, and where values are kept; `escape` and the rules read the record.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace

from memgui.analysis.lint.expressions import Expressions
from memgui.analysis.lint.source import FUNCTIONS, LOOPS, Loop, Scope, Source, dotted, is_constant, last_word
from memgui.analysis.lint.value import PLAIN, Value, through, union
from memgui.analysis.lint.words import makes_graph, runs_others

APPEND, STORE, ADD, RECUR = "append", "store", "add", "recur"
_COLLECTS = {"append", "appendleft", "extend", "insert"}
_SHRINKS = {"clear", "pop", "popleft", "popitem", "remove"}
_WALKED_TWICE = 3
# What these return is run backward by the caller.
STEPS = ("training_step", "compute_loss")


@dataclass(frozen=True)
class Keep:
    """A value is put into something.

    Attributes:
        kind: APPEND to a container, STORE under a key, ADD to a sum, RECUR as an input of the next iteration.
        node: the statement or call; value_node: what is put; target: dotted name of what it is put into.
        before: what the target was made with; loops: around it, outermost first.
        key: the key of a STORE, or the last key on the way to an APPEND.
    """

    kind: str
    node: ast.AST
    value_node: ast.expr
    target: str
    value: Value
    before: Value
    loops: tuple[Loop, ...]
    key: ast.expr | None = None


@dataclass(frozen=True)
class Backward:
    """A graph is run backward: that of the expression `what`."""

    node: ast.AST
    what: ast.expr
    value: Value
    loops: tuple[Loop, ...]


class Flow:
    """The record of one function or module body.

    Attributes:
        keeps, backwards: in order of the text.
        resets: where a dotted name is assigned anew or its container emptied, as (name, node, loops around).
        ancestors: every origin that went into something that is run backward.
    """

    def __init__(self, source: Source, scope: Scope) -> None:
        self.source = source
        self.scope = scope
        self._expressions = Expressions(source)
        self._loops: tuple[Loop, ...] = ()
        self._keeps: dict[tuple[ast.AST, str], Keep] = {}
        self._backwards: dict[ast.AST, Backward] = {}
        self.resets: list[tuple[str, ast.AST, tuple[Loop, ...]]] = []
        self._made: dict[str, Value] = {}
        self._runs = 0
        self._runs_returned = isinstance(scope, ast.FunctionDef) and scope.name in STEPS
        self._expressions.off = int(has_no_grad_decorator(scope))
        body = [ast.Return(scope.body)] if isinstance(scope, ast.Lambda) else scope.body
        self._walk(body)
        self.keeps = tuple(self._keeps.values())
        self.backwards = tuple(self._backwards.values())
        self.ancestors = frozenset().union(*(back.value.all for back in self.backwards))

    def _walk(self, body: Iterable[ast.stmt]) -> None:
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            return
        if isinstance(node, LOOPS):
            self._loop(node)
        elif isinstance(node, ast.If):
            self._calls(node.test)
            self._branches(node.body, node.orelse)
        elif isinstance(node, ast.With | ast.AsyncWith):
            self._with(node)
        elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            self._walk(node.body)  # type: ignore[attr-defined]
            self._branches(*(handler.body for handler in node.handlers), node.orelse)  # type: ignore[attr-defined]
            self._walk(node.finalbody)  # type: ignore[attr-defined]
        elif isinstance(node, ast.Match):
            self._branches(*(case.body for case in node.cases))
        else:
            self._calls(node)
            self._simple(node)

    def _simple(self, node: ast.stmt) -> None:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(node, target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self._assign(node, node.target, node.value)
        elif isinstance(node, ast.AugAssign):
            self._add(node, node.target, node.value, is_sum=isinstance(node.op, ast.Add | ast.Sub))
        elif isinstance(node, ast.Return) and self._runs_returned and node.value is not None:
            self._backward(node, node.value)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self._reset(base_path(target), node)

    def _branches(self, *bodies: list[ast.stmt]) -> None:
        before = self._expressions.known
        ends, ran = [], []
        for body in bodies:
            self._expressions.known = dict(before)
            runs = self._runs
            self._walk(body)
            ends.append(self._expressions.known)
            ran.append(self._runs > runs)
        # What is said of a value holds where it was run backward: `if train: loss.backward(); loss = loss.item()`.
        ends = [end for end, did in zip(ends, ran, strict=True) if did] or ends
        names = set().union(*ends) if ends else set(before)
        self._expressions.known = {
            name: union({end[name]: None for end in ends if name in end}) for name in names
        } if ends else before  # fmt: skip

    def _loop(self, node: Loop) -> None:
        if isinstance(node, ast.While):
            self._calls(node.test)
        else:
            self._calls(node.iter)
        outside = dict(self._expressions.known)
        self._loops = (*self._loops, node)
        # What one iteration hands to the next is seen in a second walk; deep down one has to do, or nesting would cost
        # twice as much a level.
        for _ in range(2 if len(self._loops) <= _WALKED_TWICE else 1):
            if not isinstance(node, ast.While):
                self._expressions.bind(node.target, self._expressions.element(node.iter, node))
                for name in _names(node.target):
                    self._reset(name, node)
            self._walk(node.body)
        self._loops = self._loops[:-1]
        for name, value in outside.items():
            self._expressions.known[name] = union({value: None, self._expressions.known.get(name, value): None})
        self._walk(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        off = 0
        for item in node.items:
            self._calls(item.context_expr)
            off += turns_grad_off(item.context_expr)
            if item.optional_vars is not None:
                self._expressions.bind(item.optional_vars, self._expressions.value(item.context_expr))
        self._expressions.off += off
        self._walk(node.body)
        self._expressions.off -= off

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        path = dotted(target)
        if path and isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            for old, new in ((value.left, value.right), (value.right, value.left)):
                if dotted(old) == path:
                    self._add(node, target, new, is_sum=True)
                    return
        found = self._expressions.value(value)
        if not found.strong and path and isinstance(value, ast.List | ast.Dict | ast.Constant | ast.Call):
            found = through(value, (found,))
        if isinstance(target, ast.Subscript):
            self._store(node, target, value, found)
            return
        by_model = isinstance(value, ast.Call) and makes_graph(value)
        carried = [name for name in _names(target) if by_model and name in _arguments(value)]
        for name in carried:
            self._keep(Keep(RECUR, node, value, name, found, self._before(name), self._loops))
        self._expressions.bind(target, found)
        for name in _names(target):
            self._made[name] = self._expressions.known.get(name, PLAIN)
            if name not in carried:
                self._reset(name, node)

    def _add(self, node: ast.stmt, target: ast.expr, value: ast.expr, *, is_sum: bool) -> None:
        path = base_path(target)
        before, found = self._expressions.value(target), self._expressions.value(value)
        if is_sum and path and not self._expressions.off:
            kind = APPEND if isinstance(value, ast.List | ast.Tuple | ast.ListComp) else ADD
            key = target.slice if isinstance(target, ast.Subscript) else None
            self._keep(Keep(kind, node, value, path, found, self._before(path), self._loops, key))
        self._expressions.bind(target, union((before, found)) if not self._expressions.off else before)

    def _store(self, node: ast.stmt, target: ast.Subscript, value: ast.expr, found: Value) -> None:
        path = base_path(target)
        if not path:
            return
        if isinstance(target.slice, ast.Slice):
            self._reset(path, node)
        self._keep(Keep(STORE, node, value, path, found, self._before(path), self._loops, target.slice))
        self._expressions.known[path] = union((self._value_of_path(path), found))

    def _calls(self, node: ast.AST) -> None:
        stack: list[ast.AST] = [node]
        while stack:
            inner = stack.pop()
            if isinstance(inner, (*FUNCTIONS, ast.ClassDef)):
                continue
            if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
                self._method_call(inner, inner.func)
            stack += ast.iter_child_nodes(inner)

    def _method_call(self, call: ast.Call, func: ast.Attribute) -> None:
        if func.attr in ("backward", "manual_backward"):
            # An engine's backward takes the loss; a tensor's runs the tensor, and takes at most its gradient.
            by_engine = bool(call.args) and (func.attr != "backward" or runs_others(last_word(func.value)))
            self._backward(call, call.args[0] if by_engine else func.value)
        elif func.attr in _SHRINKS:
            self._reset(base_path(func.value), call)
        elif func.attr in _COLLECTS and call.args:
            path = base_path(func.value)
            if not path:
                return
            found = self._expressions.value(call.args[-1])
            key = func.value.slice if isinstance(func.value, ast.Subscript) else None
            self._keep(Keep(APPEND, call, call.args[-1], path, found, self._before(path), self._loops, key))
            self._expressions.known[path] = union((self._value_of_path(path), found))

    def _before(self, path: str) -> Value:
        """What a name was given where it was made, without what has been put into it since."""
        return self._made.get(path, Value(frozenset((path,))))

    def _value_of_path(self, path: str) -> Value:
        return self._expressions.value(ast.parse(path, mode="eval").body) if path else PLAIN

    def _keep(self, keep: Keep) -> None:
        first = self._keeps.get((keep.node, keep.target))
        # The second walk of a loop knows more of the value; what was there before the loop is in the first.
        self._keeps[(keep.node, keep.target)] = (
            keep if first is None else replace(first, value=union((first.value, keep.value)))
        )

    def _backward(self, node: ast.AST, what: ast.expr) -> None:
        self._runs += 1
        value, first = self._expressions.value(what), self._backwards.get(node)
        self._backwards[node] = Backward(node, what, union((first.value, value)) if first else value, self._loops)

    def _reset(self, path: str, node: ast.AST) -> None:
        if path:
            self.resets.append((path, node, self._loops))


def flows(source: Source) -> list[Flow]:
    """The flows of all functions and of the module, as far as something is run backward in them."""
    found: list[Flow] | None = source.shared.get("flows")
    if found is None:
        scopes = {source.scope(call): None for call in source.calls("backward", "manual_backward")}
        scopes |= {node: None for node in source.nodes(ast.FunctionDef) if node.name in STEPS}
        found = source.shared["flows"] = [Flow(source, scope) for scope in scopes]
    return found


def base_path(node: ast.AST) -> str:
    """`a.b` of `a.b[k]`, `a.b.setdefault(k, [])` and `a.b`."""
    while True:
        if isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and last_word(node.func) in ("setdefault", "get"):
            node = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        else:
            return dotted(node)


def turns_grad_off(node: ast.expr) -> bool:
    """`no_grad()`, `inference_mode()`, `set_grad_enabled(False)`, called or named."""
    name = last_word(node.func if isinstance(node, ast.Call) else node)
    if name == "set_grad_enabled":
        return isinstance(node, ast.Call) and bool(node.args) and is_constant(node.args[0], False)
    return name.endswith(("no_grad", "inference_mode"))


def has_no_grad_decorator(scope: ast.AST) -> bool:
    """A function that is decorated with one of them."""
    return any(turns_grad_off(item) for item in getattr(scope, "decorator_list", ()))


def _names(target: ast.AST) -> list[str]:
    if isinstance(target, ast.Tuple | ast.List):
        return [name for item in target.elts for name in _names(item)]
    path = dotted(target.value if isinstance(target, ast.Starred) else target)
    return [path] if path else []


def _arguments(call: ast.expr) -> set[str]:
    if not isinstance(call, ast.Call):
        return set()
    return {dotted(item) for item in [*call.args, *(word.value for word in call.keywords)]} - {""}
