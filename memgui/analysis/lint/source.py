"""A parsed file with what rules ask of it: nodes by type, parents, scopes, imports. Any thread, one at a time."""

from __future__ import annotations

import ast
import symtable
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any, TypeAlias, TypeVar, cast

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Scope: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Module
Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While
Node = TypeVar("Node", bound=ast.AST)

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Fields that hold no node a rule looks at; leaving them out halves the cost of the walk.
_LEFT_OUT = {"ctx", "op", "ops", "type_ignores", "type_comment"}
_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    found = _FIELDS[kind] = tuple(name for name in kind._fields if name not in _LEFT_OUT)
    return found


for _leaf in (ast.Name, ast.Constant, ast.Pass, ast.Break, ast.Continue, ast.Global, ast.Nonlocal, ast.alias):
    _FIELDS[_leaf] = ()


class Source:
    """One file: its tree, and an index of it that is built in one walk."""

    def __init__(self, path: str, text: str) -> None:
        """Parse.

        Raises:
            SyntaxError: with line and offset.
            ValueError: the text holds a null byte.
        """
        self.path = path
        self.text = text
        self.tree = ast.parse(text, filename=path)
        self.parents: dict[ast.AST, ast.AST] = {}
        # What several rules derive from the same source, by name.
        self.shared: dict[str, Any] = {}
        self._nodes: dict[type, list[ast.AST]] = defaultdict(list)
        self._index()

    def _index(self) -> None:
        parents, nodes, known = self.parents, self._nodes, _FIELDS
        stack: list[ast.AST] = [self.tree]
        while stack:
            node = stack.pop()
            kind = type(node)
            nodes[kind].append(node)
            for name in known.get(kind) or (() if kind in known else _fields(kind)):
                value = getattr(node, name, None)
                if value.__class__ is list:
                    for child in value:
                        if isinstance(child, ast.AST):
                            parents[child] = node
                            stack.append(child)
                elif isinstance(value, ast.AST):
                    parents[value] = node
                    stack.append(value)

    def nodes(self, *kinds: type[Node]) -> list[Node]:
        """Every node of these types, in no order."""
        if len(kinds) == 1:
            return cast("list[Node]", self._nodes.get(kinds[0], []))
        return [node for kind in kinds for node in cast("list[Node]", self._nodes.get(kind, []))]

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines."""
        return self.text.splitlines()

    @cached_property
    def uses_torch(self) -> bool:
        """The file imports torch or a library on top of it."""
        return any(root in _TORCH for root in self._roots)

    @cached_property
    def _roots(self) -> set[str]:
        return {target.split(".")[0] for target in self.imports.values()}

    @cached_property
    def imports(self) -> dict[str, str]:
        """Local name to dotted origin, wherever in the file it is imported."""
        found: dict[str, str] = {}
        for node in self.nodes(ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        for origin in self.nodes(ast.ImportFrom):
            for alias in origin.names:
                found[alias.asname or alias.name] = f"{'.' * origin.level}{origin.module or ''}.{alias.name}"
        return found

    @cached_property
    def calls_by_name(self) -> dict[str, list[ast.Call]]:
        """Calls by the last word of what is called."""
        found: dict[str, list[ast.Call]] = defaultdict(list)
        for call in self.nodes(ast.Call):
            found[last_word(call.func)].append(call)
        return found

    def calls(self, *names: str) -> list[ast.Call]:
        """Calls of functions or methods with one of these names."""
        return [call for name in names for call in self.calls_by_name.get(name, ())]

    def origin(self, node: ast.AST) -> str:
        """The dotted name of an expression with imports resolved: `nn.Linear` is "torch.nn.Linear"; "" for others."""
        words = dotted(node)
        first, dot, rest = words.partition(".")
        return self.imports.get(first, first) + dot + rest

    def up(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around one, inside out."""
        parent = self.parents.get(node)
        while parent is not None:
            yield parent
            parent = self.parents.get(parent)

    def scope(self, node: ast.AST) -> Scope:
        """The function, class or module that a node is executed in."""
        inner = node
        for outer in self.up(node):
            if isinstance(outer, FUNCTIONS):
                if (
                    inner is outer.args
                    or inner in getattr(outer, "decorator_list", ())
                    or inner is outer.__dict__.get("returns")
                ):  # defaults, decorators and annotations run outside
                    inner = outer
                    continue
                return outer
            if isinstance(outer, ast.ClassDef | ast.Module) and inner not in getattr(outer, "decorator_list", ()):
                return cast("Scope", outer)
            inner = outer
        return self.tree

    def function(self, node: ast.AST) -> Function | None:
        """The function that a node is executed in; None for module and class level."""
        scope = self.scope(node)
        return scope if isinstance(scope, FUNCTIONS) else None

    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function that has a name."""
        return [*self.nodes(ast.FunctionDef), *self.nodes(ast.AsyncFunctionDef)]

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The class in whose body a node stands, also inside of a method."""
        for outer in self.up(node):
            if isinstance(outer, ast.ClassDef):
                return outer
        return None

    def loops(self, node: ast.AST) -> list[Loop]:
        """The loops around a node in its own function, innermost first."""
        found: list[Loop] = []
        inner = node
        for outer in self.up(node):
            if isinstance(outer, (*FUNCTIONS, ast.ClassDef)):
                break
            # What stands in `iter` is evaluated once, before the loop.
            if isinstance(outer, LOOPS) and inner is not getattr(outer, "iter", None) and inner not in outer.orelse:
                found.append(outer)
            inner = outer
        return found

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that a node belongs to."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def inside(self, node: ast.AST, outer: ast.AST) -> bool:
        """Whether a node stands in another, or is it."""
        return node is outer or any(up is outer for up in self.up(node))

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """Classes by name."""
        return {node.name: node for node in self.nodes(ast.ClassDef)}

    def bases(self, node: ast.ClassDef) -> set[str]:
        """Last words of all base classes, through classes of the same file."""
        found: set[str] = set()
        todo = list(node.bases)
        while todo:
            word = last_word(todo.pop())
            if word and word not in found:
                found.add(word)
                if word in self.classes:
                    todo += self.classes[word].bases
        return found

    def is_module_class(self, node: ast.ClassDef) -> bool:
        """Whether a class is a torch module, as far as names tell."""
        return any(base.endswith("Module") or base in _MODULE_BASES for base in self.bases(node))

    def is_dataset_class(self, node: ast.ClassDef) -> bool:
        """Whether a class is a torch dataset, as far as names tell."""
        return any(base.endswith(("Dataset", "DataPipe", "ImageFolder", "DatasetFolder")) for base in self.bases(node))

    @cached_property
    def _tables(self) -> dict[tuple[str, int], symtable.SymbolTable]:
        found: dict[tuple[str, int], symtable.SymbolTable] = {}
        todo = [symtable.symtable(self.text, self.path, "exec")]
        while todo:
            table = todo.pop()
            found.setdefault((table.get_name(), table.get_lineno()), table)
            todo += table.get_children()
        return found

    def is_local(self, name: str, scope: Scope) -> bool:
        """Whether a name belongs to the function's own call: neither global nor of an enclosing function."""
        if not isinstance(scope, FUNCTIONS):
            return not isinstance(scope, ast.Module)
        key = ("lambda" if isinstance(scope, ast.Lambda) else scope.name, scope.lineno)
        table = self._tables.get(key)
        if table is None and not isinstance(scope, ast.Lambda) and scope.decorator_list:
            table = self._tables.get((scope.name, scope.decorator_list[0].lineno))
        try:
            symbol = table.lookup(name) if table is not None else None
        except KeyError:
            return False
        return symbol is not None and symbol.is_local()


_TORCH = {
    "torch",
    "lightning",
    "pytorch_lightning",
    "transformers",
    "accelerate",
    "torchvision",
    "timm",
    "fastai",
    "ignite",
}
_MODULE_BASES = {"PreTrainedModel"}


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` of names and attributes; "" for every other expression."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    words.append(node.id)
    return ".".join(reversed(words))


def last_word(node: ast.AST) -> str:
    """The name at the end of an expression that is called or inherited from."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return last_word(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value of a keyword argument; None where it is not given."""
    return next((word.value for word in call.keywords if word.arg == name), None)


def is_constant(node: ast.AST | None, value: object) -> bool:
    """Whether a node is this very constant."""
    return isinstance(node, ast.Constant) and node.value is value


def own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes that are executed with these statements: nested functions and classes left out."""
    stack: list[ast.AST] = list(reversed(body))
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            stack += reversed(list(ast.iter_child_nodes(node)))


def method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    """A method of a class."""
    return next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == name), None)


def is_method(function: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a function stands directly in a class."""
    return isinstance(parents.get(function), ast.ClassDef)


def is_parameter(function: Function, name: str) -> bool:
    """Whether a function is given something by this name."""
    arguments = function.args
    return any(item.arg == name for item in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
