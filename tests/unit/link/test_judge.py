"""What a target tells reaches the detector in the order of time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memgui.analysis.detector import Detector
from memgui.link.batch import Batch
from memgui.link.judge import Judge, freed_by_rung
from memgui.link.target import LiveTarget
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row

MIB = 2**20


class Recorder(Detector):
    """Notes what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[Any, ...]] = []

    def add(self, t_s: float, step: int, values: Mapping[str, float | None]) -> None:
        self.told.append(("sample", t_s, step, dict(values)))

    def mark(self, t_s: float, step: int, text: str) -> None:
        self.told.append(("mark", t_s, step, text))

    def take_diagnosis(self, t_s: float, step: int, freed_bytes: Mapping[str, float], cause: str | None = None) -> None:
        self.told.append(("diagnosis", t_s, step, dict(freed_bytes), cause))

    def take_survivors(self, t_s: float, step: int, per_step: float, bytes_per_step: float, **other: Any) -> None:
        self.told.append(("survivors", t_s, step, per_step, bytes_per_step, other))


def mark(t_s: float, text: str = "checkpoint") -> MarkedEvent:
    return MarkedEvent(t_s, "mark", text, 7)


def diagnosis(t_s: float = 5.0, **details: Any) -> MarkedEvent:
    words = {
        "rungs": [
            {"rung": "collect_garbage", "freed_bytes": 3 * MIB},
            {"rung": "empty_device_cache", "skipped": "no accelerator"},
            {"rung": "trim_heap", "freed_bytes": 90 * MIB},
        ],
        "cause": "arenas",
        **details,
    }
    return MarkedEvent(
        t_s, "receipt", "Diagnose growth: done", 9, {"action": "diagnose", "outcome": "done", "details": words}
    )


def order(recorder: Recorder) -> list[tuple[str, float]]:
    return [(told[0], told[1]) for told in recorder.told]


def test_marks_of_the_past_wait_for_the_samples_that_they_lie_between() -> None:
    recorder = Recorder()
    judge = Judge(recorder)
    judge.note(mark(2.5))
    judge.note(mark(1.5))
    for t_s in (1.0, 2.0, 3.0):
        judge.sample(t_s, 1, {})
    assert order(recorder) == [("sample", 1.0), ("mark", 1.5), ("sample", 2.0), ("mark", 2.5), ("sample", 3.0)]


def test_a_mark_a_moment_late_is_told_and_one_of_a_gap_is_not() -> None:
    recorder = Recorder()
    judge = Judge(recorder)
    judge.sample(10.0, 1, {})
    judge.note(mark(9.9))
    judge.note(mark(5.0, "of the gap"))
    assert [told[3] for told in recorder.told if told[0] == "mark"] == ["checkpoint"]


def test_a_diagnosis_is_told_by_rung_whoever_asked_for_it_and_however_late() -> None:
    recorder = Recorder()
    judge = Judge(recorder)
    judge.sample(10.0, 1, {})
    judge.note(diagnosis())
    assert recorder.told[-1] == ("diagnosis", 5.0, 9, {"gc": 3 * MIB, "trim": 90 * MIB}, "arenas")


def test_a_census_of_survivors_is_told_and_one_that_cannot_be_read_is_not() -> None:
    recorder = Recorder()
    judge = Judge(recorder)
    data = {"device": "cuda.0", "per_step": 2, "bytes_per_step": 4096.0, "has_graph": True}
    judge.note(MarkedEvent(1.0, "survivors", "Trainer.history", 9, data))
    judge.note(MarkedEvent(1.0, "survivors", "of another version", 9, {"per_step": "two"}))
    judge.sample(2.0, 10, {})
    assert recorder.told[0][:5] == ("survivors", 1.0, 9, 2, 4096.0)
    more = {"device": "cuda.0", "has_graph": True, "born": None, "expected_bytes_per_step": 0.0}
    assert recorder.told[0][5] == more
    assert order(recorder) == [("survivors", 1.0), ("sample", 2.0)]


def test_a_ladder_that_was_not_climbed_to_its_end_says_nothing() -> None:
    event = diagnosis()
    incomplete = {**event.data, "details": {"rungs": event.data["details"]["rungs"], "incomplete": "no step"}}
    assert freed_by_rung(incomplete) == {}
    assert freed_by_rung({**event.data, "outcome": "refused"}) == {}
    assert freed_by_rung({"outcome": "done", "details": {"cause": "arenas", "rungs": [7, {"rung": "other"}]}}) == {}


def test_other_events_and_receipts_are_not_told() -> None:
    recorder = Recorder()
    judge = Judge(recorder)
    judge.note(MarkedEvent(1.0, "receipt", "", 1, {"action": "trim_heap", "outcome": "done"}))
    judge.note(MarkedEvent(1.0, "probe", "a probe was switched off"))
    judge.sample(2.0, 1, {})
    assert order(recorder) == [("sample", 2.0)]


def test_a_script_that_marks_without_end_takes_no_memory_without_end() -> None:
    recorder = Recorder()
    judge = Judge(recorder)
    for number in range(12_000):
        judge.note(mark(float(number), str(number)))
    judge.sample(1e5, 1, {})
    marks = [told[3] for told in recorder.told if told[0] == "mark"]
    assert marks == [str(number) for number in range(2000, 12_000)]


def test_a_live_target_tells_marks_diagnoses_and_what_the_script_reports() -> None:
    target = LiveTarget("1.1")
    recorder = Recorder()
    target._judge = Judge(recorder)
    rows = tuple(Row(t_s, int(t_s), {"host.anon_bytes": 1.0, "step.tokens": 8192.0}) for t_s in (4.0, 6.0))
    target.apply(Batch("1.1", rows=rows, events=(mark(4.5), diagnosis())))
    assert order(recorder) == [("sample", 4.0), ("mark", 4.5), ("diagnosis", 5.0), ("sample", 6.0)]
    assert recorder.told[0][3]["step.tokens"] == 8192.0


def test_a_census_of_survivors_reaches_the_detector_in_its_place() -> None:
    told: list[tuple[Any, ...]] = []

    class Census(Recorder):
        def take_survivors(
            self,
            t_s: float,
            step: int,
            per_step: float,
            bytes_per_step: float,
            *,
            device: str = "cpu",
            has_graph: bool = False,
            born: str | None = None,
            expected_bytes_per_step: float = 0.0,
        ) -> None:
            told.append((t_s, step, per_step, bytes_per_step, device, has_graph, born, expected_bytes_per_step))

    judge = Judge(Census())
    data = {"device": "cuda.0", "per_step": 1.0, "bytes_per_step": 32768.0, "has_graph": True, "born": "a.py:7"}
    data["expected_bytes_per_step"] = 64.0
    judge.sample(1.0, 1, {})
    judge.note(MarkedEvent(2.0, "survivors", "__main__.total", 5, data))
    judge.note(MarkedEvent(2.1, "survivors", "of another version", 5, {"device": "cpu"}))
    assert told == []
    judge.sample(3.0, 9, {})
    assert told == [(2.0, 5, 1.0, 32768.0, "cuda.0", True, "a.py:7", 64.0)]
