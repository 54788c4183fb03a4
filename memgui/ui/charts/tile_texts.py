"""What the five tiles say of a target. Pure functions, GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from memgui.protocol.metrics import device_of, find
from memgui.store.thinning import median
from memgui.ui import format as fmt
from memgui.ui.finding_words import finding_sentence
from memgui.ui.i18n import explain, metric_title, translate

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget

_TREND_S = 60.0
_WARM_UP_STEPS = 20
_TREND_RATIO = 0.01
_TREND_BYTES = 4 * 1024**2
_LONG_S = 30 * 86400.0


@dataclass(frozen=True)
class TileText:
    """One tile.

    Attributes:
        caption, note: the line above and below the value, wordings from long to short.
        tone: of the note: "muted", "good", "warn" or "bad".
        hover: what the number contains.
    """

    caption: tuple[str, ...]
    value: str
    note: tuple[str, ...] = ()
    tone: str = "muted"
    hover: str = ""


def tile_texts(target: LiveTarget | None, device: str | None) -> tuple[TileText, ...]:
    """The five tiles; dashes where there is no target."""
    return (
        _anonymous(target),
        _allocated(target, device) if device else _heap(target),
        _cached(target, device) if device else _workers(target),
        _step(target),
        _out_of_memory(target),
    )


def soonest_growth(target: LiveTarget) -> Finding | None:
    """The finding whose limit is reached first; one without a limit only where there is no other."""
    growing = [
        finding
        for finding in target.findings
        if finding.state != "resolved" and finding.rate_bytes_per_s > 0 and fmt.metric_unit(finding.metric) == "bytes"
    ]
    return min(growing, key=_time_left, default=None)


def _time_left(finding: Finding) -> float:
    return float("inf") if finding.eta_s is None else finding.eta_s


def _latest(target: LiveTarget | None, name: str) -> float | None:
    return None if target is None else target.timeline.latest(name)


def _anonymous(target: LiveTarget | None) -> TileText:
    name = "host.anon_bytes"
    caption = (translate("tiles", "Host anonymous"), translate("tiles", "Anonymous"))
    hover = explain(name)
    value = fmt.size(_latest(target, name))
    growth = next((item for item in (target.findings if target else ()) if item.metric == name), None)
    if growth is not None and growth.state != "resolved":
        return TileText(caption, value, _rate_words(growth), "bad", f"{hover}<br><br>{finding_sentence(growth)}")
    note, tone = _trend(target, name)
    return TileText(caption, value, note, tone, hover)


def _rate_words(growth: Finding) -> tuple[str, ...]:
    if growth.rate_bytes_per_step is not None:
        rate = fmt.size(growth.rate_bytes_per_step)
        return (translate("tiles", "▲ {rate} per step").format(rate=rate), f"▲ {rate}/step", f"▲ {rate}")
    return (f"▲ {fmt.size_rate(growth.rate_bytes_per_s).lstrip('+')}",)


def _trend(target: LiveTarget | None, name: str) -> tuple[tuple[str, ...], str]:
    """How the lower envelope of the last minute compares with the minute before: a sawtooth counts as flat."""
    last = target.timeline.last_t if target is not None else None
    if target is None or last is None or target.timeline.latest(name) is None:
        return (), "muted"
    new = target.timeline.range(name, last - _TREND_S / 2, last)
    old = target.timeline.range(name, last - _TREND_S, last - _TREND_S / 2)
    first = target.timeline.first_t
    young = first is None or last - first < _TREND_S or _is_warming_up(target, last - _TREND_S)
    if young or new is None or old is None:
        return (translate("tiles", "measuring…"),), "muted"
    change = new[0] - old[0]
    if abs(change) < max(_TREND_RATIO * new[0], _TREND_BYTES):
        return (translate("tiles", "flat"),), "muted"
    per_minute = fmt.size(abs(change) * 60 / (_TREND_S / 2))
    sign, tone = ("▲", "warn") if change > 0 else ("▼", "good")
    return (f"{sign} {per_minute}/min", f"{sign} {per_minute}"), tone


def _is_warming_up(target: LiveTarget, t_s: float) -> bool:
    """What a run takes in its first steps is no trend: weights, optimizer state, kernels, caches."""
    return target.timeline.last_step >= 0 and target.timeline.step_at(t_s) < _WARM_UP_STEPS


def _heap(target: LiveTarget | None) -> TileText:
    kept = _latest(target, "host.heap_kept_bytes")
    note: tuple[str, ...] = ()
    if kept is not None:
        size = fmt.size(kept)
        note = (
            translate("tiles", "kept {size}, reclaimable").format(size=size),
            translate("tiles", "kept {size}").format(size=size),
            size,
        )
    elif target is not None and target.state == "outside":
        note = (translate("tiles", "known to the agent only"), translate("tiles", "needs the agent"))
    return TileText(
        (translate("tiles", "Heap in use"),),
        fmt.size(_latest(target, "host.heap_used_bytes")),
        note,
        "good" if kept else "muted",
        f"{explain('host.heap_used_bytes')}<br><br>{explain('host.heap_kept_bytes')}",
    )


def _workers(target: LiveTarget | None) -> TileText:
    number = _latest(target, "children.processes_count")
    note: tuple[str, ...] = ()
    if number is not None:
        word = translate("tiles", "1 process") if number == 1 else translate("tiles", "{n} processes")
        note = (word.format(n=fmt.count(number)) if number else translate("tiles", "no processes"),)
    return TileText(
        (translate("tiles", "Workers"),),
        fmt.size(_latest(target, "children.rss_bytes")),
        note,
        "muted",
        explain("children.rss_bytes"),
    )


def _allocated(target: LiveTarget | None, device: str) -> TileText:
    name, caption = f"{device}.allocated_bytes", (translate("tiles", "GPU allocated"),)
    value = _latest(target, name)
    if value is None:
        name, caption = f"{device}.device_used_bytes", (translate("tiles", "GPU used"),)
        value = _latest(target, name)
    peak = _latest(target, f"{device}.allocated_peak_bytes")
    total = _latest(target, f"{device}.device_total_bytes")
    unit, scale = fmt.unit_of(max(part for part in (value, peak, total, 0.0) if part is not None))
    words = []
    if peak is not None:
        words.append(translate("tiles", "peak {size}").format(size=_figures(peak, unit, scale)))
    if total is not None:
        words.append(translate("tiles", "of {size}").format(size=_figures(total, unit, scale)))
    note = (" · ".join(words), words[-1]) if words else ()
    return TileText(caption, fmt.size(value), note, "muted", explain(name))


def _figures(value: float, unit: str, scale: float) -> str:
    return fmt.size_in(value, unit, scale).split("\u00a0")[0]


def _cached(target: LiveTarget | None, device: str) -> TileText:
    caption = (
        translate("tiles", "GPU cached, not in use"),
        translate("tiles", "GPU cached"),
    )
    reserved, allocated = (_latest(target, f"{device}.{part}_bytes") for part in ("reserved", "allocated"))
    hover = f"{explain(f'{device}.reserved_bytes')}<br><br>{explain(f'{device}.allocated_bytes')}"
    if reserved is None or allocated is None:
        return TileText(caption, fmt.MISSING, (), "muted", hover)
    cached = max(0.0, reserved - allocated)
    little = cached < 1024**2
    note = translate("tiles", "nothing to reclaim") if little else translate("tiles", "reclaimable now")
    return TileText(caption, fmt.size(cached), (note,), "muted" if little else "good", hover)


def _step(target: LiveTarget | None) -> TileText:
    name = "step.duration_s"
    caption = (translate("tiles", "Step"),)
    step = target.timeline.last_step if target is not None else -1
    if target is None or step < 0:
        note = (translate("tiles", "no step seen yet"), translate("tiles", "no step yet"))
        return TileText(caption, fmt.MISSING, note if target is not None else (), "muted", explain(name))
    last = target.timeline.last_t or 0.0
    _, durations = target.timeline.window(name, last - _TREND_S, last, 300)
    durations = durations[~np.isnan(durations)]
    if not len(durations):
        return TileText(caption, fmt.count(step), (), "muted", explain(name))
    middle = median(durations)
    # 1.4826 makes the median deviation the standard deviation of a normal spread. Source: Rousseeuw & Croux 1993.
    spread = 1.4826 * median(np.abs(durations - middle))
    text = fmt.duration(middle)
    return TileText(caption, fmt.count(step), (f"{text} ± {_spread(spread, text)}", text), "muted", explain(name))


def _spread(spread_s: float, beside: str) -> str:
    """The spread, its unit left out where it is the one that stands before it."""
    text = fmt.duration(spread_s)
    unit = text.rpartition("\u00a0")[2]
    figures, _, unit_beside = beside.rpartition("\u00a0")
    if unit != unit_beside or unit not in ("ms", "s"):
        return text
    return fmt.number(spread_s * (1000 if unit == "ms" else 1), len(figures.partition(".")[2]))


def _out_of_memory(target: LiveTarget | None) -> TileText:
    caption = (translate("tiles", "Host out of memory in"), translate("tiles", "Host full in"))
    if target is None or target.timeline.last_t is None:
        return TileText(caption, fmt.MISSING)
    if target.state == "ended":
        reason = target.end.text if target.end is not None else target.state_text
        return TileText(caption, translate("tiles", "ended"), (reason,), "muted", reason)
    growth = soonest_growth(target)
    device = device_of(growth.metric) if growth is not None else None
    if device is not None:
        caption = (translate("tiles", "GPU out of memory in"), translate("tiles", "GPU full in"))
        total = target.timeline.latest(f"{device[0]}.{device[1]}.device_total_bytes")
        limit = None if total is None else (f"{device[0]}:{device[1]}", total)
        hover = translate(
            "tiles", "<b>Time to the limit</b><br>How long until device memory reaches the device's capacity."
        )
    else:
        limit = target.limit
        hover = translate(
            "tiles", "<b>Time to the limit</b><br>How long until host memory reaches the limit that binds."
        )
    limit_words: tuple[str, ...] = ()
    if limit is not None:
        size = fmt.size(limit[1])
        limit_words = (translate("tiles", "limit {size}").format(size=size), size)
        title = metric_title(limit[0]) if find(limit[0]) else limit[0]
        hover += f"<br>{title}: {size}"
    if growth is None:
        return TileText(caption, translate("tiles", "no growth"), limit_words, "muted", hover)
    hover += f"<br><br>{finding_sentence(growth)}"
    if growth.eta_s is None:
        return TileText(caption, translate("tiles", "growing"), (translate("tiles", "no limit known"),), "warn", hover)
    since = max(0.0, (target.timeline.last_t or growth.until_s) - growth.until_s)
    left = max(0.0, growth.eta_s - since)
    if left > _LONG_S:
        return TileText(caption, translate("tiles", "> 30 d"), limit_words, "warn", hover)
    sure = fmt.ratio(growth.score)
    note: tuple[str, ...] = (translate("tiles", "{score} sure").format(score=sure),)
    if growth.eta_low_s is not None and growth.eta_high_s is not None:
        reach = fmt.interval(max(0.0, growth.eta_low_s - since), max(0.0, growth.eta_high_s - since))
        note = (f"{reach}, {sure}", reach)
    return TileText(caption, fmt.roughly(left), note, "bad" if growth.alarm else "warn", hover)
