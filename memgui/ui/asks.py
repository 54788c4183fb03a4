"""Questions to a target whose answers a part of the window waits for. GUI thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from memgui.ui.feed import Feed, Outcome

Answered = Callable[[Outcome], None]
Progressed = Callable[[str, float], None]


class Asks(QObject):
    """Each question ends in exactly one call of `answered`, also when the target dies or nobody answers in time."""

    def __init__(self, feed: Feed, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self._waiting: dict[int, tuple[Answered, Progressed | None]] = {}
        feed.request_progress.connect(self._got_on)
        feed.request_ended.connect(self._ended)

    def ask(
        self,
        key: object,
        method: str,
        params: object,
        answered: Answered,
        *,
        timeout_s: float,
        progressed: Progressed | None = None,
    ) -> int:
        """Ask the target with that key.

        Args:
            key: of a watched target.
            answered: told the Outcome, on the GUI thread, after this call has returned.
            progressed: told a text and the share done, or -1 where that is unknown.

        Returns:
            A number for `forget`.
        """
        job = self._feed.request(key, method, params, timeout_s=timeout_s)
        self._waiting[job] = (answered, progressed)
        return job

    def forget(self, job: int) -> None:
        """The answer is no longer wanted; unknown numbers are ignored."""
        self._waiting.pop(job, None)

    @Slot(int, str, float)
    def _got_on(self, job: int, text: str, ratio: float) -> None:
        waiting = self._waiting.get(job)
        if waiting is not None and waiting[1] is not None:
            waiting[1](text, ratio)

    @Slot(int, object)
    def _ended(self, job: int, outcome: Outcome) -> None:
        waiting = self._waiting.pop(job, None)
        if waiting is not None:
            waiting[0](outcome)
