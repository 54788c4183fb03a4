from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from memgui.attach import landing, remote_exec
from memgui.attach.process import ProcessView
from memgui.protocol.errors import Refused

Make = Callable[..., ProcessView]


def test_an_interpreter_of_the_same_version_makes_the_call_itself(
    make_process: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, str]] = []
    monkeypatch.setattr(sys, "remote_exec", lambda pid, path: calls.append((pid, path)), raising=False)
    view = make_process()
    meeting = landing.arrange(view)
    remote_exec.send(view, "here = 1\n", meeting, f"{sys.version_info[0]}.{sys.version_info[1]}")
    ((pid, path),) = calls
    assert pid == view.pid
    scope: dict[str, object] = {}
    exec(Path(path).read_text(), scope)
    assert scope["here"] == 1
    assert "os" not in scope
    assert not Path(path).exists()


def test_otherwise_the_program_of_the_target_makes_it_and_its_words_become_the_refusal(make_process: Make) -> None:
    """This Python has no such call, which is a way of turning it down."""
    if hasattr(sys, "remote_exec"):
        pytest.skip("this Python has it")
    view = make_process()
    meeting = landing.arrange(view)
    with pytest.raises(Refused, match="remote_exec") as caught:
        remote_exec.send(view, "pass\n", meeting, "3.14")
    assert "memgui run" in caught.value.next_step
    assert list(meeting.report.parent.iterdir()) == []
