"""Arms the survivor watch where growth is suspected, unless a person has switched that off. GUI thread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from memgui.ui.asks import Asks
from memgui.ui.feed import Outcome, as_problem
from memgui.ui.settings import Settings
from memgui.ui.silence import Silence

if TYPE_CHECKING:
    from memgui.link.suspicion import Suspicion
    from memgui.link.target import LiveTarget

_SETTING = "survivor_watch"
_TIMEOUT_S = 10.0


class Suspicions(QObject):
    """One suspicion a target; what was armed is told by the target's own events.

    Attributes:
        switched: it was switched on or off.
        are_on: a watch may be armed without being asked for; remembered.
    """

    switched = Signal()

    def __init__(self, asks: Asks, silence: Silence, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asks = asks
        self._silence = silence
        self._settings = settings
        self._known: dict[object, Suspicion] = {}
        self._troubles: dict[object, str] = {}
        self.are_on = settings.choice(_SETTING, ("on", "off"), "on") == "on"

    def switch(self, *, on: bool) -> None:
        """From now on; a watch that is on already goes on."""
        if on == self.are_on:
            return
        self.are_on = on
        self._settings.set(_SETTING, "on" if on else "off")
        self._settings.save()
        self.switched.emit()

    def look(self, target: LiveTarget) -> None:
        """Arm the watch where something of this target is newly suspected."""
        if not self.are_on or not target.findings:
            return
        from memgui.link.suspicion import Suspicion  # brings the verdicts, which the first paint does not wait for

        suspicion = self._known.setdefault(target.key, Suspicion())
        params = suspicion.consider(target, partial(self._silence.hides, target))
        if params is not None:
            answered = partial(self._answered, target.key)
            self._asks.ask(target.key, "watch.start", params, answered, timeout_s=_TIMEOUT_S)

    def trouble(self, key: object) -> str:
        """Why the last watch of a target could not be armed; empty where it could."""
        return self._troubles.get(key, "")

    def _answered(self, key: Any, outcome: Outcome) -> None:
        self._troubles[key] = "" if outcome.error is None else str(as_problem(outcome.error))
