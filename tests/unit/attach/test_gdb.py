"""Which gdb can be used where, and which of its lines is the complaint."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from memgui.attach import gdb
from memgui.protocol.errors import Problem, Refused

AMX = "flags\t\t: fpu vme avx512f amx_bf16 amx_tile amx_int8"
SAID = """\
Breakpoint 4 at 0x7f7fc3ba9ea0: file Objects/object.c, line 1539.
/tmp/tmpwguo_y66.gdb:16: Error in sourced command file:
Couldn't write extended state status: Bad address.
[Inferior 1 (process 16869) detached]
"""


@pytest.mark.parametrize(
    ("version", "major"),
    [
        ("GNU gdb (Debian 13.1-3) 13.1\nCopyright (C) 2023", 13),
        ("GNU gdb (GDB) Red Hat Enterprise Linux 10.2-13.el9", 10),
        ("GNU gdb (Ubuntu 15.0.50.20240403-0ubuntu1) 15.0.50.20240403-git", 15),
    ],
)
def test_an_old_gdb_is_not_used_on_a_processor_that_it_does_not_know(version: str, major: int) -> None:
    why_not = gdb.obstacle(version, AMX)
    assert (why_not is None) == (major >= 14)
    if why_not is not None:
        assert why_not.startswith(f"gdb {major} cannot")
    assert gdb.obstacle(version, "flags\t\t: fpu vme avx512f") is None


def test_a_version_that_cannot_be_read_is_tried() -> None:
    assert gdb.obstacle("GNU gdb", AMX) is None


def test_the_process_is_not_touched_by_a_gdb_that_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "gdb"
    program.write_text(f"#!{sys.executable}\nimport sys\nassert '--version' in sys.argv\nprint('GNU gdb (GDB) 13.2')\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gdb, "processor", lambda: AMX)
    with pytest.raises(Refused, match="AMX"):
        gdb.send(1, "x = 1")


def test_what_gdb_complains_of_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "gdb"
    program.write_text(f"#!{sys.executable}\nprint({SAID!r})\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(gdb, "processor", lambda: "")
    with pytest.raises(Problem, match="Couldn't write extended state status"):
        gdb.send(1, "x = 1")
