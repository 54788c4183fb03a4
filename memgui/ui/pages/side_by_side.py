"""Runs side by side, aligned by their steps: recordings, and what is watched live. GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from memgui.link.target import LiveTarget
from memgui.protocol.metrics import device_of
from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.charts.ticks import byte_ticks, ceiling, second_ticks, step_ticks
from memgui.ui.i18n import metric_title, translate
from memgui.ui.labels import label
from memgui.ui.pages.aligned_chart import Aligned, AlignedChart
from memgui.ui.pages.page import Desk, Page
from memgui.ui.pages.tabs import SIDE_BY_SIDE
from memgui.ui.theme import Theme

_MOST = 4
_METRICS = ("host.rss_bytes", "host.anon_bytes", "host.heap_used_bytes", "step.duration_s")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Run:
    """A target's curve, and how far it reaches on the axis."""

    target: LiveTarget
    low: float
    high: float
    x: Floats
    y: Floats


class SideBySidePage(Page):
    """The shown run first, and beside it up to three others, on one axis and one scale."""

    tab = SIDE_BY_SIDE

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self.charts: list[AlignedChart] = []
        self._at: float | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName(translate("side_by_side", "Metric"))
        self.choice.currentIndexChanged.connect(self._draw)
        self.by_step = QPushButton(translate("side_by_side", "By step"))
        self.by_step.setCheckable(True)
        self.by_step.setChecked(True)
        self.by_step.setProperty("scale", "small")
        aligned = translate("side_by_side", "Align by steps, or by the time since each run was first seen")
        self.by_step.setToolTip(aligned)
        self.by_step.toggled.connect(self._draw)
        self._note = label(role="small")
        head = QHBoxLayout()
        head.setContentsMargins(10, 4, 10, 0)
        head.addWidget(self.choice)
        head.addWidget(self.by_step)
        head.addSpacing(6)
        head.addWidget(self._note, 1)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 4, 0)
        self._row.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 2)
        column.setSpacing(2)
        column.addLayout(head)
        column.addLayout(self._row, 1)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        for chart in self.charts:
            chart.set_theme(theme)
        self._draw()

    def refresh(self) -> None:
        """Look at what there is to compare, and draw it."""
        self._fill_metrics()
        self._draw()

    def _targets(self) -> list[LiveTarget]:
        """The shown one, then recordings, then the newest of the others."""
        seen = [one for one in self.desk.targets() if one.timeline.last_t is not None and one is not self.target]
        seen.sort(key=lambda one: (one.recording is None, -(one.timeline.last_t or 0.0)))
        return ([self.target] if self.target is not None else []) + seen[: _MOST - 1]

    def _fill_metrics(self) -> None:
        known = set().union(*(one.timeline.names for one in self._targets()))
        devices = sorted(name for name in known if device_of(name) and name.endswith(".allocated_bytes"))
        wanted = [*devices, *(name for name in _METRICS if name in known)]
        if wanted == [self.choice.itemData(at) for at in range(self.choice.count())]:
            return
        chosen = self.choice.currentData()
        self.choice.blockSignals(True)
        self.choice.clear()
        for name in wanted:
            self.choice.addItem(metric_title(name), name)
        self.choice.setCurrentIndex(max(0, self.choice.findData(chosen)))
        self.choice.blockSignals(False)

    @Slot()
    def _draw(self) -> None:
        targets, name = self._targets(), self.choice.currentData()
        self._keep_charts(len(targets))
        if not name or not targets:
            return
        by_step = self.by_step.isChecked()
        columns = self.charts[0].columns
        runs = [_run(one, name, columns, by_step=by_step) for one in targets]
        known = [run for run in runs if len(run.x)]
        low = min((run.low for run in known), default=0.0)
        high = max((run.high for run in known), default=1.0)
        top = max((float(np.nanmax(run.y)) for run in known if not np.isnan(run.y).all()), default=0.0)
        is_bytes = fmt.metric_unit(name) == "bytes"
        top = ceiling(top, binary=is_bytes) if top > 0 else 1.0
        x_ticks = step_ticks(low, max(high, low + 1), max(2, columns // 90))
        y_ticks = (byte_ticks if is_bytes else second_ticks)(top, min(4, self.charts[0].rows))
        for chart, run in zip(self.charts, runs, strict=True):
            colour = self.theme.series_colour(name)
            reading = "" if self._at is None else self._reading(run, name)
            title = _title(run.target)
            chart.show_run(
                Aligned(title, colour, run.x, run.y, low, high, top, x_ticks, y_ticks, self._at, reading)
            )  # fmt: skip
        self._note.setText(self._note_words())

    def _keep_charts(self, count: int) -> None:
        while len(self.charts) > count:
            chart = self.charts.pop()
            self._row.removeWidget(chart)
            chart.hide()
            chart.deleteLater()
        while len(self.charts) < count:
            chart = AlignedChart(self.theme)
            chart.pointed.connect(self._point)
            self.charts.append(chart)
            self._row.addWidget(chart, 1)

    @Slot(object)
    def _point(self, at: float | None) -> None:
        self._at = at
        self._draw()

    def _reading(self, run: _Run, name: str) -> str:
        if self._at is None or not len(run.x) or not run.x[0] <= self._at <= run.x[-1]:
            return fmt.MISSING
        value = float(run.y[int(np.searchsorted(run.x, self._at, side="right")) - 1])
        return fmt.quantity(None if value != value else value, fmt.metric_unit(name))

    def _note_words(self) -> str:
        if self._at is None:
            by = translate("side_by_side", "aligned by steps") if self.by_step.isChecked() else ""
            return by or translate("side_by_side", "aligned by seconds since each was first seen")
        if self.by_step.isChecked():
            return translate("side_by_side", "step {step}").format(step=fmt.count(round(self._at)))
        return translate("side_by_side", "{span} since the first sample").format(span=fmt.duration(self._at))


def _title(target: LiveTarget) -> str:
    name = view.title(target)
    return f"{target.recording} · {name}" if target.recording is not None else f"{name} · pid {target.pid}"


def _run(target: LiveTarget, name: str, columns: int, *, by_step: bool) -> _Run:
    timeline = target.timeline
    first, last = timeline.first_t, timeline.last_t
    if first is None or last is None:
        return _Run(target, 0.0, 0.0, np.empty(0), np.empty(0))
    if by_step:
        low, high = float(max(0, timeline.step_at(first))), float(max(1, timeline.last_step))
        return _Run(target, low, high, *timeline.window(name, low, high, columns, axis="step"))
    x, y = timeline.window(name, first, last, columns)
    return _Run(target, 0.0, last - first, x - first, y)
