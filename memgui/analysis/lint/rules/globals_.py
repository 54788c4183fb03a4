"""MG007: a global container that only grows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.containers import Growth, is_empty_container, shrinks, traffic
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Function, Source, dotted
from memgui.analysis.lint.training import is_per_batch, is_step_loop


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for made in source.tree.body:
        if not isinstance(made, ast.Assign | ast.AnnAssign) or not is_empty_container(made.value):
            continue
        targets = made.targets if isinstance(made, ast.Assign) else [made.target]
        for name in (target.id for target in targets if isinstance(target, ast.Name)):
            if shrinks(source, name, made=made):
                continue
            for growth in _in_functions(source, name):
                yield Place(
                    growth.node, f"the global `{name}` is filled here for every batch, and nothing is taken out of it"
                )


def _in_functions(source: Source, name: str) -> Iterator[Growth]:
    for growth in traffic(source).puts.get(name, ()):
        function = source.function(growth.node)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not source.is_local(name, function):
            yield from [growth] if _varies(growth) and _is_hot(source, function, growth) else []


def _is_hot(source: Source, function: Function, growth: Growth) -> bool:
    """Runs for every batch: in a loop over steps, in a function such as forward, in a hook, or keeps a loss "
    "or output."""
    if is_per_batch(function) or any(is_step_loop(source, loop) for loop in source.loops(growth.node)):
        return True
    return _is_hook(source, function) or (_is_tensor(source, function, growth.value) and source.uses_torch)


def _is_hook(source: Source, function: Function) -> bool:
    name = getattr(function, "name", "")
    return any(
        dotted(argument).rpartition(".")[2] == name
        for word in (
            "register_forward_hook",
            "register_full_backward_hook",
            "register_forward_pre_hook",
            "register_hook",
        )
        for call in source.calls(word)
        for argument in call.args
    )


def _is_tensor(source: Source, function: Function, value: ast.expr | None) -> bool:
    """A result of torch's functions, or of a model that the function is given, put in unbounded."""
    if isinstance(value, ast.Name) and isinstance(function, ast.FunctionDef):
        value = next(
            (
                node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign) and any(dotted(target) == value.id for target in node.targets)
            ),
            None,
        )
    if not isinstance(value, ast.Call):
        return False
    origin = source.origin(value.func)
    if origin.startswith("torch.") and not origin.startswith(("torch.nn.Module", "torch.device", "torch.compile")):
        return not origin.startswith(("torch.cuda.", "torch.distributed.", "torch.library.", "torch._C."))
    return isinstance(value.func, ast.Attribute) and value.func.attr in ("detach", "clone", "cpu", "cuda", "numpy")


def _varies(growth: Growth) -> bool:
    """Not under a key that is written out, nor one of few values such as a device."""
    if growth.key is None:
        return True
    names = {node.id for node in ast.walk(growth.key) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(growth.key) if isinstance(node, ast.Attribute)}
    return bool(names - _FEW)


_FEW = {
    "device",
    "dtype",
    "rank",
    "name",
    "cls",
    "type",
    "mode",
    "self",
    "stream",
    "device_index",
    "index",
    "key_dtype",
}

RULES = (
    Rule(
        "MG007",
        "global-only-grows",
        "A global container only grows",
        "What a module's list, dict or set holds lives as long as the process. Filled for every batch and "
        "never emptied it "
        "is a leak, and tensors in it keep their storage and graph.",
        "Give it a bound (`deque(maxlen=…)`, an LRU), empty it once an epoch, or keep numbers in place of tensors.",
        """\
import torch

SEEN = []


def train(model, loader, optimizer):
    for x, y in loader:
        SEEN.append(x.mean())
        model(x).sum().backward()
        optimizer.step()
""",
        """\
from collections import deque

SEEN = deque(maxlen=100)


def train(model, loader, optimizer):
    for x, y in loader:
        SEEN.append(x.mean().item())
        model(x).sum().backward()
        optimizer.step()
""",
        ("append", "[", "add("),
        _check,
    ),
)
