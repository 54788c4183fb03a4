"""The page of pools and buffers: asked once a second while it is in front, steered by sliders. GUI thread."""

from __future__ import annotations

import functools
import math
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from memgui.protocol.payloads import Receipt
from memgui.protocol.pools import PoolInfo, PoolList
from memgui.protocol.wire import WireError, from_wire
from memgui.ui import format as fmt
from memgui.ui.feed import Outcome, as_problem
from memgui.ui.i18n import translate
from memgui.ui.labels import label, line
from memgui.ui.pages.page import Desk, Page
from memgui.ui.pages.pool_row import PoolRow
from memgui.ui.pages.tabs import POOLS
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_ASK_S = 5.0
_RUN_S = 60.0
_SPAN_S = 300.0
_COLUMNS = 70
# Below this width there is no room for the sliders beside the numbers.
_NARROW_PX = 720


class PoolsPage(Page):
    """A row for each; what the agent answers is drawn, nothing is remembered but the time line that all pages share."""

    tab = POOLS

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self.rows: dict[str, PoolRow] = {}
        self._job: int | None = None
        self._is_narrow = False
        self._note = label("", "muted", wrap=True)
        self._note.setContentsMargins(12, 10, 12, 10)
        body = QWidget()
        body.setObjectName("poolsBody")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._note)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        scroll.setWidget(body)
        scroll.setAccessibleName(self.title())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._say(translate("pools", "Asking the training…"))

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's pools."""
        super().show_target(target)
        if self._job is not None:
            self.desk.asks.forget(self._job)
            self._job = None
        self._take(())
        self._say(translate("pools", "Asking the training…"))

    def refresh(self) -> None:
        """Ask, unless an answer is still awaited."""
        if self.target is None or self._job is not None:
            return
        if self.target.state != "connected":
            self._draw()
            return
        self._job = self.desk.asks.ask(self.target.key, "inspect.pools", {}, self._answered, timeout_s=_ASK_S)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The rows arrange themselves for the width."""
        super().resizeEvent(event)
        self._is_narrow = event.size().width() < _NARROW_PX
        for row in self.rows.values():
            row.set_narrow(narrow=self._is_narrow)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        for row in self.rows.values():
            row.set_theme(theme)

    def _answered(self, outcome: Outcome) -> None:
        self._job = None
        if outcome.error is not None:
            self._say(as_problem(outcome.error).what)
            return
        try:
            listed = from_wire(PoolList, outcome.result)
        except WireError as error:
            self._say(translate("pools", "The answer cannot be read: {fault}").format(fault=error))
            return
        self._take(listed.pools)
        if listed.pools:
            self._say("")
        elif listed.looked_s is None:
            self._say(translate("pools", "Looking for data loaders at the next step…"))
        else:
            self._say(
                translate(
                    "pools",
                    "No pool, cache, buffer or data loader was found. memgui.runtime has pools, caches, shared data, a "
                    "prefetcher and micro-batches that a training script can use; they appear here by themselves.",
                )
            )
        self._draw()

    def _say(self, text: str) -> None:
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def _take(self, pools: tuple[PoolInfo, ...]) -> None:
        if [info.name for info in pools] != list(self.rows):
            self._rebuild(pools)
        for info in pools:
            self.rows[info.name].show_info(info)

    def _rebuild(self, pools: tuple[PoolInfo, ...]) -> None:
        while self._column.count() > 2:
            item = self._column.takeAt(1)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = {}
        for info in pools:
            row = PoolRow(info, self.theme)
            row.set_narrow(narrow=self._is_narrow)
            row.wanted.connect(self._change)
            row.trim_wanted.connect(self._trim)
            self.rows[info.name] = row
            self._column.insertWidget(self._column.count() - 1, row)
            self._column.insertWidget(self._column.count() - 1, line())

    def _draw(self) -> None:
        target = self.target
        if target is None:
            return
        end = target.timeline.last_t or time.time()
        span = (end - _SPAN_S, end)
        for name, row in self.rows.items():
            used, held = (self._series(f"pool.{name}.{word}_bytes", span) for word in ("used", "held"))
            row.occupancy.show_points(used, held, span)

    def _series(self, metric: str, span: tuple[float, float]) -> tuple[tuple[float, float], ...]:
        if self.target is None or metric not in self.target.timeline.names:
            return ()
        times, values = self.target.timeline.window(metric, *span, _COLUMNS)
        return tuple(
            (float(t_s), float(value)) for t_s, value in zip(times, values, strict=True) if not math.isnan(value)
        )

    @Slot(str, str, float)
    def _change(self, pool: str, setting: str, value: float) -> None:
        number = int(value) if value == int(value) else value
        self._run(pool, "set_pool", {"name": pool, setting: number})

    @Slot(str)
    def _trim(self, pool: str) -> None:
        self._run(pool, "trim_pool", {"name": pool})

    def _run(self, pool: str, action: str, params: dict[str, Any]) -> None:
        if self.target is None:
            return
        self._tell(pool, translate("pools", "at the next step; its effect is told some steps later…"), "")
        wanted = {"action": action, "params": params, "when": "safe_point", "timeout_s": _RUN_S}
        told = functools.partial(self._ended, self.target, pool)
        self.desk.asks.ask(self.target.key, "actions.run", wanted, told, timeout_s=_RUN_S + _ASK_S)

    def _ended(self, target: LiveTarget, pool: str, outcome: Outcome) -> None:
        if target is not self.target:
            return
        if outcome.error is not None:
            self._tell(pool, as_problem(outcome.error).what, "bad")
            return
        try:
            receipt = from_wire(Receipt, outcome.result)
        except WireError as error:
            self._tell(pool, str(error), "bad")
            return
        if receipt.outcome == "done":
            self._tell(pool, effect_text(receipt), "good")
        else:
            self._tell(pool, receipt.reason or receipt.outcome, "warn")

    def _tell(self, pool: str, text: str, tone: str) -> None:
        row = self.rows.get(pool)
        if row is not None:
            row.say(text, tone)


def effect_text(receipt: Receipt) -> str:
    """What a change did: "depth 2 → 4 · step 12 ms → 9.1 ms · resident +3.0 MiB"."""
    details = receipt.details
    parts = [str(details.get("change", "")).split(": ", 1)[-1]]
    if receipt.freed_bytes is not None and receipt.action == "trim_pool":
        parts = [translate("pools", "gave back {size}").format(size=fmt.size(receipt.freed_bytes))]
    before, after = details.get("step_before_s"), details.get("step_after_s")
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        parts.append(
            translate("pools", "step {before} → {after}").format(before=fmt.duration(before), after=fmt.duration(after))
        )
    resident = "host.rss_bytes"
    if resident in receipt.before and resident in receipt.after:
        change = fmt.size_change(receipt.after[resident] - receipt.before[resident])
        parts.append(translate("pools", "resident {change}").format(change=change))
    return " · ".join(part for part in parts if part)
