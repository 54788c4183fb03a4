"""The colours and fonts of the window, dark and light; no Qt, so that it is cheap to import. Any thread.

Series colours are those of Okabe and Ito, which colour-blind eyes can tell apart; on white, the darker ones of the
palette are taken so that a line of one pixel stays readable. Source: https://jfly.uni-koeln.de/color/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from string import Template
from types import MappingProxyType

from memgui.protocol.metrics import device_of
from memgui.ui.resources import resource_path

_SERIES_DARK = MappingProxyType(
    {
        "host.rss_bytes": "#56b4e9",
        "host.anon_bytes": "#e69f00",
        "host.heap_used_bytes": "#2fb37f",
        "host.heap_kept_bytes": "#7fd4b4",
        "host.shmem_bytes": "#f0e442",
        "host.swap_bytes": "#d55e00",
        "host.file_bytes": "#8d97a6",
        "children.rss_bytes": "#cc79a7",
        "cgroup.working_set_bytes": "#8d97a6",
        "allocated_bytes": "#56b4e9",
        "reserved_bytes": "#7b8696",
        "active_bytes": "#2fb37f",
        "device_used_bytes": "#e69f00",
        "process_used_bytes": "#cc79a7",
        "step.duration_s": "#56b4e9",
        "parameters": "#56b4e9",
        "gradients": "#0b7a98",
        "optimizer": "#cc79a7",
        "activations": "#e69f00",
        "buffers": "#8f6bb0",
        "live": "#e69f00",
        "native_heap": "#e69f00",
        "python_heap": "#2fb37f",
        "heap_kept": "#7fd4b4",
        "pinned_pool": "#d55e00",
        "shared_memory": "#f0e442",
        "file_pages": "#5b6572",
        "private_pools": "#7fd4b4",
        "reserved_free": "#454e5a",
        "context": "#5b6572",
        "unexplained": "#b06a5a",
        "workers": "#7c86c4",
        "cached": "#454e5a",
    }
)
_SERIES_LIGHT = MappingProxyType(
    {
        "host.rss_bytes": "#0072b2",
        "host.anon_bytes": "#d08700",
        "host.heap_used_bytes": "#009e73",
        "host.heap_kept_bytes": "#5fbf9f",
        "host.shmem_bytes": "#a89b00",
        "host.swap_bytes": "#d55e00",
        "host.file_bytes": "#5d6878",
        "children.rss_bytes": "#b65a8e",
        "cgroup.working_set_bytes": "#5d6878",
        "allocated_bytes": "#0072b2",
        "reserved_bytes": "#7b8696",
        "active_bytes": "#009e73",
        "device_used_bytes": "#d08700",
        "process_used_bytes": "#b65a8e",
        "step.duration_s": "#0072b2",
        "parameters": "#56b4e9",
        "gradients": "#0b7a98",
        "optimizer": "#cc79a7",
        "activations": "#e69f00",
        "buffers": "#8f6bb0",
        "live": "#e69f00",
        "native_heap": "#e69f00",
        "python_heap": "#2fb37f",
        "heap_kept": "#7fd4b4",
        "pinned_pool": "#d55e00",
        "shared_memory": "#f0e442",
        "file_pages": "#a9b2bf",
        "private_pools": "#7fd4b4",
        "reserved_free": "#c3cad4",
        "context": "#a9b2bf",
        "unexplained": "#b06a5a",
        "workers": "#7c86c4",
        "cached": "#c3cad4",
    }
)


@dataclass(frozen=True)
class Theme:
    """One set of colours, each as "#rrggbb", and fonts.

    Attributes:
        window: behind the charts; panel: toolbar and sides; card: what lies on the window; raised: buttons and rows.
        checked: a toggle that is on; selected: the chosen row of a list.
        series: line colour by metric name, without backend and index for accelerators; `series_colour` looks it up.
    """

    name: str
    is_dark: bool
    window: str
    panel: str
    card: str
    raised: str
    hover: str
    border: str
    grid: str
    text: str
    muted: str
    accent: str
    accent_text: str
    checked: str
    checked_border: str
    selected: str
    good: str
    warn: str
    bad: str
    bad_text: str
    bad_card: str
    bad_border: str
    bad_code: str
    warn_card: str
    warn_border: str
    good_card: str
    good_border: str
    crosshair: str
    series: Mapping[str, str]
    font_family: str = "Noto Sans, Segoe UI, Cantarell, Ubuntu, DejaVu Sans, Noto Sans CJK SC, sans-serif"
    mono_family: str = "Noto Sans Mono, DejaVu Sans Mono, Menlo, Consolas, monospace"
    text_px: int = 13
    small_px: int = 11
    title_px: int = 17
    value_px: int = 20

    @classmethod
    def dark(cls) -> Theme:
        """Light text on a dark window."""
        return _DARK

    @classmethod
    def light(cls) -> Theme:
        """Dark text on a light window."""
        return _LIGHT

    def series_colour(self, metric: str) -> str:
        """The line colour of a metric as it is named on the wire; the muted text's where it has none of its own."""
        name = metric.split(".", 2)[2] if device_of(metric) else metric
        return self.series.get(name, self.muted)

    def style_sheet(self) -> str:
        """The Qt style sheet of the whole application."""
        words = {field.name: str(getattr(self, field.name)) for field in fields(self) if field.name != "series"}
        words["font_family"] = _quoted(self.font_family)
        words["mono_family"] = _quoted(self.mono_family)
        words["icons"] = resource_path("icons").as_posix()
        words["tone"] = self.name
        return Template(resource_path("themes", "memgui.qss").read_text(encoding="utf-8")).substitute(words)


def _quoted(families: str) -> str:
    return ", ".join(f'"{family.strip()}"' for family in families.split(","))


_DARK = Theme(
    name="dark",
    is_dark=True,
    window="#14171c",
    panel="#1b1f26",
    card="#1b1f26",
    raised="#232831",
    hover="#2a303b",
    border="#2c323d",
    grid="#262c35",
    text="#e6e9ee",
    muted="#8d97a6",
    accent="#56b4e9",
    accent_text="#06202f",
    checked="#2d3644",
    checked_border="#41506a",
    selected="#25303e",
    good="#2fb37f",
    warn="#e69f00",
    bad="#e8684a",
    bad_text="#fdf1ee",
    bad_card="#2a201f",
    bad_border="#5a372f",
    bad_code="#ffd0c2",
    warn_card="#28241b",
    warn_border="#57471f",
    good_card="#1b2824",
    good_border="#235142",
    crosshair="#aab3c0",
    series=_SERIES_DARK,
)
_LIGHT = Theme(
    name="light",
    is_dark=False,
    window="#f3f4f6",
    panel="#ffffff",
    card="#ffffff",
    raised="#f3f5f8",
    hover="#e8ecf2",
    border="#d9dee6",
    grid="#e8ebf0",
    text="#1c2430",
    muted="#5d6878",
    accent="#0072b2",
    accent_text="#ffffff",
    checked="#dfe8f2",
    checked_border="#9fb6cf",
    selected="#e4eef6",
    good="#0f8a5f",
    warn="#9a6a00",
    bad="#c8432b",
    bad_text="#ffffff",
    bad_card="#fdeeea",
    bad_border="#efb8ab",
    bad_code="#8f2e1b",
    warn_card="#fdf6e3",
    warn_border="#e6cf94",
    good_card="#e9f6f0",
    good_border="#a9d9c5",
    crosshair="#4a5564",
    series=_SERIES_LIGHT,
)
