"""The catalogue, and the pages that must say the same."""

from __future__ import annotations

import re
import typing
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from memgui.protocol import explanation, inspection, jsonrpc, marking, meeting, payloads, pools, shrinking, watch
from memgui.protocol.metrics import CATALOGUE, device_of, find
from memgui.protocol.version import PROTOCOL_VERSION

DOCS = Path(__file__).parents[3] / "docs"
WORDS = {int: "integer", float: "number", str: "string", bool: "boolean", Any: "any"}


def test_names_are_unique_and_end_in_their_unit() -> None:
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)
    for metric in CATALOGUE:
        assert metric.unit in {"bytes", "count", "s", "ratio"}, metric.name
        assert metric.kind in {"gauge", "counter", "peak"}, metric.name
        assert metric.source in {"agent", "collect", "both"}, metric.name
        assert metric.text.endswith("."), metric.name


def test_metrics_of_a_device_are_found_by_their_name_on_the_wire() -> None:
    metric = find("cuda.3.allocated_bytes")
    assert metric is not None
    assert metric.title == "Allocated"
    assert device_of("cuda.3.allocated_bytes") == ("cuda", 3)
    assert device_of("host.rss_bytes") is None
    assert find("host.unheard_of_bytes") is None
    assert find("toaster.0.allocated_bytes") is None


def test_metrics_of_a_pool_are_found_whatever_its_name() -> None:
    metric = find("pool.my.features v2.held_bytes")
    assert metric is not None
    assert metric.name == "pool.{name}.held_bytes"
    assert find("pool.features.colour") is None


def test_the_page_of_metrics_is_the_catalogue() -> None:
    rows = [line for line in (DOCS / "metrics.md").read_text().splitlines() if line.startswith("| `")]
    assert rows == [f"| `{m.name}` | {m.kind} | {m.source} | **{m.title}.** {m.text} |" for m in CATALOGUE]


def _type_word(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Union:
        return f"{_type_word(arguments[0])} or absent"
    if origin is tuple:
        return "list of " + _type_word(arguments[0]).replace(" or absent", " or null")
    if origin is dict:
        return "object" if arguments[1] is Any else f"object of {_type_word(arguments[1])}"
    return WORDS.get(hint) or f"[{hint.__name__}](#{hint.__name__.lower()})"


def _documented(page: str, name: str) -> dict[str, tuple[str, bool]]:
    section = re.search(rf"^### {name}\n(.*?)(?=^### |\Z)", page, re.DOTALL | re.MULTILINE)
    assert section, f"docs/protocol.md has no section {name}"
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.+?) \|$", section[1], re.MULTILINE)
    return {field: (kind, default == "required") for field, kind, default, _meaning in rows}


PAYLOADS = [
    value
    for module in (payloads, inspection, explanation, marking, meeting, watch, pools, shrinking)
    for value in vars(module).values()
    if isinstance(value, type) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: payload.__name__)
def test_every_field_on_the_wire_is_documented_with_its_type(payload: type) -> None:
    hints = typing.get_type_hints(payload)
    inherited = {name for base in payload.__mro__[1:] for name in vars(base).get("__annotations__", {})}
    expected = {
        item.name: (_type_word(hints[item.name]), item.default is MISSING and item.default_factory is MISSING)
        for item in fields(payload)
        if item.name not in inherited
    }
    assert _documented((DOCS / "protocol.md").read_text(), payload.__name__) == expected


def test_versions_codes_and_outcomes_are_documented() -> None:
    page = (DOCS / "protocol.md").read_text()
    assert f"version {PROTOCOL_VERSION[0]}.{PROTOCOL_VERSION[1]}." in page
    codes = {value for name, value in vars(jsonrpc).items() if name.isupper() and isinstance(value, int) and value < 0}
    assert codes == {int(code) for code in re.findall(r"^\| (-\d+) \|", page, re.MULTILINE)}
    assert all(f"`{outcome}`" in page for outcome in payloads.OUTCOMES)
