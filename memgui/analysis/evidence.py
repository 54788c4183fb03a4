"""What speaks for or against a growth besides its curve: other counters, a census of survivors, the ladder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from memgui.analysis import kinds
from memgui.analysis.growth import Growth
from memgui.analysis.kinds import Kind
from memgui.analysis.phrase import Phrase, phrase
from memgui.analysis.signals import CENSUS, HELD, HOST, PARTS, device_of, is_reserved
from memgui.analysis.wording import size

# A counter that rises by this share of the growth, and not by more than that of others, is about the same thing.
_MATCHES, _AT_MOST = 0.6, 1.5
_FREED_MOST, _FREED_NOTHING = 0.5, 0.15
# A census counts whole tensors, a curve whole pages and allocators' roundings.
_FACTOR = 4.0
_RUNG_KINDS = {
    "gc": kinds.GARBAGE,
    "trim": kinds.ARENAS,
    "device_cache": kinds.FRAGMENTATION,
    "pinned_cache": kinds.PINNED,
}
_RUNG_NAMES = {
    "gc": phrase("Collecting garbage"),
    "trim": phrase("Trimming the heap"),
    "device_cache": phrase("Emptying the device's cache"),
    "pinned_cache": phrase("Emptying the pinned cache"),
}


@dataclass(frozen=True)
class Diagnosis:
    """What a ladder freed, by rung."""

    t_s: float
    step: int
    freed_bytes: Mapping[str, float]
    cause: str | None = None


@dataclass(frozen=True)
class Survivors:
    """How many more tensors, and bytes, outlive each step."""

    t_s: float
    step: int
    per_step: float
    bytes_per_step: float
    device: str
    has_graph: bool
    born: str | None = None
    expected_bytes_per_step: float = 0.0


@dataclass(frozen=True)
class Judgement:
    """What all evidence says of a growth.

    Attributes:
        signals: what speaks for it, "curve" first.
        against: something says that the memory is not truly held.
        born: the line that made what survives, where that is known.
        expected: it is in what the script has declared as expected.
    """

    kind: Kind
    signals: tuple[str, ...]
    against: bool
    sentences: tuple[Phrase, ...]
    born: str | None = None
    expected: bool = False


@dataclass
class Evidence:
    """What others have told, the latest of each."""

    diagnosis: Diagnosis | None = None
    survivors: dict[str, Survivors] = field(default_factory=dict)

    def judge(self, metric: str, growth: Growth, shares: Mapping[str, float], began_s: float) -> Judgement:
        """Kind and signals of a growth.

        Args:
            shares: what each other series rose by, per byte of the growth.
            began_s: when it was first seen to begin; what was counted since then speaks for it, also where its begin is
                now thought to be later.
        """
        kind = kinds.kind_of(metric, shares)
        signals = ["curve", *_counters(metric, kind, shares)]
        sentences: list[Phrase] = []
        against = False
        born: str | None = None
        expected = False
        census = self.survivors.get(device_of(metric) or "cpu")
        if census is not None and census.t_s >= began_s and not is_reserved(metric):
            held = growth.per_step.slope if growth.per_step is not None else 0.0
            if _is_about(census.bytes_per_step, held):
                signals.append("survivors")
                born = census.born
                if kind in (kinds.NATIVE, kinds.TENSOR):
                    kind = kinds.GRAPH if census.has_graph else kinds.TENSOR
                sentences.append(
                    phrase(
                        "{count} more tensors, {size}, outlive each step, by a count.",
                        count=f"{census.per_step:.3g}", size=size(census.bytes_per_step),
                    )
                )  # fmt: skip
            elif _is_about(census.expected_bytes_per_step, held):
                expected = True
                sentences.append(
                    phrase(
                        "{size} more outlive each step in what the script has declared as expected.",
                        size=size(census.expected_bytes_per_step),
                    )
                )
            elif census.per_step <= 0 and kind is kinds.TENSOR and census.t_s >= growth.since_s:
                against = True
                sentences.append(phrase("By a count no tensor outlives its step."))
        if self.diagnosis is not None and self.diagnosis.t_s >= growth.since_s:
            # What a rung gave back is no longer part of what has grown.
            grown = max(growth.grown, growth.rate * (self.diagnosis.t_s - growth.since_s))
            named, sentence = _named(self.diagnosis, metric, grown)
            sentences.append(sentence)
            if named is not None:
                kind, against = named, True
            elif _freed(self.diagnosis, metric) < _FREED_NOTHING * grown:
                signals.append("ladder")
        return Judgement(kind, tuple(signals), against, tuple(sentences), born, expected)


def _is_about(counted: float, held: float) -> bool:
    return counted > 0 and held / _FACTOR <= counted <= held * _FACTOR


def _counters(metric: str, kind: Kind, shares: Mapping[str, float]) -> list[str]:
    """Counters kept by somebody else that say the same."""

    def rises(name: str) -> bool:
        return _MATCHES <= shares.get(name, 0.0) <= _AT_MOST

    signals = []
    if metric in (HOST, HELD) and rises("host.heap_used_bytes"):
        signals.append("heap")
    if metric in (HOST, HELD) and rises(CENSUS):
        signals.append("tensors")
    if kind is kinds.PYTHON:
        signals.append("blocks")
    if kind is kinds.THREADS or (kind is kinds.PINNED and metric not in PARTS):
        signals.append(kind.word)
    if metric.endswith(".allocated_bytes") and rises(metric.replace("allocated", "reserved")):
        signals.append("reserved")
    return signals


def _rungs(metric: str) -> tuple[str, ...]:
    """The rungs that can free what this series counts."""
    if is_reserved(metric):
        return "gc", "device_cache"
    return ("gc",) if device_of(metric) is not None else ("gc", "pinned_cache", "trim")


def _freed(diagnosis: Diagnosis, metric: str) -> float:
    return sum(max(diagnosis.freed_bytes.get(rung, 0.0), 0.0) for rung in _rungs(metric))


def _named(diagnosis: Diagnosis, metric: str, grown: float) -> tuple[Kind | None, Phrase]:
    for rung in _rungs(metric):
        freed = diagnosis.freed_bytes.get(rung, 0.0)
        if freed >= _FREED_MOST * grown:
            said = phrase("{rung} gave back {size}: that is where it was.", rung=_RUNG_NAMES[rung], size=size(freed))
            return _RUNG_KINDS[rung], said
    return None, phrase(
        "The diagnosis at step {step} freed {size} of it: the rest is truly held.",
        step=str(diagnosis.step), size=size(_freed(diagnosis, metric)),
    )  # fmt: skip
