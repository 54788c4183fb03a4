"""What the tabs of the dock hold: journal, events, workers and metrics, as rows of cells. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, auto
from typing import TYPE_CHECKING

from memgui.protocol.metrics import CATALOGUE, find
from memgui.ui import format as fmt
from memgui.ui.i18n import explain, metric_text, metric_title, translate
from memgui.ui.table_model import Cell, ColumnText

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.store.events import MarkedEvent
    from memgui.ui.journal import Entry

_EVENTS_SHOWN = 500


class _Counted(IntEnum):
    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[int]) -> int:
        return count


class JournalColumn(_Counted):
    """Columns of the journal."""

    TIME = auto()
    TARGET = auto()
    WHAT = auto()
    EFFECT = auto()
    ABOUT = auto()


class EventColumn(_Counted):
    """Columns of the events."""

    TIME = auto()
    STEP = auto()
    KIND = auto()
    TEXT = auto()


class WorkerColumn(_Counted):
    """Columns of the process table."""

    PID = auto()
    ROLE = auto()
    NAME = auto()
    RSS = auto()
    ANON = auto()
    COMMAND = auto()


class MetricColumn(_Counted):
    """Columns of the metrics."""

    NAME = auto()
    VALUE = auto()
    CHANGE = auto()
    LOW = auto()
    HIGH = auto()
    TEXT = auto()


def journal_columns() -> dict[JournalColumn, ColumnText]:
    """Headings."""
    return {
        JournalColumn.TIME: ColumnText(translate("tables", "Time")),
        JournalColumn.TARGET: ColumnText(translate("tables", "Target")),
        JournalColumn.WHAT: ColumnText(translate("tables", "What")),
        JournalColumn.EFFECT: ColumnText(
            translate("tables", "Effect"),
            translate("tables", "Change of the memory that the action is about, measured before and after it."),
            is_number=True,
        ),
        JournalColumn.ABOUT: ColumnText(translate("tables", "Step, pause, reason")),
    }


def event_columns() -> dict[EventColumn, ColumnText]:
    """Headings."""
    return {
        EventColumn.TIME: ColumnText(translate("tables", "Time")),
        EventColumn.STEP: ColumnText(translate("tables", "Step"), is_number=True),
        EventColumn.KIND: ColumnText(translate("tables", "Kind")),
        EventColumn.TEXT: ColumnText(translate("tables", "What happened")),
    }


def worker_columns() -> dict[WorkerColumn, ColumnText]:
    """Headings."""
    return {
        WorkerColumn.PID: ColumnText(translate("tables", "Pid"), is_number=True),
        WorkerColumn.ROLE: ColumnText(translate("tables", "Role")),
        WorkerColumn.NAME: ColumnText(translate("tables", "Process")),
        WorkerColumn.RSS: ColumnText(
            metric_title("host.rss_bytes"), translate("tables", "Pages shared with the parent count here too."),
            is_number=True,
        ),
        WorkerColumn.ANON: ColumnText(metric_title("host.anon_bytes"), explain("host.anon_bytes"), is_number=True),
        WorkerColumn.COMMAND: ColumnText(translate("tables", "Command")),
    }  # fmt: skip


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


def journal_rows(entries: tuple[Entry, ...]) -> list[Mapping[JournalColumn, Cell]]:
    """Newest first."""
    return [
        {
            JournalColumn.TIME: Cell(fmt.clock(entry.t_s), fmt.moment(entry.t_s), "muted", entry.t_s),
            JournalColumn.TARGET: Cell(entry.target, tone="muted"),
            JournalColumn.WHAT: Cell(entry.title),
            JournalColumn.EFFECT: Cell(entry.effect, _receipt_tip(entry), entry.tone),
            JournalColumn.ABOUT: Cell(entry.where, entry.where, "muted"),
        }
        for entry in reversed(entries)
    ]


def _receipt_tip(entry: Entry) -> str:
    receipt = entry.receipt
    if receipt is None:
        return ""
    return "\n".join(
        f"{metric_title(name)}: {fmt.size(before)} → {fmt.size(receipt.after[name])}"
        for name, before in receipt.before.items()
        if name in receipt.after
    )


def event_rows(target: LiveTarget) -> list[Mapping[EventColumn, Cell]]:
    """Newest first; what only the link needs to know is left out."""
    shown = [event for event in target.timeline.events if event.kind not in ("metrics", "actions")]
    return [_event_row(event) for event in reversed(shown[-_EVENTS_SHOWN:])]


def _event_row(event: MarkedEvent) -> Mapping[EventColumn, Cell]:
    kinds = {
        "mark": translate("tables", "mark"),
        "receipt": translate("tables", "action"),
        "settled": translate("tables", "settled"),
        "probe": translate("tables", "probe"),
        "exit": translate("tables", "end"),
    }
    return {
        EventColumn.TIME: Cell(fmt.clock(event.t_s), fmt.moment(event.t_s), "muted", event.t_s),
        EventColumn.STEP: Cell(fmt.count(event.step) if event.step >= 0 else fmt.MISSING, order=float(event.step)),
        EventColumn.KIND: Cell(kinds.get(event.kind, event.kind), tone="muted"),
        EventColumn.TEXT: Cell(event.text, event.text),
    }


def worker_rows(target: LiveTarget) -> list[Mapping[WorkerColumn, Cell]]:
    """By resident memory, the largest first."""
    children = sorted(target.children, key=_resident, reverse=True)
    rows: list[Mapping[WorkerColumn, Cell]] = []
    for child in children:
        command = " ".join(child.cmdline)
        rows.append(
            {
                WorkerColumn.PID: Cell(str(child.pid), order=float(child.pid)),
                WorkerColumn.ROLE: Cell(child.role),
                WorkerColumn.NAME: Cell(child.name),
                WorkerColumn.RSS: Cell(fmt.size(child.rss_bytes), order=_resident(child)),
                WorkerColumn.ANON: Cell(fmt.size(child.anon_bytes), order=float(child.anon_bytes or 0)),
                WorkerColumn.COMMAND: Cell(command, command, "muted"),
            }
        )
    return rows


def _resident(child: object) -> float:
    return float(getattr(child, "rss_bytes", 0) or 0)


def metric_rows(target: LiveTarget, interval: tuple[float, float] | None) -> list[Mapping[MetricColumn, Cell]]:
    """Every metric that has a value, in the catalogue's words."""
    timeline = target.timeline
    last = timeline.last_t
    if last is None:
        return []
    start, end = interval or (timeline.first_t or last, last)
    since = interval[0] if interval else max(last - 60.0, timeline.first_t or last)
    rows: list[Mapping[MetricColumn, Cell]] = []
    for name in sorted(timeline.names, key=_catalogue_order):
        value = timeline.latest(name)
        bounds = timeline.range(name, start, end)
        if value is None and bounds is None:
            continue
        unit = fmt.metric_unit(name)
        metric = find(name)
        first, final = timeline.at(name, since), timeline.at(name, end)
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
