from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from memgui.attach import permission
from memgui.attach.process import ProcessView

Make = Callable[..., ProcessView]
CAP_SYS_PTRACE = 1 << 19


@pytest.fixture
def _ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.mark.usefixtures("_ordinary_user")
@pytest.mark.parametrize(
    ("change", "reason", "step"),
    [
        ({"uids": (54321,) * 4}, "belongs to user 54321, and you are", "sudo -u '#54321'"),
        ({"yama": 1}, "by its ancestors only (Yama, kernel.yama.ptrace_scope is 1)", "sysctl"),
        ({"yama": 2}, "only root may trace", "sudo"),
        ({"yama": 3}, "no process to be traced", "memgui run"),
        ({"capabilities": CAP_SYS_PTRACE}, "security module", "AppArmor"),
        ({}, "does not let you look into", "memgui run"),
    ],
)
def test_each_cause_has_its_own_words_and_next_step(
    change: dict[str, object], reason: str, step: str, make_process: Make
) -> None:
    told, next_step = permission.refusal(make_process(**change))
    assert reason in told
    assert step in next_step


def test_root_without_the_capability_is_told_of_the_container(
    make_process: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    told, next_step = permission.refusal(make_process())
    assert "CAP_SYS_PTRACE" in told
    assert "--cap-add=SYS_PTRACE" in next_step


@pytest.mark.usefixtures("_ordinary_user")
def test_a_process_that_closed_itself_is_recognised_by_the_owner_of_its_files(
    make_process: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make_process(uids=(1000,) * 4)
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    if (view.folder / "stat").stat().st_uid == 1000:
        pytest.skip("this user is 1000 itself")
    assert "PR_SET_DUMPABLE is 0" in permission.refusal(view)[0]
