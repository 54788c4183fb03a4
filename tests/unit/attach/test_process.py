from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from memgui.attach.process import ProcessView

Make = Callable[..., ProcessView]


def test_a_name_with_blanks_and_parentheses_confuses_nothing(make_process: Make) -> None:
    view = make_process(state="S")
    assert view.state() == "S"
    assert view.start_time() == 123456
    assert not view.is_kernel_thread()


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("running", None),
        ("202 0x7f 0x80", "futex"),
        ("230 0x0", "clock_nanosleep"),
        ("999 0x0", "system call 999"),
        ("-1 0x7ffd 0x7f", None),
    ],
)
def test_the_call_in_which_the_main_thread_waits_is_named(line: str, where: str | None, make_process: Make) -> None:
    assert make_process(syscall=line).waits_in() == where


def test_areas_of_files_that_were_deleted_keep_their_name(make_process: Make) -> None:
    view = make_process()
    line = "7f0000000000-7f0000001000 r-xp 00002000 fe:00 99   /opt/my lib/libpython3.11.so.1.0 (deleted)\n"
    (view.folder / "maps").write_text(line + "7ffd0000-7ffd1000 rw-p 00000000 00:00 0   [stack]\n")
    (area,) = view.areas()
    assert (area.start, area.offset, area.permissions) == (0x7F0000000000, 0x2000, "r-xp")
    assert area.name == "libpython3.11.so.1.0"


def test_pid_and_user_are_those_that_the_process_sees_itself(make_process: Make) -> None:
    view = make_process(uids=(100005,) * 4)
    with (view.folder / "status").open("a") as file:
        file.write("NSpid:\t4711\t7\n")
    (view.folder / "uid_map").write_text("         0     100000      65536\n")
    assert view.inner_pid() == 7
    assert view.inner_uid() == 5


def test_the_environment_is_the_one_it_was_started_with(make_process: Make) -> None:
    view = make_process(environment={"A": "1=2", "B": ""})
    assert view.environment() == {"A": "1=2", "B": ""}


def test_this_process_shares_its_tree_of_files_with_itself() -> None:
    assert ProcessView(os.getpid()).shares_root()
