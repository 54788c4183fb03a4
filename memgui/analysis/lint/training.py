"""Which code runs once a step or a batch, as far as loops and names tell. Pure."""

from __future__ import annotations

import ast
import re

from memgui.analysis.lint.source import Function, Loop, Source, dotted, is_constant, last_word, own
from memgui.analysis.lint.words import words

# Called by frameworks, or by every forward, once for each batch or sample.
_PER_BATCH = words(
    """
    forward training_step validation_step test_step predict_step compute_loss on_train_batch_start
    on_train_batch_end on_batch_end on_batch_begin train_step on_step_end on_before_zero_grad optimizer_step
    __getitem__ __getitems__ collate_fn on_validation_batch_end train_on_batch train_batch
    """
)
_LOADER = re.compile(r"loader|(?:^|_)dl$|(?:^|_)batches$|data_?iter|train_iter|val_iter|minibatch", re.IGNORECASE)
_OPTIMIZER = re.compile(r"opt|scaler|adam|sgd|solver", re.IGNORECASE)


def is_per_batch(function: Function | None) -> bool:
    """A function that runs once a batch."""
    return isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name in _PER_BATCH


def is_optimizer_step(node: ast.AST) -> bool:
    """`optimizer.step()` and the like, and anything run backward."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return node.func.attr in ("backward", "manual_backward") or (
        node.func.attr == "step" and bool(_OPTIMIZER.search(dotted(node.func.value)))
    )


def is_step_loop(source: Source, loop: Loop) -> bool:
    """A loop that steps an optimizer or takes batches from a loader once an iteration, not in a loop inside of it."""
    known: dict[Loop, bool] = source.shared.setdefault("step loops", {})
    if loop not in known:
        known[loop] = takes_batches(loop) or any(
            is_optimizer_step(node) and source.loops(node)[0] is loop for node in own(loop.body)
        )
    return known[loop]


def takes_batches(loop: Loop) -> bool:
    """A loop over a loader, by its name, also through enumerate and tqdm."""
    iterated = getattr(loop, "iter", None)
    while isinstance(iterated, ast.Call) and iterated.args:
        iterated = iterated.args[0]
    if isinstance(iterated, ast.Call):
        iterated = iterated.func
    return iterated is not None and bool(_LOADER.search(last_word(iterated)))


def step_loop(source: Source, node: ast.AST) -> Loop | None:
    """The innermost loop around a node, if it runs once a step and the node is reached in every iteration."""
    loops = source.loops(node)
    if not loops or not is_step_loop(source, loops[0]) or is_now_and_then(source, node, loops[0]):
        return None
    return loops[0]


def is_now_and_then(source: Source, node: ast.AST, outer: ast.AST) -> bool:
    """Whether a condition, or an exception, stands between a node and what is around it."""
    inner = node
    for up in source.up(node):
        if up is outer:
            return False
        if isinstance(up, ast.If) and inner is not up.test and not (_is_fixed(up.test) and inner in up.body):
            return True
        if isinstance(up, ast.IfExp | ast.ExceptHandler):
            return True
        inner = up
    return False


def _is_fixed(test: ast.expr) -> bool:
    """A condition that has the same answer in every iteration, such as whether there is a GPU."""
    if isinstance(test, ast.Call):
        return last_word(test.func) == "is_available"
    if isinstance(test, ast.Compare):
        return "device" in dotted(test.left) and len(test.ops) == 1
    return is_constant(test, True)
