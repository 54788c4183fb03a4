"""MG011: more batches in flight than there is memory."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator

from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, dotted, keyword, last_word, method, own

_PREFETCH = 2  # torch's default where there are workers
_ITEM_BYTES = {
    "float64": 8,
    "double": 8,
    "int64": 8,
    "long": 8,
    "float16": 2,
    "half": 2,
    "bfloat16": 2,
    "uint8": 1,
    "int8": 1,
}
_MAKES = {"zeros", "ones", "empty", "rand", "randn", "full"}
_CROPS = {"RandomResizedCrop", "CenterCrop", "RandomCrop", "Resize"}


def _check(source: Source, settings: Settings) -> Iterator[Place]:
    if settings.memory_bytes is None:
        return
    for call in source.calls("DataLoader"):
        batch = _number(source, call, keyword(call, "batch_size") or (call.args[1] if len(call.args) > 1 else None))
        workers = _number(source, call, keyword(call, "num_workers") or (call.args[5] if len(call.args) > 5 else None))
        prefetch = _number(source, call, keyword(call, "prefetch_factor")) or _PREFETCH
        if not batch or not workers:
            continue
        sample = settings.sample_bytes or _sample_bytes(source, call)
        if sample is None:
            continue
        held = workers * prefetch * batch * sample
        if held > settings.memory_bytes:
            yield Place(
                call,
                f"{workers:g} workers × {prefetch:g} batches × {batch:g} samples × {_size(sample)} = {_size(held)} in "
                f"flight; the machine has {_size(settings.memory_bytes)}",
            )


def _number(source: Source, call: ast.Call, node: ast.expr | None) -> float | None:
    """A number that is written out, or a name that is given one just once."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _number(source, call, node.left), _number(source, call, node.right)
        return None if left is None or right is None else left * right
    if isinstance(node, ast.Name):
        given = _assigned(source, node)
        return _number(source, call, given) if isinstance(given, ast.Constant | ast.BinOp) else None
    return None


def _sample_bytes(source: Source, call: ast.Call) -> float | None:
    """From the tensors that `__getitem__` makes, the rows of a TensorDataset, or the size that images are cut to."""
    data = keyword(call, "dataset") or (call.args[0] if call.args else None)
    made = _assigned(source, data)
    name = last_word(made.func) if isinstance(made, ast.Call) else ""
    if isinstance(made, ast.Call) and name == "TensorDataset":
        sizes = [_tensor_bytes(source, _assigned(source, item), rows=True) for item in made.args]
        return sum(size for size in sizes if size) or None
    owner = source.classes.get(name)
    reader = method(owner, "__getitem__") if owner is not None else None
    if reader is not None:
        sizes = [_tensor_bytes(source, node) for node in own(reader.body) if isinstance(node, ast.Call)]
        return sum(size for size in sizes if size) or None
    cuts = [
        side
        for crop in source.calls(*_CROPS)
        if (side := _number(source, crop, crop.args[0] if crop.args else keyword(crop, "size"))) is not None
    ]
    return 3 * 4 * max(cuts) ** 2 if cuts else None


def _assigned(source: Source, node: ast.expr | None) -> ast.expr | None:
    """What a name is given, in its function or at the top of the module, if that is one thing."""
    if not isinstance(node, ast.Name):
        return node
    for scope in (source.scope(node), source.tree):
        given = [
            item.value
            for item in source.nodes(ast.Assign)
            if source.scope(item) is scope and any(dotted(target) == node.id for target in item.targets)
        ]
        if given:
            return given[0] if len(given) == 1 else None
    return None


def _tensor_bytes(source: Source, node: ast.expr | None, *, rows: bool = False) -> float | None:
    if not isinstance(node, ast.Call) or last_word(node.func) not in _MAKES:
        return None
    origin = source.origin(node.func)
    if not origin.startswith(("torch.", "numpy.")):
        return None
    shape = node.args[0].elts if node.args and isinstance(node.args[0], ast.Tuple | ast.List) else node.args
    sides = [_number(source, node, side) for side in shape]
    if not sides or None in sides:
        return None
    kind = last_word(keyword(node, "dtype") or ast.Constant(None))
    item = _ITEM_BYTES.get(kind, 8 if origin.startswith("numpy.") and not kind else 4)
    return math.prod(side for side in sides[1 if rows else 0 :] if side is not None) * item


def _size(value: float) -> str:
    for unit, factor in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}"
    return f"{value:.0f} B"


_LOADER = """\
class Volumes(torch.utils.data.Dataset):
    def __getitem__(self, index):
        return torch.randn(4, 512, 512, 512)


loader = torch.utils.data.DataLoader(Volumes(), batch_size={batch}, num_workers={workers}, prefetch_factor=4)
"""

RULES = (
    Rule(
        "MG011",
        "loader-beyond-memory",
        "Workers × prefetch × batch is beyond memory",
        "Each loader worker prepares `prefetch_factor` batches ahead (2 by default). Together they may hold "
        "more than the "
        "machine has, and the kernel ends the job in the middle of an epoch.",
        "Lower num_workers, prefetch_factor or batch_size, or let samples be smaller until they reach the device.",
        _LOADER.format(batch=256, workers=32),
        _LOADER.format(batch=1, workers=1).replace("512, 512, 512", "64, 64, 64"),
        ("DataLoader",),
        _check,
    ),
)
