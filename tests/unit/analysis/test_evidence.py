"""What raises a verdict, what lowers it, and what names the kind."""

from __future__ import annotations

import numpy as np
import pytest

from memgui.analysis.detector import Detector
from memgui.analysis.finding import Finding
from memgui.analysis.kinds import KINDS

MIB = 2.0**20


def _growing(seconds: float = 60.0, **others: float) -> Detector:
    """A host that grows by 2 MiB a second, 0.1 MiB a step; others rise by so many units a second."""
    rng = np.random.default_rng(2)
    detector = Detector()
    for t in np.arange(0.0, seconds, 0.1):
        values = {"host.anon_bytes": 500 * MIB + 2 * MIB * t + rng.uniform(0, 0.2) * MIB}
        values |= {name.replace("__", "."): 50 * MIB + rate * t for name, rate in others.items()}
        detector.add(float(t), int(t * 20), values)
    return detector


def _only(detector: Detector) -> Finding:
    (finding,) = detector.findings
    return finding


def test_a_curve_alone_is_probable() -> None:
    finding = _only(_growing())
    assert (finding.state, finding.signals, finding.kind) == ("probable", ("curve",), "native")


def test_heap_in_use_that_rises_as_much_confirms() -> None:
    finding = _only(_growing(host__heap_used_bytes=1.9 * MIB))
    assert (finding.state, finding.signals) == ("confirmed", ("curve", "heap"))
    assert finding.score > _only(_growing()).score


def test_a_ladder_that_freed_nothing_confirms() -> None:
    detector = _growing()
    detector.take_diagnosis(60.0, 1200, {"gc": 0.0, "trim": 0.2 * MIB}, "held")
    finding = _only(detector)
    assert (finding.state, finding.signals) == ("confirmed", ("curve", "ladder"))
    assert "truly held" in finding.evidence[-1]


@pytest.mark.parametrize(("rung", "kind"), [("gc", "gc"), ("trim", "arenas"), ("pinned_cache", "pinned")])
def test_the_rung_that_freed_it_names_the_cause(rung: str, kind: str) -> None:
    detector = _growing(host__heap_used_bytes=1.9 * MIB)
    detector.take_diagnosis(60.0, 1200, {rung: 90 * MIB}, None)
    finding = _only(detector)
    assert (finding.state, finding.kind) == ("probable", kind)


def test_that_the_collector_has_not_run_is_said_only_where_objects_wait_for_it() -> None:
    waiting = _only(_growing(python__blocks_count=30_000.0, python__gc_pending_count=4000.0))
    assert waiting.kind == "python"
    assert any("wait for the collector" in one for one in waiting.evidence)
    collected = _only(_growing(python__blocks_count=30_000.0, python__gc_pending_count=0.0))
    assert not any("collector" in one for one in collected.evidence)


def test_a_rung_for_the_device_says_nothing_of_the_host() -> None:
    detector = _growing()
    detector.take_diagnosis(60.0, 1200, {"device_cache": 900 * MIB}, None)
    assert _only(detector).kind == "native"


def test_survivors_that_explain_the_growth_confirm_and_name_graphs() -> None:
    detector = _growing()
    detector.take_survivors(60.0, 1200, 3.0, 0.08 * MIB, has_graph=True)
    finding = _only(detector)
    assert (finding.state, finding.signals, finding.kind) == ("confirmed", ("curve", "survivors"), "graph")


def test_survivors_of_another_size_or_place_confirm_nothing() -> None:
    detector = _growing()
    detector.take_survivors(60.0, 1200, 3.0, 0.001 * MIB)
    detector.take_survivors(60.0, 1200, 3.0, 0.1 * MIB, device="cuda.0")
    assert _only(detector).signals == ("curve",)


def test_a_diagnosis_from_before_the_growth_does_not_count() -> None:
    detector = _growing()
    detector.take_diagnosis(-5.0, 0, {"gc": 0.0, "trim": 0.0}, "held")
    assert _only(detector).state == "probable"


@pytest.mark.parametrize(
    ("others", "kind"),
    [
        ({"pinned__allocated_bytes": 2 * MIB}, "pinned"),
        ({"host__threads_count": 3.0}, "threads"),
        ({"tensors__live_count": 4000.0, "python__blocks_count": 12_000.0}, "tensor"),
        ({"python__blocks_count": 20_000.0}, "python"),
        ({"host__heap_kept_bytes": 1.8 * MIB}, "arenas"),
    ],
)
def test_what_rises_along_tells_the_kind(others: dict[str, float], kind: str) -> None:
    assert _only(_growing(90.0, **others)).kind == kind


def test_reserved_memory_that_grows_without_tensors_is_fragmentation_and_else_an_echo() -> None:
    for rate, kinds in ((0.0, ["fragmentation"]), (3 * MIB, ["tensor"])):
        detector = Detector()
        for t in np.arange(0.0, 60.0, 0.1):
            tensors = {"cuda.0.allocated_bytes": 900 * MIB + rate * t, "cuda.0.reserved_bytes": 1e9 + 3 * MIB * t}
            detector.add(float(t), int(t * 20), tensors)
        assert [finding.kind for finding in detector.findings] == kinds


def test_a_mark_after_which_each_rise_comes_is_told() -> None:
    detector = Detector()
    for at in range(4000):
        t = at * 0.1
        if at % 400 == 399:
            detector.mark(t, at * 2, f"checkpoint {at // 400}")
        detector.add(t, at * 2, {"host.anon_bytes": 500 * MIB + 9 * MIB * (at // 400)})
    finding = _only(detector)
    assert finding.event == "checkpoint"
    assert finding.event_bytes == pytest.approx(9 * MIB, rel=0.02)
    assert "per checkpoint" in finding.sentence


def test_each_kind_has_its_section_on_the_page() -> None:
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")
    headings = {line[3:].strip() for line in page.splitlines() if line.startswith("## ")}
    assert {kind.word for kind in KINDS} <= headings
    assert "steady-growth" in headings


def test_a_count_of_survivors_brings_the_line_that_made_them() -> None:
    detector = _growing()
    detector.take_survivors(60.0, 1200, 1.0, 0.1 * MIB, has_graph=True, born="train.py:14")
    finding = _only(detector)
    assert (finding.kind, finding.born) == ("graph", "train.py:14")
    assert _only(_growing()).born is None


def _steepening(until_s: float) -> Detector:
    """1 MiB a second, and 2 from half a minute on; at 25 s somebody counts what survives."""
    rng = np.random.default_rng(2)
    detector, level = Detector(), 500 * MIB
    for t in np.arange(0.0, until_s, 0.1):
        level += (0.1 if t < 30 else 0.2) * MIB
        detector.add(float(t), int(t * 20), {"host.anon_bytes": level + rng.uniform(0, 0.2) * MIB})
        if abs(t - 25.0) < 0.01:
            assert detector.findings
            detector.take_survivors(25.0, 500, 1.0, 0.08 * MIB, has_graph=True, born="train.py:14")
    return detector


def test_a_count_speaks_for_a_growth_also_where_its_begin_is_thought_to_be_later_since() -> None:
    finding = _only(_steepening(90.0))
    assert finding.since_s > 25.0
    assert (finding.state, finding.kind, finding.born) == ("confirmed", "graph", "train.py:14")
    assert _only(_steepening(28.0)).born == "train.py:14"


def test_a_count_from_before_a_growth_says_nothing_of_it() -> None:
    rng = np.random.default_rng(2)
    detector = Detector()
    for t in np.arange(0.0, 120.0, 0.1):
        level = 500 * MIB + 2 * MIB * max(0.0, t - 60) + rng.uniform(0, 0.2) * MIB
        detector.add(float(t), int(t * 20), {"host.anon_bytes": level})
        if abs(t - 25.0) < 0.01:
            detector.take_survivors(25.0, 500, 1.0, 0.1 * MIB, has_graph=True, born="train.py:14")
    finding = _only(detector)
    assert (finding.signals, finding.born) == (("curve",), None)


def test_a_growth_that_a_declared_cache_explains_is_expected() -> None:
    detector = _growing()
    detector.take_survivors(60.0, 1200, 0.0, 0.0, expected_bytes_per_step=0.08 * MIB)
    finding = _only(detector)
    assert finding.expected
    assert (finding.state, finding.signals) == ("probable", ("curve",))
    assert "declared as expected" in finding.evidence[-1]
    detector.take_survivors(61.0, 1220, 0.0, 0.0, expected_bytes_per_step=0.001 * MIB)
    assert not _only(detector).expected


def test_a_second_count_that_records_no_lines_does_not_take_the_line_away() -> None:
    detector = _growing()
    detector.take_survivors(60.0, 1200, 1.0, 0.1 * MIB, born="train.py:14")
    detector.take_survivors(61.0, 1220, 1.0, 0.1 * MIB)
    assert _only(detector).born == "train.py:14"
