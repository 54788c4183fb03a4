"""How pools and the effect of a change are told in the terminal."""

from __future__ import annotations

from memgui.cli.act_output import effect_lines
from memgui.cli.inspections.pools import lines, table
from memgui.protocol.payloads import Receipt
from memgui.protocol.pools import PoolInfo, Setting

MIB = 1 << 20


def test_a_pool_is_told_in_a_few_lines() -> None:
    info = PoolInfo(
        "ahead", "prefetcher", MIB, 2 * MIB, 64 * MIB, 3, 1, 1, 0.25, notes=("one note",),
        settings={"depth": Setting(2, 0, 64), "max_bytes": Setting(64 * MIB, 1, 2**46, "bytes")},
    )  # fmt: skip
    assert lines(info) == [
        "ahead  (prefetcher)",
        "    used 1.0 MiB  held 2.0 MiB  limit 64.0 MiB  hits 3 of 4 (75%)  stalls 1 (0.25 s)",
        "    depth=2  (0 to 64)",
        "    max_bytes=67108864  (1 B to 64.0 TiB)",
        "    · one note",
    ]


def test_what_has_no_bytes_says_so() -> None:
    assert lines(PoolInfo("micro", "micro-batcher"))[1] == "    no bytes of its own"


def test_where_there_is_none_the_page_is_named(capsys) -> None:  # type: ignore[no-untyped-def]
    table({"pools": []})
    assert "docs/runtime.md" in capsys.readouterr().out


def test_the_effect_of_a_change_is_told_as_far_as_it_is_known() -> None:
    details = {"change": "ahead: depth 2 → 4", "step_before_s": 0.012, "step_after_s": 0.0091, "steps": 20}
    assert effect_lines(Receipt("r", "set_pool", "done", details=details)) == [
        "ahead: depth 2 → 4",
        "step time 12.0 → 9.1 ms over 20 steps",
    ]
    assert effect_lines(Receipt("r", "trim_heap", "done")) == []
