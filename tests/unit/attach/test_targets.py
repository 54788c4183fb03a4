from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from memgui.attach import cpython, targets
from memgui.attach.process import ProcessView

Make = Callable[..., ProcessView]


def check(view: ProcessView) -> targets.Attachability:
    return targets.check(view.pid, view.proc)


def elf_header(folder: Path, *, bits: int = 64, machine: int = 62) -> str:
    path = folder / "program"
    path.write_bytes(b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9) + struct.pack("<HH", 2, machine) + bytes(44))
    return str(path)


def test_a_running_python_is_attachable_by_the_injector(make_process: Make) -> None:
    found = check(make_process())
    assert found.attachable
    assert found.method == targets.INJECTOR
    assert found.reason is None
    assert found.python is not None


def test_a_pid_that_does_not_exist_is_said_to_be_gone(make_process: Make) -> None:
    found = targets.check(1234, make_process().proc)
    assert (found.attachable, found.reason) == (False, "there is no process 1234")


@pytest.mark.parametrize(
    ("change", "reason", "step"),
    [
        ({"state": "T"}, "is stopped (state T)", "kill -CONT 4711"),
        ({"state": "t", "tracer": 4711}, "is being traced by process 4711 (python)", "end the debugger"),
        ({"state": "S", "tracer": 4711}, "is being traced by process 4711 (python)", "end the debugger"),
        ({"state": "Z"}, "has ended and waits for its parent", None),
        ({"flags": 0x00200000}, "is a thread of the kernel", None),
    ],
)
def test_each_state_that_forbids_it_is_named(
    change: dict[str, object], reason: str, step: str | None, make_process: Make
) -> None:
    found = check(make_process(**change))
    assert not found.attachable
    assert found.method is None
    assert reason in (found.reason or "")
    if step is not None:
        assert step in (found.next_step or "")


@pytest.mark.parametrize(
    ("header", "told"),
    [({"machine": 183}, "arm64"), ({"bits": 32, "machine": 3}, "x86, 32 bit"), ({"machine": 9999}, "machine 9999")],
)
def test_another_architecture_is_named(header: dict[str, int], told: str, make_process: Make, tmp_path: Path) -> None:
    found = check(make_process(executable=elf_header(tmp_path, **header)))
    assert not found.attachable
    assert told in (found.reason or "")
    assert "memgui run" in (found.next_step or "")


@pytest.mark.parametrize(
    ("version", "method"),
    [((3, 8), None), ((3, 9), "injector"), ((3, 13), "injector"), ((3, 14), "remote_exec"), ((3, 15), "remote_exec")],
)
def test_the_version_decides_on_the_way_in(
    version: tuple[int, int], method: str | None, make_process: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make_process()
    area = view.areas()[0]
    monkeypatch.setattr(targets, "find_interpreter", lambda _: cpython.Interpreter(area, version, {}))
    found = check(view)
    assert found.method == method
    assert found.python == "{}.{}".format(*version)
    if method is None:
        assert "needs 3.9 or later" in (found.reason or "")


def test_a_container_that_does_not_hold_memgui_is_told_so(make_process: Make, tmp_path: Path) -> None:
    view = make_process()
    root = tmp_path / "container"
    for area in view.areas():
        inside = root / area.path.lstrip("/")
        if Path(area.path).is_file() and not inside.exists():
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.symlink_to(area.path)
    (view.folder / "root").unlink()
    (view.folder / "root").symlink_to(root)
    found = check(view)
    assert "lives in a container" in (found.reason or "")
    assert "memgui run" in (found.next_step or "")
