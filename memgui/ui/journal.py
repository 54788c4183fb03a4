"""The journal: every run of an action with its one result, and what the window itself has to report. GUI thread."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.i18n import action_title, translate

if TYPE_CHECKING:
    from memgui.analysis.shrunk import Shrunk
    from memgui.link.target import LiveTarget
    from memgui.protocol.payloads import Receipt

_LIMIT = 2000
_SETTLING = 40


@dataclass(frozen=True)
class Entry:
    """One line: an action's receipt, or a remark without one.

    Attributes:
        tone: "good", "warn", "bad" or "muted".
        undone: that it was taken back, and by whom; empty where it was not.
    """

    t_s: float
    key: Any
    target: str
    title: str
    receipt: Receipt | None = None
    remark: str = ""
    remark_tone: str = "muted"
    undone: str = ""

    @property
    def shrunk(self) -> Shrunk | None:
        """What a run that changed the model did to it; None of all others."""
        receipt = self.receipt
        return _shrunk(receipt) if receipt is not None and receipt.outcome == "done" else None

    @property
    def tone(self) -> str:
        """How it ended, as a colour's role."""
        if self.receipt is None:
            return self.remark_tone
        return {"done": "good", "refused": "warn"}.get(self.receipt.outcome, "bad")

    @property
    def effect(self) -> str:
        """ "−420 MiB", or how it ended."""
        receipt = self.receipt
        if receipt is None:
            return ""
        if receipt.outcome == "done":
            freed = receipt.freed_bytes
            return translate("journal", "done") if freed is None else fmt.size_change(-freed)
        words = {
            "refused": translate("journal", "refused"),
            "failed": translate("journal", "failed"),
            "timed_out": translate("journal", "no answer in time"),
            "disconnected": translate("journal", "connection lost"),
        }
        return words.get(receipt.outcome, receipt.outcome)

    @property
    def where(self) -> str:
        """ "at step 1 198, 38 ms", and the reason where it was not done."""
        receipt = self.receipt
        if receipt is None:
            return self.remark
        parts = []
        if receipt.step >= 0:
            parts.append(translate("journal", "at step {step}").format(step=fmt.count(receipt.step)))
        if receipt.cost_ms is not None:
            parts.append(fmt.duration(receipt.cost_ms / 1000))
        text = ", ".join(parts)
        cause = receipt.details.get("cause_text")
        if cause:
            text = f"{cause} ({text})" if text else str(cause)
        if receipt.reason:
            text = f"{receipt.reason} ({text})" if text else receipt.reason
        return text


class Journal(QObject):
    """Entries of all targets, oldest first; a receipt that arrives twice is kept once.

    Attributes:
        changed: an entry was added.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: deque[Entry] = deque(maxlen=_LIMIT)
        self._known: set[tuple[Any, str]] = set()
        self._seen: dict[Any, str] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Oldest first."""
        return tuple(self._entries)

    def add(self, entry: Entry) -> None:
        """Add an entry, unless its receipt is there already."""
        if entry.receipt is not None:
            ident = (entry.key, entry.receipt.id)
            if ident in self._known:
                return
            self._known.add(ident)
        self._entries.append(entry)
        self.changed.emit()

    def remark(self, target: LiveTarget | None, title: str, text: str, tone: str = "muted") -> None:
        """Add something that is no receipt."""
        name = view.title(target) if target else ""
        self.add(Entry(time.time(), target.key if target else None, name, title, None, text, tone))

    def mark_undone(self, key: Any, undo: str, text: str) -> None:
        """The run with that undo id was taken back."""
        for place, entry in enumerate(self._entries):
            if entry.key == key and entry.receipt is not None and entry.receipt.undo == undo and not entry.undone:
                self._entries[place] = replace(entry, undone=text)
                self.changed.emit()

    def take_receipts(self, target: LiveTarget) -> None:
        """Add receipts that a target has got since the last look, of other windows and commands too."""
        receipts = target.receipts
        self._take_settled(target.key, receipts[-_SETTLING:])
        if not receipts or receipts[-1].id == self._seen.get(target.key):
            return
        self._seen[target.key] = receipts[-1].id
        for receipt in receipts:
            if (target.key, receipt.id) not in self._known:
                self.add(receipt_entry(target, receipt))
            self._take_undo(target.key, receipt)

    def _take_settled(self, key: Any, receipts: Sequence[Receipt]) -> None:
        """Some steps after a run its receipt tells more; the newest entries are held against the receipts."""
        newer = {receipt.id: receipt for receipt in receipts if "settled" in receipt.details}
        for place in range(len(self._entries) - 1, max(-1, len(self._entries) - 1 - _SETTLING), -1):
            entry = self._entries[place]
            receipt = newer.get(entry.receipt.id) if entry.receipt is not None and entry.key == key else None
            if receipt is not None and entry.receipt != receipt:
                self._entries[place] = replace(entry, receipt=receipt)
                self.changed.emit()

    def _take_undo(self, key: Any, receipt: Receipt) -> None:
        told = _shrunk(receipt)
        if told is None or told.undo_of is None or receipt.outcome != "done":
            return
        text = translate("journal", "Taken back.")
        if told.guard is not None:
            text = translate("journal", "The loss guard took it back: {why}").format(why=told.guard)
        self.mark_undone(key, told.undo_of, text)


def _shrunk(receipt: Receipt) -> Shrunk | None:
    from memgui.analysis.shrunk import shrunk  # no part of the first paint

    return shrunk(receipt)


def receipt_entry(target: LiveTarget, receipt: Receipt) -> Entry:
    """A line for a receipt; its time is put on this side's clock."""
    known = next((action.title for action in target.actions if action.name == receipt.action), receipt.action)
    title = action_title(known)
    told = _shrunk(receipt)
    if told is not None and told.undo_of is not None:
        of = next((one.action for one in target.receipts if one.undo == told.undo_of), "")
        known = next((action.title for action in target.actions if action.name == of), of)
        title = translate("journal", "Undo: {title}").format(title=action_title(known).rstrip("…") or told.undo_of)
        if told.guard is not None:
            title = translate("journal", "Loss guard: {title}").format(title=title)
    hello = target.hello
    t_s = time.time()
    if hello is not None and receipt.t_s is not None:
        t_s = receipt.t_s - hello.monotonic_s + hello.time_s
    return Entry(t_s, target.key, view.title(target), title, receipt)
