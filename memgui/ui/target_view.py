"""How a live target is put into words: its name, second line, main number and badge. GUI thread, no widgets."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memgui.analysis.signals import subject_of
from memgui.protocol.metrics import device_of
from memgui.ui import format as fmt
from memgui.ui.i18n import translate

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget

SPARK_SPAN_S = 120.0
# Whether a person wants to hear nothing of a finding of a target.
Hides = Callable[["LiveTarget", "Finding"], bool]


def hides_nothing(_target: LiveTarget, _finding: Finding) -> bool:
    """Every finding is told."""
    return False


@dataclass(frozen=True)
class Badge:
    """A word beside a target's name; tone is "good", "warn", "bad" or "muted"."""

    text: str
    tone: str


def plain_name(target: LiveTarget) -> str:
    """The script's name, else the process's."""
    for source in (target.hello, target.facts):
        script = getattr(source, "script", None)
        if script:
            return os.path.basename(str(script))
    return target.name or translate("target", "process {pid}").format(pid=target.pid)


def rank_of(target: LiveTarget) -> tuple[int, int | None] | None:
    """Rank and world size; None outside of a distributed run."""
    for source in (target.hello, target.facts):
        rank = getattr(source, "rank", None)
        if rank is not None:
            return rank, getattr(source, "world_size", None)
    return None


def run_of(target: LiveTarget) -> str | None:
    """What ties the ranks of one run together; None for a process on its own."""
    rank = rank_of(target)
    if rank is None or (rank[1] or 1) < 2:
        return None
    for source in (target.hello, target.facts):
        run = getattr(source, "run_id", None)
        if run:
            return str(run)
    return None


def torch_version(target: LiveTarget) -> str | None:
    """Version of torch, None while it is unknown."""
    for source in (target.hello, target.facts):
        version = getattr(source, "torch", None)
        if version:
            return str(version)
    return None


def title(target: LiveTarget) -> str:
    """ "train_llm.py · rank 0"."""
    rank = rank_of(target)
    if rank is None or (rank[1] or 1) < 2:
        return plain_name(target)
    return f"{plain_name(target)} · " + translate("target", "rank {rank}").format(rank=rank[0])


def first_device(target: LiveTarget) -> str | None:
    """ "cuda:0" where the target has initialised an accelerator."""
    for name in target.timeline.names:
        device = device_of(name)
        if device and name.endswith(".allocated_bytes"):
            return f"{device[0]}:{device[1]}"
    return None


def detail(target: LiveTarget) -> str:
    """ "pid 41231 · cuda:0"."""
    parts = [translate("target", "pid {pid}").format(pid=target.pid)]
    device = first_device(target)
    if device:
        parts.append(device)
    workers = len(target.children)
    if workers:
        parts.append(translate("target", "{n} workers").format(n=workers) if workers > 1 else one_worker())
    elif not device:
        parts.append("CPU")
    return " · ".join(parts)


def one_worker() -> str:
    """ "1 worker"."""
    return translate("target", "1 worker")


def main_metric(target: LiveTarget) -> str:
    """The metric that stands for a target in the tree: its first device's memory, else resident memory."""
    for name in target.timeline.names:
        if device_of(name) and name.endswith(".allocated_bytes"):
            return name
    return "host.rss_bytes"


def alarming(target: LiveTarget, hides: Hides = hides_nothing) -> str | None:
    """The worst state among alarms that are not silenced: "confirmed", "probable" or None."""
    states = {finding.state for finding in target.findings if finding.alarm and not hides(target, finding)}
    return next((state for state in ("confirmed", "probable") if state in states), None)


def finding_id(finding: Finding) -> str:
    """What stays the same while a finding is refined, also where another series shows the same growth better."""
    return f"{finding.rule}|{subject_of(finding.metric)}"


def diagnosis_of(target: LiveTarget, finding: Finding) -> str:
    """What the last ladder that was climbed since the finding began says of it; empty where there was none."""
    for event in reversed(target.timeline.events.between(finding.since_s, math.inf)):
        details = event.data.get("details")
        is_diagnosis = event.kind == "receipt" and event.data.get("action") == "diagnose"
        if is_diagnosis and isinstance(details, Mapping) and details.get("cause_text"):
            grown = finding.rate_bytes_per_s * (event.t_s - finding.since_s)
            rungs = details.get("rungs")
            freed = max(map(_freed_by, rungs), default=0.0) if isinstance(rungs, list | tuple) else 0.0
            if freed >= grown / 2:
                return str(details["cause_text"])
            return translate(
                "target", "It freed {freed} of the {grown} that had grown: the rest is truly held."
            ).format(freed=fmt.size(freed), grown=fmt.size(grown))
    return ""


def _freed_by(rung: object) -> float:
    freed = rung.get("freed_bytes") if isinstance(rung, Mapping) else None
    return float(freed) if isinstance(freed, int | float) else 0.0


def badge(target: LiveTarget, hides: Hides = hides_nothing) -> Badge | None:
    """The badge beside the name; None where all is as it should be."""
    if target.recording is not None and getattr(target.end, "kind", "") != "oom_killed":
        is_followed = target.state == "followed"
        return Badge(translate("target", "followed") if is_followed else translate("target", "recorded"), "muted")
    if target.state in ("ended", "replayed"):
        kind = getattr(target.end, "kind", "")
        if kind == "oom_killed":
            return Badge(translate("target", "OOM killed"), "bad")
        return Badge(translate("target", "ended"), "muted")
    if target.state == "lost":
        return Badge(translate("target", "lost"), "warn")
    alarm = alarming(target, hides)
    if alarm == "confirmed":
        return Badge(translate("target", "leak"), "bad")
    if alarm == "probable":
        return Badge(translate("target", "growing"), "warn")
    if target.state == "outside":
        return Badge(translate("target", "outside"), "muted")
    if target.state == "connecting":
        return Badge(translate("target", "connecting"), "muted")
    return None


def state_words(target: LiveTarget) -> str:
    """The state in one word for the status bar."""
    if target.recording is not None:
        return translate("target", "recorded in {file}").format(file=target.recording)
    words = {
        "connecting": translate("target", "connecting"),
        "connected": translate("target", "connected"),
        "outside": translate("target", "watched from outside"),
        "lost": translate("target", "connection lost"),
        "ended": translate("target", "ended"),
    }
    return words.get(target.state, target.state)


def spark(target: LiveTarget, points: int = 28) -> tuple[float, ...]:
    """The main metric of the last two minutes for a sparkline; NaN marks a gap."""
    timeline = target.timeline
    last = timeline.last_t
    if last is None:
        return ()
    _, y = timeline.window(main_metric(target), last - SPARK_SPAN_S, last, points)
    return tuple(float(value) for value in y)


def value_text(target: LiveTarget) -> str:
    """The main number: "41.3 GiB"; a dash before the first sample."""
    return fmt.size(target.timeline.latest(main_metric(target)))
