"""From a growth and its evidence to the finding that a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from memgui.analysis.events import Staircase
from memgui.analysis.evidence import Judgement
from memgui.analysis.finding import CONFIRMED, GROWING, PROBABLE, RESOLVED, Finding
from memgui.analysis.forecast import time_to_limit
from memgui.analysis.growth import Growth
from memgui.analysis.wording import describe

# After this long one half of what grows steadily is a leak, by the recordings of docs/verdicts.md.
_HALF_S = 12.0


@dataclass(frozen=True)
class Limit:
    """What binds: `headroom_bytes` is what can still be taken."""

    name: str
    limit_bytes: float
    headroom_bytes: float


def tell(
    metric: str,
    growth: Growth,
    judgement: Judgement,
    shares: Mapping[str, float],
    *,
    is_sure: bool,
    has_stopped: bool = False,
    rings_since: float | None,
    limit: Limit,
    stairs: Staircase | None,
) -> Finding:
    """The finding on a growth.

    Args:
        shares: what each other series rose by, per byte of the growth.
        has_stopped: it was sure, and grows no longer.
        rings_since: since when it has been an alarm; None where it is none.
        stairs: the events that it follows, if it follows any.
    """
    slow = is_sure and rings_since is None
    eta: tuple[float | None, float | None, float | None] = (None, None, None)
    if not has_stopped:
        eta = time_to_limit(limit.headroom_bytes, growth.rate, growth.rate_low, growth.rate_high)
    words = describe(
        judgement.kind, growth, shares,
        limit_name=limit.name, eta_s=eta[0], slow=slow, has_stopped=has_stopped, stairs=stairs,
    )  # fmt: skip
    words = replace(words, evidence=(*words.evidence, *judgement.sentences))
    two = len(judgement.signals) > 1 and not judgement.against
    per_step = growth.per_step
    return Finding(
        "steady-growth", metric, judgement.kind.word,
        RESOLVED if has_stopped else GROWING if not is_sure else CONFIRMED if two else PROBABLE,
        rings_since is not None, str(words.title), str(words.sentence), _score(growth, judgement, slow=slow),
        growth.rate, growth.rate_low, growth.rate_high,
        per_step.slope if per_step else None, per_step.low if per_step else None, per_step.high if per_step else None,
        growth.since_step, growth.since_s, growth.until_s, growth.level,
        limit.name, limit.limit_bytes, eta[0], eta[1], eta[2],
        tuple(str(sentence) for sentence in words.evidence), str(words.advice), judgement.kind.action,
        section=judgement.kind.word, signals=judgement.signals, detected_s=rings_since, slow=slow,
        event=(stairs.name or "period") if stairs else None, event_bytes=stairs.bytes_each if stairs else None,
        born=judgement.born,
        expected=judgement.expected,
        words=words,
    )  # fmt: skip


def _score(growth: Growth, judgement: Judgement, *, slow: bool) -> float:
    """How sure, 0 to 1: the longer it has grown, and the more say so, the surer."""
    doubt = _HALF_S / (_HALF_S + growth.seconds)
    for _ in judgement.signals[1:]:
        doubt *= 0.5
    if judgement.against or slow:
        doubt = max(doubt, 0.5)
    return min(1.0 - doubt, 0.99)
