"""What a person does not want to hear of: findings muted until memgui ends, and growth that is expected. GUI thread.

An expectation belongs to a script and outlives the window. It ends by itself where the growth becomes more than twice
as fast as it was when it was expected.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from memgui.ui import target_view as view
from memgui.ui.finding_words import finding_title
from memgui.ui.settings import Settings

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget

_NAME = "expected"
_KEPT = 200
_REASON_LETTERS = 300
_MUCH_FASTER = 2.0


@dataclass(frozen=True)
class Expectation:
    """Growth of a script that somebody has explained.

    Attributes:
        script: path of the script, or its name where it has no path; finding: the finding's id.
        title: what the finding was called.
        rate_bytes_per_s, rate_bytes_per_step: how fast it grew then; per step None where no steps were seen.
        time_s: Unix seconds.
    """

    script: str
    finding: str
    title: str
    reason: str
    rate_bytes_per_s: float
    rate_bytes_per_step: float | None
    time_s: float

    def covers(self, finding: Finding) -> bool:
        """It is this growth, at about that pace."""
        now, then = finding.rate_bytes_per_step, self.rate_bytes_per_step
        if now is None or then is None:
            now, then = finding.rate_bytes_per_s, self.rate_bytes_per_s
        return view.finding_id(finding) == self.finding and now <= _MUCH_FASTER * then


class Silence(QObject):
    """The one owner of what is muted and expected.

    Attributes:
        changed: something was muted, expected, or taken back.
    """

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._muted: dict[str, set[str]] = {}
        self._expected = list(_read(settings.text(_NAME)))

    def hides(self, target: LiveTarget, finding: Finding) -> bool:
        """Neither card nor badge nor message."""
        return self.is_muted(target, finding) or self.expectation(target, finding) is not None

    def is_muted(self, target: LiveTarget, finding: Finding) -> bool:
        """Muted until memgui ends."""
        return view.finding_id(finding) in self._muted.get(target.key, ())

    def expectation(self, target: LiveTarget, finding: Finding) -> Expectation | None:
        """Why it is expected; None where it is not, or is much faster than it was."""
        return next((one for one in self.expected_of(target) if one.covers(finding)), None)

    def outgrown(self, target: LiveTarget, finding: Finding) -> Expectation | None:
        """The expectation that this finding has left behind by its pace."""
        ident = view.finding_id(finding)
        return next((one for one in self.expected_of(target) if one.finding == ident and not one.covers(finding)), None)

    def expected_of(self, target: LiveTarget) -> tuple[Expectation, ...]:
        """Everything that is expected of a target's script, the oldest first."""
        script = script_of(target)
        return tuple(one for one in self._expected if one.script == script)

    def mute(self, target: LiveTarget, finding: Finding) -> None:
        """Say nothing of it any more until memgui ends."""
        self._muted.setdefault(target.key, set()).add(view.finding_id(finding))
        self.changed.emit()

    def unmute(self, target: LiveTarget) -> None:
        """Tell everything of a target again."""
        if self._muted.pop(target.key, None):
            self.changed.emit()

    def expect(self, target: LiveTarget, finding: Finding, reason: str) -> None:
        """Remember for this script why it grows; what was said before of the same growth is replaced."""
        script, ident = script_of(target), view.finding_id(finding)
        self._expected = [one for one in self._expected if (one.script, one.finding) != (script, ident)]
        made = Expectation(
            script, ident, finding_title(finding), reason.strip()[:_REASON_LETTERS],
            finding.rate_bytes_per_s, finding.rate_bytes_per_step, time.time(),
        )  # fmt: skip
        self._expected = [*self._expected, made][-_KEPT:]
        self._keep()

    def take_back(self, expectation: Expectation) -> None:
        """Be told again."""
        self._expected = [one for one in self._expected if one != expectation]
        self._keep()

    def _keep(self) -> None:
        self._settings.set(_NAME, json.dumps([asdict(one) for one in self._expected]))
        self._settings.save()
        self.changed.emit()


def script_of(target: LiveTarget) -> str:
    """What stays the same when a run is started again."""
    for source in (target.hello, target.facts):
        script = getattr(source, "script", None)
        if script:
            return str(script)
    return view.plain_name(target)


def _read(text: str) -> Iterator[Expectation]:
    """What was remembered; what cannot be read, as a file edited by hand, is left out."""
    try:
        entries: Any = json.loads(text or "[]")
    except ValueError:
        return
    for entry in entries if isinstance(entries, list) else ():
        try:
            one = Expectation(**entry)
            float(one.rate_bytes_per_s), float(one.rate_bytes_per_step or 0.0), float(one.time_s)
        except (TypeError, ValueError):
            continue
        yield one
