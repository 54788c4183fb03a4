"""MG012: a checkpoint is loaded straight to the GPU."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from memgui.analysis.lint.report import Edit
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, is_constant, keyword, last_word, own

# What holds a few numbers, or the bytes of an engine that stays on the host.
_SMALL = re.compile(r"sched|scaler|_lr\b|trt", re.IGNORECASE)
_GPU = re.compile(r"cuda")


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("load"):
        if source.origin(call.func) != "torch.load" or not _fills_a_model(source, call):
            continue
        where = keyword(call, "map_location") or (call.args[1] if len(call.args) > 1 else None)
        if where is None or is_constant(where, None):
            if _GPU.search(source.text) and not any(word.arg is None for word in call.keywords):
                yield Place(
                    call,
                    "without map_location, storages saved from a GPU go back to that GPU, beside the model",
                    _edit(call, where),
                )
        elif _is_gpu(source, call, where):
            yield Place(
                call, f"torch.load puts a second copy on {ast.unparse(where)}, beside the model", _edit(call, where)
            )


def _fills_a_model(source: Source, call: ast.Call) -> bool:
    """Whether what is loaded is copied into a model or an optimizer, and so is on the device twice."""
    for up in source.up(call):
        if isinstance(up, ast.Call) and last_word(up.func) == "load_state_dict":
            return not _SMALL.search(dotted(up.func))
        if isinstance(up, ast.stmt):
            break
    statement = source.statement(call)
    if not (isinstance(statement, ast.Assign) and statement.value is call):
        return False
    names = {dotted(target) for target in statement.targets} - {""}
    scope = source.scope(call)
    body, filled = scope.body if isinstance(scope.body, list) else [], False
    for node in own(body):
        if isinstance(node, ast.Assign) and node.lineno > call.lineno and _mentions(node.value, names):
            names |= {dotted(target) for target in node.targets} - {""}
        if isinstance(node, ast.Call) and last_word(node.func) == "load_state_dict" and node.lineno > call.lineno:
            filled = filled or (
                not _SMALL.search(dotted(node.func)) and any(_mentions(argument, names) for argument in node.args)
            )
    return filled


def _mentions(node: ast.expr, names: set[str]) -> bool:
    return any(dotted(inner) in names for inner in ast.walk(node))


def _is_gpu(source: Source, call: ast.Call, where: ast.expr) -> bool:
    """A location that is written as a GPU, or a name that is assigned one."""
    if isinstance(where, ast.Lambda):
        return ".cuda(" in ast.unparse(where.body)
    text = ast.unparse(where)
    name = dotted(where)
    if name:
        given = [
            ast.unparse(node.value)
            for node in source.nodes(ast.Assign)
            if any(dotted(target) == name for target in node.targets)
        ]
        return bool(given) and all(re.search(r"['\"]cuda|current_accelerator|\"cuda", item) for item in given)
    return bool(re.search(r"['\"]cuda", text)) and not isinstance(where, ast.Dict)


def _edit(call: ast.Call, where: ast.expr | None) -> Edit | None:
    if call.end_lineno is None or call.end_col_offset is None or isinstance(where, ast.Lambda):
        return None
    return Edit(call.lineno, call.col_offset, call.end_lineno, call.end_col_offset, "load to cpu")


RULES = (
    Rule(
        "MG012",
        "load-straight-to-gpu",
        "torch.load straight to the GPU",
        "load_state_dict copies into the model, so a checkpoint that is loaded to the GPU lies there twice: "
        "at start, when "
        "every rank does so (without map_location all on the device of rank 0), it is what runs out of memory.",
        'Load with `map_location="cpu"` (and `mmap=True`); load_state_dict copies to the device by itself.',
        """\
model = Model().cuda()
model.load_state_dict(torch.load("model.pt", map_location="cuda:0"))
""",
        """\
model = Model().cuda()
model.load_state_dict(torch.load("model.pt", map_location="cpu", mmap=True))
""",
        ("torch.load", "load("),
        _check,
        fixable=True,
    ),
)
