"""Which metric is compared: what there is to choose, and what a choice means for one target. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from memgui.protocol.metrics import CATALOGUE, device_of, find
from memgui.ui.i18n import metric_title, translate

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

# Ranks of one run sit on devices of different numbers: what is compared is each one's own.
DEVICE = "{device}."
# A choice that more than this share of the targets cannot answer is left out.
_LEAST_SHARE = 0.05
_PLACES = {metric.name: place for place, metric in enumerate(CATALOGUE)}


def choices_of(targets: Iterable[LiveTarget]) -> list[str]:
    """Metrics that can be compared, in the catalogue's order; accelerators' by `DEVICE` and the last part."""
    counts: dict[str, int] = {}
    number = 0
    for target in targets:
        number += 1
        for name in {_general(name) for name in target.timeline.names}:
            counts[name] = counts.get(name, 0) + 1
    common = [name for name, count in counts.items() if count >= number * _LEAST_SHARE]
    return sorted(common, key=_place)


def default_choice(choices: Iterable[str]) -> str:
    """Device memory where there is some, else the host's."""
    there = tuple(choices)
    for name in (f"{DEVICE}allocated_bytes", "host.rss_bytes"):
        if name in there:
            return name
    return there[0] if there else "host.rss_bytes"


def title_of(choice: str) -> str:
    """What the choice is called."""
    if choice.startswith(DEVICE):
        metric = find(choice.replace(DEVICE, "cuda.0."))
        return translate("metrics", metric.title) if metric is not None else choice
    return metric_title(choice)


def metric_for(target: LiveTarget, choice: str) -> str | None:
    """The target's metric that the choice means; None where it has none.

    Of several devices it is the one of which the target uses most.
    """
    if not choice.startswith(DEVICE):
        return choice if choice in target.timeline.names else None
    part = choice[len(DEVICE) :]
    best: tuple[float, str] | None = None
    for name in target.timeline.names:
        found = device_of(name)
        if found is None or not name.endswith(f".{part}"):
            continue
        used = target.timeline.latest(f"{found[0]}.{found[1]}.allocated_bytes") or 0.0
        if best is None or used > best[0]:
            best = (used, name)
    return best[1] if best is not None else None


def _general(name: str) -> str:
    device = device_of(name)
    return f"{DEVICE}{name.split('.', 2)[2]}" if device else name


def _place(name: str) -> tuple[int, str]:
    return (_PLACES.get(name, len(_PLACES)), name)
