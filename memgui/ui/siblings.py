"""Which runs on other ranks belong to one that was done on all of them. GUI thread, no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memgui.link.target import LiveTarget


def siblings(targets: Sequence[LiveTarget], key: Any, undo: str) -> list[tuple[LiveTarget, str]]:
    """Each connected rank of the run at which the same action was done in the same meeting, with its undo id.

    Ranks that changed together have to change back together: their gradients would no longer fit. The target itself is
    among them.
    """
    own = next((target for target in targets if target.key == key), None)
    if own is None:
        return []
    meeting = next((meeting for meeting, known in _done(own).items() if known == undo), None)
    found = [(own, undo)]
    for target in targets:
        if meeting is not None and target.key != key and target.state == "connected":
            other = _done(target).get(meeting)
            if other is not None:
                found.append((target, other))
    return found


def _done(target: LiveTarget) -> dict[str, str]:
    """Undo ids by meeting; receipts tell what is too new for the list of what can be taken back."""
    told = {one.details.get("meeting"): one.undo for one in target.receipts if one.undo is not None}
    listed = {one.meeting: one.undo for one in target.undos}
    return {meeting: undo for meeting, undo in {**told, **listed}.items() if meeting is not None}
