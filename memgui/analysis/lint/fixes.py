"""Applies the changes that keep what the code computes. libcst is imported here only, when a fix is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memgui.analysis.lint.report import Edit, Hit
from memgui.protocol.errors import BadInput

if TYPE_CHECKING:
    import libcst as cst


def fix_file(path: Path, hits: Sequence[Hit]) -> int:
    """Write a file anew with the safe changes of these hits.

    Returns:
        How many were made.

    Raises:
        BadInput: libcst is missing, or the file cannot be written; the text says what to do.
    """
    edits = {hit.edit for hit in hits if hit.edit is not None}
    if not edits:
        return 0
    try:
        data = path.read_bytes()
        changed, count = fixed(data, edits)
        if count:
            path.write_bytes(changed)
    except OSError as error:
        raise BadInput(f"{path} cannot be changed: {error.strerror}", "check its permissions") from error
    return count


def fixed(data: bytes, edits: set[Edit]) -> tuple[bytes, int]:
    """A module's bytes with changes made, in the same encoding; everything else stays as it is, to the byte.

    Raises:
        BadInput: libcst is not installed.
    """
    try:
        cst = importlib.import_module("libcst")
        metadata = importlib.import_module("libcst.metadata")
    except ImportError as error:
        raise BadInput("--fix needs libcst, which is not installed", 'pip install "memgui[lint]"') from error
    wrapper = metadata.MetadataWrapper(cst.parse_module(data))
    positions = wrapper.resolve(metadata.PositionProvider)
    wanted = {(edit.line, edit.column, edit.end_line, edit.end_column): edit for edit in edits}
    replacements: dict[Any, Edit] = {}
    for node, place in positions.items():
        key = (place.start.line, place.start.column, place.end.line, place.end.column)
        if key in wanted and isinstance(node, (cst.Name, cst.Attribute, cst.Call)):
            replacements.setdefault(node, wanted.pop(key))

    class Changes(cst.CSTTransformer):  # type: ignore[name-defined, misc]
        def on_leave(self, original_node: Any, updated_node: Any) -> Any:
            left = super().on_leave(original_node, updated_node)
            edit = replacements.get(original_node)
            return left if edit is None else _changed(cst, left, edit.kind)

    return wrapper.module.visit(Changes()).bytes, len(replacements)


def _changed(cst: Any, node: Any, kind: str) -> Any:
    if kind == "detach":
        return cst.Call(cst.Attribute(node, cst.Name("detach")))
    if kind == "drop set_to_none":
        kept = [item for item in node.args if item.keyword is not None and item.keyword.value != "set_to_none"]
        return node.with_changes(args=_closed(cst, kept))
    place = cst.Arg(cst.SimpleString('"cpu"'), keyword=cst.Name("map_location"), equal=_tight(cst))
    kept = [item for index, item in enumerate(node.args) if not _is_location(item, index)]
    first = [item for item in kept if item.keyword is None and not item.star]
    rest = [item for item in kept if item not in first]
    return node.with_changes(args=_closed(cst, [*first, place, *rest]))


def _is_location(item: cst.Arg, index: int) -> bool:
    if item.keyword is not None:
        return bool(item.keyword.value == "map_location")
    return index == 1 and not item.star


def _tight(cst: Any) -> Any:
    nothing = cst.SimpleWhitespace("")
    return cst.AssignEqual(whitespace_before=nothing, whitespace_after=nothing)


def _closed(cst: Any, items: list[Any]) -> list[Any]:
    """Arguments with a comma between them and none at the end."""
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    inner = [item if isinstance(item.comma, cst.Comma) else item.with_changes(comma=comma) for item in items[:-1]]
    return [*inner, *(item.with_changes(comma=cst.MaybeSentinel.DEFAULT) for item in items[-1:])]
