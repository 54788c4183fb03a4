"""What the link hands over to the owner of a target: frozen, made on the link's threads."""

from __future__ import annotations

import msgspec

from memgui.collect.children import ChildProcess
from memgui.collect.facts import ProcessFacts
from memgui.collect.observer import EndReason
from memgui.protocol.payloads import ActionInfo, Hello
from memgui.protocol.shrinking import UndoInfo
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Row

CONNECTING, CONNECTED, OUTSIDE, LOST, ENDED = "connecting", "connected", "outside", "lost", "ended"
# Of a recording: still being written, and looked at as it was before its end.
FOLLOWED, REPLAYED = "followed", "replayed"


class Batch(msgspec.Struct, frozen=True):
    """What happened to one target since the last batch; times are Unix seconds on this side's clock.

    Attributes:
        rows: newer than all before them, oldest first.
        history: rows of the past, to be put in their place.
        state, state_text: the new state of the connection and what to say of it; None where it did not change.
        undos: what can be taken back; told whenever the actions are.
        dropped: samples that the agent threw away because this side read too slowly; None where not told.
    """

    key: str
    rows: tuple[Row, ...] = ()
    history: tuple[Row, ...] = ()
    events: tuple[MarkedEvent, ...] = ()
    state: str | None = None
    state_text: str = ""
    hello: Hello | None = None
    facts: ProcessFacts | None = None
    actions: tuple[ActionInfo, ...] | None = None
    undos: tuple[UndoInfo, ...] | None = None
    children: tuple[ChildProcess, ...] | None = None
    end: EndReason | None = None
    dropped: int | None = None
