"""Which runs on other ranks belong to one that was done on all of them. GUI thread, no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from memgui.ui import target_view as view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from memgui.link.target import LiveTarget


def siblings(targets: Sequence[LiveTarget], key: Any, undo: str) -> list[tuple[LiveTarget, str]]:
    """Each connected rank of the run at which the same action was done after the same step, with its undo id.

    Ranks that changed together have to change back together: their gradients would no longer fit. The target itself is
    among them.
    """
    own = next((target for target in targets if target.key == key), None)
    if own is None:
        return []
    run, done = view.run_of(own), _done(own)
    what = next((what for what, known in done.items() if known == undo), None)
    if run is None or what is None:
        return [(own, undo)]
    found = [(own, undo)]
    for target in targets:
        if target.key != key and target.state == "connected" and view.run_of(target) == run:
            other = _done(target).get(what)
            if other is not None:
                found.append((target, other))
    return found


def _done(target: LiveTarget) -> dict[tuple[str, int], str]:
    """Undo ids by action and step; receipts tell what is too new for the list of what can be taken back."""
    told = {(one.action, one.step): one.undo for one in target.receipts if one.undo is not None}
    return {**told, **{(one.action, one.step): one.undo for one in target.undos}}
