"""A finding's numbers in words, for its card. GUI thread, no widgets."""

from __future__ import annotations

import html
import os
import re
from functools import partial
from typing import TYPE_CHECKING

from memgui.ui import format as fmt
from memgui.ui.i18n import translate

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.analysis.phrase import Phrase

_LONG_S = 30 * 86400.0


def state_word(state: str) -> str:
    """How sure, in a word."""
    words = {
        "growing": translate("finding", "growing"),
        "probable": translate("finding", "probable"),
        "confirmed": translate("finding", "confirmed"),
        "resolved": translate("finding", "over"),
    }
    return words.get(state, state)


def state_words(finding: Finding) -> str:
    """ "confirmed · 93 % sure · limit in 38 min (31–49 min)"."""
    parts = [state_word(finding.state)]
    if finding.state == "resolved":
        return parts[0]
    if finding.expected:
        parts.append(translate("finding", "expected"))
    parts.append(translate("finding", "{score} sure").format(score=fmt.ratio(finding.score)))
    if finding.eta_s is not None:
        parts.append(_limit_words(finding, finding.eta_s))
    return " · ".join(parts)


def _limit_words(finding: Finding, eta_s: float) -> str:
    if eta_s > _LONG_S:
        return translate("finding", "limit in more than 30 days")
    words = translate("finding", "limit in {eta}").format(eta=fmt.duration(eta_s))
    if finding.eta_low_s is not None and finding.eta_high_s is not None:
        words += f" ({fmt.interval(finding.eta_low_s, finding.eta_high_s)})"
    elif finding.eta_low_s is not None:
        words += translate("finding", " (from {eta})").format(eta=fmt.duration(finding.eta_low_s))
    return words


def fact_lines(finding: Finding) -> list[str]:
    """The intervals of the rate, since when, and the line that made it where that is known."""
    rates = []
    if finding.step_low is not None and finding.step_high is not None:
        rates.append(
            translate("finding", "{sizes} per step").format(sizes=fmt.sizes(finding.step_low, finding.step_high))
        )
    # A word joiner: a line may break after a slash, and left the «s» alone on the next.
    rates.append(f"{fmt.sizes(finding.rate_low, finding.rate_high)}/\N{WORD JOINER}s")
    lines = [translate("finding", "between {rates}").format(rates=", ".join(rates))]
    lasted = fmt.span(finding.until_s - finding.since_s)
    since = fmt.clock(finding.since_s)
    if finding.since_step >= 0:
        step = fmt.count(finding.since_step)
        lines.append(
            translate("finding", "since step {step}, {time}, for {span}").format(step=step, time=since, span=lasted)
        )
    else:
        lines.append(translate("finding", "since {time}, for {span}").format(time=since, span=lasted))
    if finding.born is not None:
        lines.append(translate("finding", "made in {place}").format(place=os.path.basename(finding.born)))
    return lines


def finding_title(finding: Finding) -> str:
    """What grows, in the user's language."""
    return _said(finding.words.title) if finding.words else finding.title


def finding_sentence(finding: Finding) -> str:
    """How fast and since when, in the user's language."""
    return _said(finding.words.sentence) if finding.words else finding.sentence


def finding_evidence(finding: Finding) -> list[str]:
    """What it is concluded from, in the user's language."""
    return [_said(one) for one in finding.words.evidence] if finding.words else list(finding.evidence)


def finding_advice(finding: Finding) -> str:
    """The next step, in the user's language."""
    return _said(finding.words.advice) if finding.words else finding.advice


def _said(words: Phrase) -> str:
    return words.render(partial(translate, "findings"))


def advice_html(advice: str) -> str:
    """The advice as rich text, what stands in backticks in the font of code."""
    whole = advice.replace("C++", "C\N{WORD JOINER}+\N{WORD JOINER}+")  # no line ends within it
    return re.sub("`([^`]+)`", r"<span style='font-family:monospace'>\1</span>", html.escape(whole))
