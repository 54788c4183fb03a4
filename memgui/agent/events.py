"""What happened: a bounded log, fed from any thread, read on the agent's."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

from memgui.agent.steps import StepClock
from memgui.protocol.payloads import Event

_KEPT = 512
_TEXT_LIMIT = 500
# Looks at everything are some 40 KB each.
_LOOKS_KEPT = 12


class Events:
    """Events that were posted and not yet sent, and the log that `history` serves."""

    def __init__(self, clock: StepClock, wake: Callable[[], None]) -> None:
        self._clock = clock
        self._wake = wake
        # Both ends of a deque may be used from different threads.
        self._posted: Deque[Event] = deque(maxlen=_KEPT)
        self._log: Deque[Event] = deque(maxlen=_KEPT)

    @property
    def waits(self) -> bool:
        """Something was posted and not taken."""
        return bool(self._posted)

    def post(self, kind: str, text: str, data: Optional[Dict[str, Any]] = None) -> None:
        """Note an event of this moment; on any thread."""
        self._posted.append(Event(time.monotonic(), kind, text[:_TEXT_LIMIT], self._clock.step, data or {}))
        self._wake()

    def take(self) -> List[Event]:
        """Events posted since the last call; they are in the log from now on."""
        taken: List[Event] = []
        while self._posted:
            event = self._posted.popleft()
            taken.append(event)
            self._log.append(event)
            if event.kind == "look":
                looks = [event for event in self._log if event.kind == "look"]
                for oldest in looks[:-_LOOKS_KEPT]:
                    self._log.remove(oldest)
        return taken

    def between(self, after_s: Optional[float], until_s: Optional[float]) -> Tuple[Event, ...]:
        """Logged events later than `after_s` and not later than `until_s`; None for no limit."""
        return tuple(
            event
            for event in self._log
            if (after_s is None or event.t_s > after_s) and (until_s is None or event.t_s <= until_s)
        )
