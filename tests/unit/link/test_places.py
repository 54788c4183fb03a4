"""Where agents may listen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from memgui.link.places import directories, endpoints_of, is_own
from memgui.protocol.endpoints import process_start_time


def test_a_directory_that_was_asked_for_is_the_only_one(tmp_path: Path) -> None:
    assert directories({"MEMGUI_RUNTIME_DIR": str(tmp_path), "XDG_RUNTIME_DIR": "/elsewhere"}) == [tmp_path]


def test_the_own_directory_comes_first(tmp_path: Path) -> None:
    assert directories({"XDG_RUNTIME_DIR": str(tmp_path)})[0] == tmp_path / "memgui"


def test_a_directory_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    assert is_own(tmp_path)
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert not is_own(link)
    open_one = tmp_path / "open"
    open_one.mkdir()
    open_one.chmod(0o777)
    assert not is_own(open_one)
    assert not is_own(tmp_path / "none")


def test_a_process_that_chose_another_directory_is_looked_for_there_too(tmp_path: Path) -> None:
    environ = {**os.environ, "MEMGUI_RUNTIME_DIR": str(tmp_path)}
    script = "print(flush=True); import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=-1, stdout=-1, env=environ) as child:
        assert child.stdout is not None
        child.stdout.readline()  # its environment is its own from here on
        started = process_start_time(child.pid)
        assert started is not None
        places = [point.path.parent for point in endpoints_of(child.pid, started)]
        child.communicate()
    assert places[0] == Path(os.environ["MEMGUI_RUNTIME_DIR"])
    assert tmp_path in places
