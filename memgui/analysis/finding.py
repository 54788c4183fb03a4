"""What a rule has to say: one frozen sentence with its numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from memgui.analysis.phrase import Wording

GROWING, PROBABLE, CONFIRMED, RESOLVED = "growing", "probable", "confirmed", "resolved"


@dataclass(frozen=True)
class Finding:
    """A verdict on one metric over one interval.

    Attributes:
        rule: name of the rule; docs/verdicts.md has a section for it.
        metric: what grows, by the catalogue's name.
        kind: what kind of memory, in the words of docs/verdicts.md.
        state: how sure: "growing", "probable", "confirmed", or "resolved" once it has stopped.
        alarm: it will reach the limit within the horizon, and is at least probable. Without, it is for information.
        score: 0 to 1.
        rate_…: bytes per second and per step, with the interval that most of such runs fall into; per step None
            where no steps were seen.
        since_s, until_s: the interval that was judged, in the time of the samples.
        level_bytes: the fitted level at `until_s`, free memory that the heap keeps included.
        kept_bytes: what that free memory rose by over the interval; it is no part of the rate.
        eta_s: seconds from `until_s` to the limit, with its interval; None where no limit is known.
        evidence: sentences that a person can check.
        advice: the next step; `action`: the name of an action that may help, None where none does.
        section: anchor of the section of docs/verdicts.md that says why one is told this.
        signals: what speaks for it, independently of each other: "curve" always, then such as "heap", "survivors",
            "ladder"; two or more confirm.
        detected_s: since when it has been an alarm, in the time of the samples; None where it is none.
        slow: grows, but would not reach the limit within the horizon.
        born: `file:line` that made what survives, where a count of survivors told it.
        expected: the script has declared what holds it as expected.
        words: title, sentence, evidence and advice once more, in parts that can be translated; None where nobody made
            such.
        event: what each rise follows ("checkpoint"), with the bytes a time; None where growth follows steps.
    """

    rule: str
    metric: str
    kind: str
    state: str
    alarm: bool
    title: str
    sentence: str
    score: float
    rate_bytes_per_s: float
    rate_low: float
    rate_high: float
    rate_bytes_per_step: float | None
    step_low: float | None
    step_high: float | None
    since_step: int
    since_s: float
    until_s: float
    level_bytes: float
    limit_name: str | None = None
    limit_bytes: float | None = None
    eta_s: float | None = None
    eta_low_s: float | None = None
    eta_high_s: float | None = None
    evidence: tuple[str, ...] = ()
    advice: str = ""
    action: str | None = None
    section: str = "steady-growth"
    signals: tuple[str, ...] = ("curve",)
    detected_s: float | None = None
    slow: bool = False
    event: str | None = None
    event_bytes: float | None = None
    kept_bytes: float = 0.0
    born: str | None = None
    expected: bool = False
    words: Wording | None = None

    def fitted_bytes(self, t_s: float) -> float:
        """The fit at a moment of the interval, where it lies on the curve at the begin and below it by what is free."""
        return self.level_bytes - self.kept_bytes - self.rate_bytes_per_s * (self.until_s - t_s)


def as_document(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; its words are there as texts already."""
    document = asdict(replace(finding, words=None))
    del document["words"]
    return document
