"""A memory as stacked bands: from the metrics of a stretch, or of one moment. Pure functions, GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from memgui.analysis.composition import device_amounts, host_amounts
from memgui.ui.charts.bands import LABELS
from memgui.ui.charts.layer import Curve
from memgui.ui.charts.series import Series
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.store.timeline import Timeline

Floats = NDArray[np.float64]
# The slow timer tells these roles; activations and other tensors are part of what else is in use.
_ROLES = ("parameters", "gradients", "optimizer", "buffers")
_HOST = (
    "host.rss_bytes", "host.anon_bytes", "host.file_bytes", "host.shmem_bytes", "host.heap_used_bytes",
    "host.heap_kept_bytes", "python.blocks_count", "pinned.reserved_bytes", "pinned.allocated_bytes",
)  # fmt: skip
# Other processes: on top of all that the process itself holds.
_WORKERS = "children.anon_bytes"
_DEVICE = ("allocated_bytes", "reserved_bytes", "process_used_bytes")
# Bands smaller than this share of the memory have no chip.
_CHIP_SHARE = 0.01


@dataclass(frozen=True)
class Stack:
    """Which memory: None for the host's, else a device such as "cuda.0"."""

    device: str | None

    @property
    def metrics(self) -> tuple[str, ...]:
        """All that the bands are made of; the first is what they stand on."""
        if self.device is None:
            return (*_HOST, _WORKERS, *(f"composition.{role}_bytes" for role in _ROLES))
        return tuple(f"{self.device}.{part}" for part in (*_DEVICE, *(f"{role}_bytes" for role in _ROLES)))

    def can_be_drawn(self, names: Iterable[str]) -> bool:
        """The agent has told the roles."""
        first = f"composition.{_ROLES[0]}_bytes" if self.device is None else f"{self.device}.{_ROLES[0]}_bytes"
        return first in names

    def amounts(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Bands from the bottom to the top, of one moment or of many."""
        prefix = "composition" if self.device is None else self.device
        roles = {role: values[f"{prefix}.{role}_bytes"] for role in _ROLES if f"{prefix}.{role}_bytes" in values}
        found = (
            host_amounts({"host": roles}, values) if self.device is None else device_amounts(self.device, roles, values)
        )
        found.pop("not_resident")
        if self.device is None:
            found["workers"] = values.get(_WORKERS, 0.0)
        else:
            found["live"] = found.pop("unexplained")
        order = [name for name in LABELS if name in found]
        return {name: found[name] for name in order}

    def at(self, timeline: Timeline, t_s: float) -> dict[str, float]:
        """The bands at a time; empty where they are not known."""
        known = timeline.all_at(self.metrics, t_s)
        if not set(self.metrics[:2]) <= set(known):
            return {}
        return {name: float(size) for name, size in self.amounts(known).items()}

    def series(self, timeline: Timeline) -> tuple[Series, ...]:
        """Bands worth a place in the legend, from the bottom to the top, by what they are now."""
        last = timeline.last_t
        now = self.at(timeline, last) if last is not None else {}
        floor = _CHIP_SHARE * sum(now.values())
        return tuple(
            Series(name, LABELS[name], value=self._reader(name)) for name, size in now.items() if size >= floor > 0
        )

    def told(self, names: Iterable[str]) -> tuple[str, ...]:
        """Those of its metrics that a timeline has."""
        known = set(names)
        return tuple(name for name in self.metrics if name in known)

    def curves(
        self, x: Floats, levels: Floats, names: Sequence[str], hidden: Iterable[str], theme: Theme
    ) -> list[Curve]:
        """Crests from the highest to the lowest, each to be filled down to the ground.

        Args:
            levels: float64[name, x]; names: as `told` has them.
        """
        if not len(levels) or tuple(names[:2]) != self.metrics[:2]:
            return []
        # Without the total there is a gap; what is not known of a part is no part.
        gap = np.isnan(levels[0])
        parts = np.where(np.isnan(levels), 0.0, levels)
        parts[:2, gap] = np.nan
        curves: list[Curve] = []
        height = np.zeros(len(x))
        for name, size in self.amounts(dict(zip(names, parts, strict=True))).items():
            if name in hidden or not np.any(size > 0):
                continue
            height = height + size
            curves.append(Curve(name, x, height, theme.series_colour(name), fill=1.0, has_line=False))
        return curves[::-1]

    def _reader(self, name: str) -> Callable[[Timeline, float], float | None]:
        return lambda timeline, t_s: self.at(timeline, t_s).get(name)
