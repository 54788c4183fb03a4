"""Receipts of shrinks are read as far as they tell."""

from __future__ import annotations

from memgui.analysis.shrunk import shrunk
from memgui.protocol.payloads import Receipt
from memgui.protocol.shrinking import Sizes
from memgui.protocol.wire import to_wire


def _receipt(**details: object) -> Receipt:
    return Receipt("r", "prune", "done", details=details)


def test_other_actions_have_nothing_of_the_kind() -> None:
    assert shrunk(_receipt(cause="heap")) is None


def test_what_settled_later_belongs_to_it() -> None:
    settled = {"id": "r", "steps": 20, "after": {"host.rss_bytes": 5, "x": None}, "losses": [2.0, 1.5],
               "step_before_s": 0.3, "step_after_s": 0.2}  # fmt: skip
    told = shrunk(
        _receipt(roles_before=to_wire(Sizes(4)), roles_after=to_wire(Sizes(2)), loss_before=1, settled=settled)
    )
    assert told is not None
    assert (told.before, told.after) == (Sizes(4), Sizes(2))
    assert (told.loss_before, told.losses, told.loss_after) == (1.0, (2.0, 1.5), 1.5)
    assert (told.settled_steps, told.settled) == (20, {"host.rss_bytes": 5.0})
    assert (told.step_before_s, told.step_after_s) == (0.3, 0.2)


def test_nonsense_from_another_version_is_left_out() -> None:
    told = shrunk(_receipt(roles_before={"parameters": "many"}, backup=7, losses="?", settled=[1], loss_before=True))
    assert told is not None
    assert (told.before, told.backup, told.losses, told.settled_steps, told.loss_before) == (None, None, (), None, None)


def test_taking_back_names_the_run_and_who_wanted_it() -> None:
    told = shrunk(_receipt(undone="u-1", guard="too high"))
    assert told is not None
    assert (told.undo_of, told.guard) == ("u-1", "too high")
