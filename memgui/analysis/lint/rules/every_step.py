"""MG013, MG015: what is dear, done in every step."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, last_word, own
from memgui.analysis.lint.training import is_now_and_then, is_per_batch, step_loop
from memgui.analysis.lint.words import words

_THREADS = words(
    """
    threading.Thread multiprocessing.Process torch.multiprocessing.Process multiprocessing.Pool
    multiprocessing.pool.ThreadPool concurrent.futures.ThreadPoolExecutor concurrent.futures.ProcessPoolExecutor
    concurrent.futures.thread.ThreadPoolExecutor
    """
)


def _is_each_step(source: Source, node: ast.AST) -> bool:
    if step_loop(source, node) is not None:
        return True
    function = source.function(node)
    return (
        function is not None
        and is_per_batch(function)
        and not source.loops(node)
        and not is_now_and_then(source, node, function)
    )


def _check_empties(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("empty_cache", "collect"):
        origin = source.origin(call.func)
        empties = origin == "gc.collect" or (origin.startswith("torch.") and origin.endswith(".empty_cache"))
        if empties and _is_each_step(source, call):
            name = dotted(call.func)
            yield Place(call, f"{name}() in every step costs more time than the step, and frees nothing for good")


def _check_threads(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("Thread", "Process", "ThreadPoolExecutor", "ProcessPoolExecutor", "Pool", "ThreadPool"):
        if source.origin(call.func) in _THREADS and _is_each_step(source, call) and not _is_ended(source, call):
            yield Place(
                call,
                f"{last_word(call.func)} is made for every batch; those that are not done hold their batch and stack",
            )


def _is_ended(source: Source, call: ast.Call) -> bool:
    """Joined or shut down in the same iteration, or the context of a with block."""
    if isinstance(source.parents[call], ast.withitem):
        return True
    loops = source.loops(call)
    function = source.function(call)
    body = loops[0].body if loops else function.body if function is not None and isinstance(function.body, list) else []
    return any(isinstance(node, ast.Call) and last_word(node.func) in ("join", "shutdown") and not _joins_text(node)
               for node in own(body))  # fmt: skip


def _joins_text(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and (
        isinstance(call.func.value, ast.Constant) or "path" in dotted(call.func)
    )


RULES = (
    Rule(
        "MG013",
        "emptied-every-step",
        "empty_cache or gc.collect in every step",
        "empty_cache() waits for the device and gives blocks back that the next step asks for again; "
        "gc.collect() walks every "
        "object of the process. Measured: 108 s for a run of 45 s. Neither frees what is referred to.",
        "Leave them out; where memory is short, call them once an epoch or when an allocation has failed.",
        """\
for x, y in loader:
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    torch.cuda.empty_cache()
""",
        """\
for epoch in range(epochs):
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    torch.cuda.empty_cache()
""",
        ("empty_cache", "gc.collect"),
        _check_empties,
    ),
    Rule(
        "MG015",
        "thread-per-batch",
        "A thread or pool is made for every batch",
        "A thread holds its arguments, so its batch, and 8 MB of stack until it is done. Where threads are "
        "made faster than "
        "they end, they pile up; each also leaves malloc arenas behind.",
        "Make one pool or one worker thread with a bounded queue before the loop, or join within the iteration.",
        """\
for step, (x, y) in enumerate(loader):
    loss = criterion(model(x), y)
    loss.backward()
    threading.Thread(target=save, args=(x,)).start()
""",
        """\
with ThreadPoolExecutor(1) as pool:
    for step, (x, y) in enumerate(loader):
        loss = criterion(model(x), y)
        loss.backward()
        pool.submit(save, loss.item())
""",
        ("Thread", "Process", "Pool"),
        _check_threads,
    ),
)
