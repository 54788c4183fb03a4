from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from memgui.attach import landing
from memgui.attach.process import ProcessView
from memgui.protocol.errors import Unreachable

Make = Callable[..., ProcessView]


def test_a_process_of_this_user_meets_in_the_directory_of_this_side(
    make_process: Make, runtime_directory: Path
) -> None:
    meeting = landing.arrange(make_process(environment={"XDG_RUNTIME_DIR": "/run/user/7"}))
    assert meeting.endpoint.path == runtime_directory / "4711.123456.sock"
    assert meeting.landing.directory == str(runtime_directory)
    assert meeting.landing.package == str(Path(landing.__file__).parents[1])


def test_a_process_that_would_choose_the_same_directory_is_told_none(
    make_process: Make, runtime_directory: Path
) -> None:
    environment = {"MEMGUI_RUNTIME_DIR": str(runtime_directory)}
    assert landing.arrange(make_process(environment=environment)).landing.directory is None


def test_a_process_of_another_user_meets_in_the_directory_of_its_own(make_process: Make) -> None:
    view = make_process(uids=(54321,) * 4, environment={})
    meeting = landing.arrange(view)
    assert meeting.endpoint.path == Path("/tmp/memgui-54321/4711.123456.sock")
    assert meeting.landing.directory is None


def test_a_process_in_a_container_is_met_through_its_own_tree_of_files(make_process: Make, tmp_path: Path) -> None:
    view = make_process(environment={"MEMGUI_RUNTIME_DIR": "/run/m"})
    with (view.folder / "status").open("a") as file:
        file.write("NSpid:\t4711\t12\n")
    (view.folder / "root").unlink()
    (view.folder / "root").symlink_to(tmp_path)
    meeting = landing.arrange(view)
    assert meeting.endpoint.path == view.folder / "root/run/m/12.123456.sock"
    assert meeting.landing.report == "/run/m/12.123456.attach"
    assert meeting.report == view.folder / "root/run/m/12.123456.attach"


def test_a_process_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        landing.arrange(ProcessView(1, tmp_path))


def test_files_that_another_user_cannot_read_are_said_to_be_closed(
    make_process: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    (closed / "memgui").mkdir(parents=True)
    closed.chmod(0o700)
    monkeypatch.setattr(landing, "PACKAGE", closed / "memgui")
    told = landing.unreachable_package(make_process(uids=(54321,) * 4))
    assert told is not None
    assert f"{closed} is closed" in told
    assert landing.unreachable_package(make_process(uids=(os.getuid(),) * 4)) is None
