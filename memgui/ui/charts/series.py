"""What the charts show: their series, and which accelerator. Pure functions, GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from memgui.protocol.metrics import device_of
from memgui.ui.charts.bands import band_words
from memgui.ui.i18n import translate

if TYPE_CHECKING:
    from memgui.store.timeline import Timeline

_DEVICE_PARTS = ("allocated_bytes", "device_used_bytes", "reserved_bytes", "process_used_bytes")


@dataclass(frozen=True)
class Series:
    """One curve; those named first are painted last, on top.

    Attributes:
        label: in the legend and the read-out, in English; `words_of` translates it.
        fill: strength of the fill down to zero, 0 to 1; 0 for a line only.
        value: reads the bytes of a band at a time; None for a series that is a metric.
    """

    metric: str
    label: str
    fill: float = 0.0
    value: Callable[[Timeline, float], float | None] | None = field(default=None, compare=False)


HOST = (
    Series("host.rss_bytes", "resident", fill=0.13),
    Series("host.anon_bytes", "anonymous"),
    Series("host.heap_used_bytes", "heap in use"),
    Series("children.rss_bytes", "workers"),
)
STEP = (Series("step.duration_s", "step time", fill=0.16),)


def words_of(series: Series) -> str:
    """The label in the user's language."""
    known = {
        "resident": translate("charts", "resident"),
        "anonymous": translate("charts", "anonymous"),
        "heap in use": translate("charts", "heap in use"),
        "workers": translate("charts", "workers"),
        "step time": translate("charts", "step time"),
        "allocated": translate("charts", "allocated"),
        "reserved": translate("charts", "reserved"),
        "device used": translate("charts", "device used"),
    }
    return known.get(series.label, series.label) if series.value is None else band_words(series.label)


def device_series(device: str) -> tuple[Series, ...]:
    """The curves of one accelerator."""
    return (
        Series(f"{device}.allocated_bytes", "allocated", fill=0.78),
        Series(f"{device}.reserved_bytes", "reserved", fill=0.38),
        Series(f"{device}.device_used_bytes", "device used"),
    )


def choose_device(names: Iterable[str], latest: Callable[[str], float | None]) -> str | None:
    """The accelerator to show, such as "cuda.0": the one that the process uses most; None where it uses none.

    A device that other processes use, too, is of no interest while this one has nothing on it.
    """
    best: tuple[int, float, int] | None = None
    chosen = None
    for name in names:
        found = device_of(name)
        part = name.rsplit(".", 1)[-1]
        if found is None or part not in _DEVICE_PARTS:
            continue
        value = latest(name)
        if value is None:
            continue
        own = part in ("allocated_bytes", "reserved_bytes", "process_used_bytes")
        rank = (1 if own and value > 0 else 0, value if own else 0.0, -found[1])
        if best is None or rank > best:
            best, chosen = rank, f"{found[0]}.{found[1]}"
    return chosen
