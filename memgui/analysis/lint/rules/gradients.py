"""MG020: gradients are zeroed in place and so never freed."""

from __future__ import annotations

from collections.abc import Iterator

from memgui.analysis.lint.report import Edit
from memgui.analysis.lint.rule import Place, Rule, Settings
from memgui.analysis.lint.source import Source, is_constant, keyword


def _check(source: Source, _settings: Settings) -> Iterator[Place]:
    for call in source.calls("zero_grad"):
        value = keyword(call, "set_to_none") or next(iter(call.args), None)
        if is_constant(value, False) and call.end_lineno is not None and call.end_col_offset is not None:
            edit = Edit(call.lineno, call.col_offset, call.end_lineno, call.end_col_offset, "drop set_to_none")
            yield Place(
                call, "zero_grad(set_to_none=False) keeps every gradient's memory through the next forward", edit
            )


RULES = (
    Rule(
        "MG020",
        "gradients-zeroed-in-place",
        "zero_grad(set_to_none=False)",
        "Zeroed in place, gradients stay allocated during the forward, where activations need the room: one "
        "more copy of the "
        "model at the peak, and a kernel per parameter to write the zeros.",
        "Call `zero_grad()`; set_to_none is True since torch 2.0.",
        "optimizer.zero_grad(set_to_none=False)\n",
        "optimizer.zero_grad()\n",
        ("zero_grad",),
        _check,
        fixable=True,
    ),
)
