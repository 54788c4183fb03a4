"""A folder that looks like /proc, with one process in it that a test can bend."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from memgui.attach.process import ProcessView

PID = 4711
START_TIME = 123456

Change = Callable[..., ProcessView]


@pytest.fixture
def make_process(tmp_path: Path) -> Change:
    """Makes process 4711: this very Python, running, of this user, unless told otherwise."""
    proc = tmp_path / "proc"
    folder = proc / str(PID)
    folder.mkdir(parents=True)

    def make(
        *,
        state: str = "R",
        flags: int = 0x400000,
        tracer: int = 0,
        uids: tuple[int, ...] = (os.getuid(),) * 4,
        executable: str | None = None,
        capabilities: int = 0,
        yama: int | None = None,
        syscall: str = "running",
        environment: dict[str, str] | None = None,
    ) -> ProcessView:
        fields = ["1", "1", "1", "0", "-1", str(flags), *["0"] * 12, str(START_TIME), *["0"] * 20]
        (folder / "stat").write_text(f"{PID} (a (nasty) name) {state} {' '.join(fields)}\n")
        uid_line = "\t".join(str(uid) for uid in uids)
        (folder / "status").write_text(f"Name:\tpython\nState:\t{state}\nTracerPid:\t{tracer}\nUid:\t{uid_line}\n")
        (folder / "maps").write_text(Path("/proc/self/maps").read_text())
        (folder / "syscall").write_text(syscall + "\n")
        (folder / "comm").write_text("python\n")
        (folder / "uid_map").write_text("         0          0 4294967295\n")
        pairs = (environment or {}).items()
        (folder / "environ").write_bytes(b"".join(os.fsencode(f"{key}={value}\0") for key, value in pairs))
        (folder / "mem").touch()
        (folder / "ns").mkdir(exist_ok=True)
        for name, target in (
            ("exe", executable or os.path.realpath(sys.executable)),
            ("root", "/"),
            ("ns/mnt", "/proc/self/ns/mnt"),
        ):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(target)
        (proc / "self").mkdir(exist_ok=True)
        (proc / "self" / "status").write_text(f"CapEff:\t{capabilities:016x}\n")
        if yama is not None:
            scope = proc / "sys" / "kernel" / "yama" / "ptrace_scope"
            scope.parent.mkdir(parents=True)
            scope.write_text(f"{yama}\n")
        return ProcessView(PID, proc)

    return make
