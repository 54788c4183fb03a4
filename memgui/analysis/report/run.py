"""What a report is made of. Frozen, plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from memgui.analysis.finding import Finding
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Timeline


@dataclass(frozen=True)
class Run:
    """One process, as it was seen.

    Attributes:
        facts: names and values, in the order in which they are shown.
        end: how it ended, in words; empty where that is not known.
        findings: what today's rules say, the most urgent first.
        told: what was said at the time: Unix seconds, and the finding.
        limit: name and bytes of the limit of host memory; None where none is known.
    """

    name: str
    timeline: Timeline
    facts: Mapping[str, str] = field(default_factory=dict)
    end: str = ""
    ended_badly: bool = False
    findings: Sequence[Finding] = ()
    told: Sequence[tuple[float, Finding]] = ()
    events: Sequence[MarkedEvent] = ()
    limit: tuple[str, float] | None = None
