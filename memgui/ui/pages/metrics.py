"""The shown target's numbers: now, what changed, and what they mean. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import auto
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from memgui.protocol.metrics import CATALOGUE, find
from memgui.ui import format as fmt
from memgui.ui.i18n import explain, metric_text, metric_title, translate
from memgui.ui.pages.page import Desk
from memgui.ui.pages.table_page import Columns, TablePage
from memgui.ui.pages.tabs import METRICS
from memgui.ui.table_model import Cell, ColumnText
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget


class MetricColumn(Columns):
    """Columns of the metrics."""

    NAME = auto()
    VALUE = auto()
    CHANGE = auto()
    LOW = auto()
    HIGH = auto()
    TEXT = auto()


class MetricsPage(TablePage):
    """Every metric, over the last minute or over the interval that is marked in the charts."""

    tab = METRICS

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        texts = metric_columns(interval=False)
        super().__init__(desk, theme, MetricColumn, texts, (160, 95, 125, 85, 85), parent)
        self._span: tuple[float, float] | None = None

    def show_interval(self, span: tuple[float, float] | None) -> None:
        """Show what changed between two moments, or what changed of late."""
        self._span = span
        self.model.set_texts(metric_columns(interval=span is not None))
        self.refresh()

    def refresh(self) -> None:
        """Take in the values as they are now."""
        if self.target is not None:
            self.model.set_rows(metric_rows(self.target, self._span))


def metric_columns(*, interval: bool) -> dict[MetricColumn, ColumnText]:
    """Headings; `interval`: one is marked in the charts."""
    change = translate("tables", "Change in interval") if interval else translate("tables", "Change in 1 min")
    where = translate("tables", "in the marked interval") if interval else translate("tables", "since it was watched")
    return {
        MetricColumn.NAME: ColumnText(translate("tables", "Metric")),
        MetricColumn.VALUE: ColumnText(translate("tables", "Now"), is_number=True),
        MetricColumn.CHANGE: ColumnText(change, is_number=True),
        MetricColumn.LOW: ColumnText(translate("tables", "Lowest"), where, is_number=True),
        MetricColumn.HIGH: ColumnText(translate("tables", "Highest"), where, is_number=True),
        MetricColumn.TEXT: ColumnText(translate("tables", "What it is")),
    }


def metric_rows(target: LiveTarget, interval: tuple[float, float] | None) -> list[Mapping[MetricColumn, Cell]]:
    """Every metric that has a value, in the catalogue's words."""
    timeline = target.timeline
    last = timeline.last_t
    if last is None:
        return []
    start, end = interval or (timeline.first_t or last, last)
    since = interval[0] if interval else max(last - 60.0, timeline.first_t or last)
    names = timeline.names
    bounds_of = timeline.ranges(names, start, end)
    first_of, final_of = timeline.all_at(names, since), timeline.all_at(names, end)
    rows: list[Mapping[MetricColumn, Cell]] = []
    for name in sorted(names, key=_catalogue_order):
        value = timeline.latest(name)
        bounds = bounds_of.get(name)
        if value is None and bounds is None:
            continue
        unit = fmt.metric_unit(name)
        metric = find(name)
        first, final = first_of.get(name), final_of.get(name)
        change = None if first is None or final is None else final - first
        tip = explain(name)
        text = metric_text(metric) if metric else translate("tables", "A number of the training script's own.")
        rows.append(
            {
                MetricColumn.NAME: Cell(metric_title(name), tip),
                MetricColumn.VALUE: Cell(fmt.quantity(value, unit), tip),
                MetricColumn.CHANGE: Cell(_change(change, unit), tone="muted" if not change else "", order=change),
                MetricColumn.LOW: Cell(fmt.quantity(bounds[0] if bounds else None, unit), tone="muted"),
                MetricColumn.HIGH: Cell(fmt.quantity(bounds[1] if bounds else None, unit), tone="muted"),
                MetricColumn.TEXT: Cell(text, tip, "muted"),
            }
        )
    return rows


def _catalogue_order(name: str) -> tuple[int, str]:
    metric = find(name)
    return (CATALOGUE.index(metric) if metric is not None else len(CATALOGUE), name)


def _change(value: float | None, unit: str) -> str:
    if value is None:
        return fmt.MISSING
    if unit == "bytes":
        return fmt.size_change(value)
    text = fmt.quantity(value, unit)
    return f"+{text}" if value > 0 else text
