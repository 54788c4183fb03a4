"""The value of an expression, by what is known of the names in it. Used by `flow`; one flow at a time."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from types import MappingProxyType

from memgui.analysis.lint.source import Source, dotted, keyword, last_word
from memgui.analysis.lint.value import PLAIN, Value, through, union
from memgui.analysis.lint.words import (
    COMBINES,
    ENDS_GRAPH,
    PAIRS,
    PASSES,
    PLAIN_ATTRIBUTES,
    PLAIN_CALLS,
    TENSOR_METHODS,
    sounds_like_loss,
    sounds_like_model,
)

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
_TORCH = ("torch.", "torch.nn.functional.", "F.")


class Expressions:
    """Evaluates expressions over an environment of dotted names.

    Attributes:
        known: values by dotted name, such as "loss" and "self.loss".
        off: how many `no_grad` stand around; a computation inside has no graph.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.known: dict[str, Value] = {}
        self.off = 0

    def value(self, node: ast.AST | None) -> Value:
        """Where the graph of an expression may come from."""
        if node is None:
            return PLAIN
        evaluate = _KINDS.get(type(node))
        return evaluate(self, node) if evaluate is not None else PLAIN

    def _name(self, node: ast.AST) -> Value:
        path = dotted(node)
        if path:
            found = self.known.get(path)
            if found is not None:
                return found
        if isinstance(node, ast.Attribute):
            if node.attr in PLAIN_ATTRIBUTES:
                return PLAIN
            base = self.value(node.value)
            # A field of something computed is a part of it; a field of an unknown object is a thing of its own.
            if not path or any(not isinstance(origin, str) for origin in base.strong):
                return Value(base.strong, base.weak)
        return Value(frozenset((path,))) if path else PLAIN

    def _operation(self, node: ast.AST) -> Value:
        operands = [self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return PLAIN if self.off else _flat(union(operands))

    def _choice(self, node: ast.AST) -> Value:
        if isinstance(node, ast.IfExp):
            return union((self.value(node.body), self.value(node.orelse)))
        return union(self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))

    def _negation(self, node: ast.AST) -> Value:
        assert isinstance(node, ast.UnaryOp)
        return PLAIN if isinstance(node.op, ast.Not) else self._operation(node)

    def _inner(self, node: ast.AST) -> Value:
        return self.value(node.value)  # type: ignore[attr-defined]

    def _tuple(self, node: ast.AST) -> Value:
        assert isinstance(node, ast.Tuple | ast.List | ast.Set)
        members = tuple(self.value(item) for item in node.elts)
        whole = union(members)
        return Value(whole.strong, whole.weak, members if isinstance(node, ast.Tuple) else None)

    def _dict(self, node: ast.AST) -> Value:
        assert isinstance(node, ast.Dict)
        return _flat(union(self.value(item) for item in node.values))

    def _subscript(self, node: ast.AST) -> Value:
        assert isinstance(node, ast.Subscript)
        base = self.value(node.value)
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            return base.member(node.slice.value)
        return _flat(base)

    def _named(self, node: ast.AST) -> Value:
        assert isinstance(node, ast.NamedExpr)
        found = self.value(node.value)
        self.known[node.target.id] = found
        return found

    def _comprehension(self, node: ast.AST) -> Value:
        outer = dict(self.known)
        for part in node.generators:  # type: ignore[attr-defined]
            self.bind(part.target, self.element(part.iter, part))
        member = node.value if isinstance(node, ast.DictComp) else node.elt  # type: ignore[attr-defined]
        found = self.value(member)
        self.known = outer
        return _flat(found)

    def element(self, iterated: ast.expr, loop: ast.AST) -> Value:
        """What a loop over an expression hands out."""
        found = self.value(iterated)
        if isinstance(iterated, ast.Call) and last_word(iterated.func) in ("enumerate", "items"):
            rest = self.value(iterated.args[0]) if iterated.args else found
            return Value(items=(PLAIN, _flat(rest)), strong=rest.strong, weak=rest.weak)
        if isinstance(iterated, ast.Call) and last_word(iterated.func) == "zip":
            members = tuple(_flat(self.value(argument)) for argument in iterated.args)
            return Value(found.strong, found.weak, members)
        return _flat(found) if found.strong else through(loop, (found,))

    def bind(self, target: ast.AST, found: Value) -> None:
        """Assign a value to a name, an attribute, or to several by unpacking."""
        if isinstance(target, ast.Tuple | ast.List):
            for index, item in enumerate(target.elts):
                self.bind(item, found.member(index))
        elif isinstance(target, ast.Starred):
            self.bind(target.value, _flat(found))
        elif isinstance(target, ast.Name | ast.Attribute):
            path = dotted(target)
            if path:
                self.known[path] = found
                if isinstance(target, ast.Name):
                    for stale in [name for name in self.known if name.startswith(f"{path}.")]:
                        del self.known[stale]

    def _call(self, node: ast.AST) -> Value:
        assert isinstance(node, ast.Call)
        name = last_word(node.func)
        inputs = [self.value(item) for item in node.args] + [self.value(word.value) for word in node.keywords]
        if name in PLAIN_CALLS and (isinstance(node.func, ast.Name) or name == "parse_args"):
            return PLAIN
        origin = self.source.origin(node.func)
        if origin.startswith(("numpy.", "math.", "time.", "random.", "json.")):
            return PLAIN
        if isinstance(node.func, ast.Name):
            return self._function(node, name, inputs)
        if origin.startswith(_TORCH) and not origin.startswith(("torch.nn.Module", "torch.load")):
            return self._torch(node, name, origin, inputs)
        return self._method(node, name, inputs)

    def _function(self, node: ast.Call, name: str, inputs: list[Value]) -> Value:
        if name in PASSES:
            return _flat(union(inputs))
        return PLAIN if self.off else through(node, inputs)

    def _torch(self, node: ast.Call, name: str, origin: str, inputs: list[Value]) -> Value:
        if self.off or (name in ENDS_GRAPH and name not in ("long", "int", "bool")):
            return PLAIN
        if sounds_like_loss(name) or origin == "torch.autograd.grad":
            makes_graph = origin != "torch.autograd.grad" or keyword(node, "create_graph") is not None
            return through(node, inputs) if makes_graph else PLAIN
        # A tensor that is made here, such as torch.zeros(1), has an origin of its own, and so has an object of a class.
        whole = _flat(union(inputs))
        whole = whole if whole.strong and not name[:1].isupper() else through(node, ())
        return Value(whole.strong, whole.weak, (whole, PLAIN)) if name in PAIRS else whole

    def _method(self, node: ast.Call, name: str, inputs: list[Value]) -> Value:
        assert isinstance(node.func, ast.Attribute) or not isinstance(node.func, ast.Name)
        base = self.value(getattr(node.func, "value", node.func))
        computed = any(not isinstance(origin, str) for origin in base.strong)
        if name in ENDS_GRAPH and not (name in ("long", "int", "bool", "type") and not computed):
            return PLAIN
        if self.off:
            return _flat(base) if name in ("values", "items", "get", "pop", "copy") else PLAIN
        if inputs and (name in ("scale", "scale_loss") or (name in PASSES and not computed)):
            return _flat(union(inputs))
        if computed or name in TENSOR_METHODS:
            called_model = sounds_like_model(name) or sounds_like_loss(name)
            if called_model:
                return through(node, [base, *inputs])
            whole = _flat(union([base, *inputs]) if name in COMBINES else base)
            return Value(whole.strong, whole.weak, (whole, PLAIN)) if name in PAIRS else whole
        return through(node, [base, *inputs])


def _flat(found: Value) -> Value:
    return found if found.items is None else Value(found.strong, found.weak)


_KINDS: Mapping[type, Callable[[Expressions, ast.AST], Value]] = MappingProxyType(
    {
        ast.Name: Expressions._name,
        ast.Attribute: Expressions._name,
        ast.BinOp: Expressions._operation,
        ast.UnaryOp: Expressions._negation,
        ast.BoolOp: Expressions._choice,
        ast.IfExp: Expressions._choice,
        ast.Starred: Expressions._inner,
        ast.Await: Expressions._inner,
        ast.Tuple: Expressions._tuple,
        ast.List: Expressions._tuple,
        ast.Set: Expressions._tuple,
        ast.Dict: Expressions._dict,
        ast.Subscript: Expressions._subscript,
        ast.NamedExpr: Expressions._named,
        ast.Call: Expressions._call,
        **dict.fromkeys(_COMPREHENSIONS, Expressions._comprehension),
    }
)
