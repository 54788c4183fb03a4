"""What a person reads of a finding, in English and in parts for another language."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from memgui.analysis import kinds
from memgui.analysis.detector import Detector
from memgui.analysis.events import Staircase
from memgui.analysis.evidence import Diagnosis, Evidence, Survivors
from memgui.analysis.finding import as_document
from memgui.analysis.growth import Growth, Line
from memgui.analysis.phrase import Phrase, Wording, phrase
from memgui.analysis.telling import Limit, tell
from memgui.analysis.wording import describe

MIB = 2.0**20
GROWTH = Growth(
    100.0, 160.0, 2000, 600 * MIB, 120 * MIB, 2 * MIB, 1.9 * MIB, 2.1 * MIB,
    Line(0.1 * MIB, 0.09 * MIB, 0.11 * MIB, 600 * MIB), MIB, 7, 40,
)  # fmt: skip
LIMIT = Limit("machine", 64e9, 32e9)
STAIRS = (Staircase("checkpoint", 11, 11, 30 * MIB, 40.0), Staircase("", 9, 9, 30 * MIB, 40.0))
SHARES = {
    "host.heap_used_bytes": 0.9, "host.heap_kept_bytes": 0.2, "host.shmem_bytes": 0.2, "pinned.reserved_bytes": 0.2,
    "tensors.live_bytes": 0.3, "python.blocks_count": 1e-3, "tensors.live_count": 1e-3, "host.threads_count": 1e-3,
    "python.gc_pending_count": 1e-3,
}  # fmt: skip


def _told(growth: Growth = GROWTH, **other: object) -> Wording:
    words: dict[str, object] = {"limit_name": "machine", "eta_s": 15_000.0, **other}
    return describe(kinds.NATIVE, growth, {}, **words)  # type: ignore[arg-type]


def test_what_grows_says_how_long_memory_lasts() -> None:
    assert str(_told().sentence) == (
        "+102 KiB per step, 2.0 MiB/s since step 2000; the machine's memory lasts another 4.2 h."
    )


def test_what_has_stopped_says_so_and_promises_no_end() -> None:
    told = str(_told(has_stopped=True).sentence)
    assert told == "+102 KiB per step, 2.0 MiB/s from step 2000 on for 60 s; it has stopped."


def test_a_finding_that_is_resolved_has_no_time_to_the_limit() -> None:
    judgement = Evidence().judge("host.anon_bytes", GROWTH, {}, 0.0)
    finding = tell(
        "host.anon_bytes", GROWTH, judgement, {},
        is_sure=False, has_stopped=True, rings_since=None, limit=LIMIT, stairs=None,
    )  # fmt: skip
    assert (finding.state, finding.eta_s, finding.eta_low_s, finding.eta_high_s) == ("resolved", None, None, None)


def test_growth_that_was_given_back_is_not_said_to_have_risen() -> None:
    evidence = [str(one) for one in _told(replace(GROWTH, grown=-21.3 * MIB)).evidence]
    assert "What had grown was given back: the lower envelope is 21.3 MiB below where it began." in evidence
    assert not any("-" in one or "rose" in one for one in evidence)


def test_the_rung_that_gave_it_all_back_is_named_though_nothing_is_left_of_the_growth() -> None:
    evidence = Evidence(Diagnosis(160.0, 3200, {"gc": 0.0, "trim": 130 * MIB}))
    judged = evidence.judge("host.anon_bytes", replace(GROWTH, grown=-21.3 * MIB), {}, 0.0)
    assert judged.kind is kinds.ARENAS
    assert "Trimming the heap gave back 130 MiB" in str(judged.sentences[0])


def test_slow_growth_is_a_title_of_its_own() -> None:
    assert str(_told(slow=True).title) == "Slow growth: host memory is never released"


def test_a_translation_reaches_every_part_and_keeps_the_numbers() -> None:
    inner = phrase("{n} days", n="9")
    outer = phrase("lasts another {time}", time=inner)
    words = {"lasts another {time}": "还可用{time}", "{n} days": "{n}天"}
    assert outer.render(words.__getitem__) == "还可用9天"
    assert str(outer) == "lasts another 9 days"


def test_the_document_of_a_finding_holds_its_words_once() -> None:
    detector = Detector()
    for at in range(600):
        detector.add(at * 0.1, at, {"host.anon_bytes": 5e8 + at * 2e5})
    (finding,) = detector.findings
    assert finding.words is not None
    assert (str(finding.words.title), str(finding.words.sentence)) == (finding.title, finding.sentence)
    assert tuple(map(str, finding.words.evidence)) == finding.evidence
    document = as_document(finding)
    assert "words" not in document
    assert document["sentence"] == finding.sentence


@pytest.fixture(scope="module")
def collector() -> ModuleType:
    path = Path(__file__).parents[3] / "resources" / "translations" / "findings.py"
    spec = importlib.util.spec_from_file_location("collect_findings", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _templates(words: Phrase | str) -> Iterator[str]:
    if isinstance(words, Phrase):
        yield words.template
        for _, part in words.fields:
            yield from _templates(part)


def _everything() -> Iterator[Phrase]:
    for kind in kinds.KINDS:
        yield kind.advice
        for slow in (False, True):
            for stairs in (None, *STAIRS):
                for limit_name in ("machine", "cgroup", "device"):
                    words = describe(
                        kind, GROWTH, SHARES, limit_name=limit_name, eta_s=1e6, slow=slow, stairs=stairs
                    )  # fmt: skip
                    yield from (words.title, words.sentence, *words.evidence)
    yield from (_told(has_stopped=True).sentence, *_told(replace(GROWTH, grown=-1.0, per_step=None)).evidence)
    yield _told(replace(GROWTH, per_step=None)).sentence
    for freed in ({}, {"gc": 1e9}, {"trim": 1e9}, {"pinned_cache": 1e9}, {"device_cache": 1e9}):
        for metric in ("host.anon_bytes", "cuda.0.reserved_bytes"):
            yield from Evidence(Diagnosis(160.0, 3200, freed)).judge(metric, GROWTH, {}, 0.0).sentences
    for per_step in (0.0, 0.1 * MIB):
        for expected in (0.0, 0.0 if per_step else 0.1 * MIB):
            census = Survivors(160.0, 3200, per_step and 3.0, per_step, "cuda.0", False, None, expected)
            found = Evidence(survivors={"cuda.0": census}).judge("cuda.0.allocated_bytes", GROWTH, {}, 0.0)
            yield from found.sentences


def test_translators_are_given_all_that_can_be_said_and_nothing_else(collector: ModuleType) -> None:
    assert {one for words in _everything() for one in _templates(words)} == set(collector.templates())


def test_a_translation_is_kept_and_a_new_text_waits_for_one(collector: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "findings.ts"
    count = len(collector.templates())
    assert collector.update(path) == count
    unfinished = '<source>Heap in use</source>\n            <translation type="unfinished" />'
    text = path.read_text(encoding="utf-8")
    assert unfinished in text
    done = "<source>Heap in use</source>\n            <translation>使用中的堆</translation>"
    path.write_text(text.replace(unfinished, done), encoding="utf-8")
    assert collector.update(path) == count - 1
    assert done in path.read_text(encoding="utf-8")
