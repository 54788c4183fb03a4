"""gdb as a way in, as memray does it: used only when it is asked for by name."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from memgui.protocol.errors import Problem, Refused, Unreachable

PRICE = "attaching through gdb: every thread of the training stands still for one to several seconds"
_TIMEOUT_S = 30.0
# Functions that Python calls all the time. Where they begin, that thread holds no lock of theirs and the calling
# convention keeps nothing in vector registers; a call from anywhere else would destroy them (measured with gdb 13).
_PLACES = ("PyErr_CheckSignals", "PyMem_Malloc", "PyMem_Free", "PyCallable_Check")
_DONE = "memgui-queued"
# Before, gdb has too little room for the registers of AMX and cannot set any in order to call a function.
_KNOWS_AMX = 14


def script(text: str) -> str:
    """Commands for gdb that queue `text` at the next of `_PLACES`."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    lines = [
        "set pagination off",
        "set confirm off",
        "set unwindonsignal on",
        # Reading the symbols of every library that torch brings takes gdb seconds.
        "sharedlibrary libpython",
        *(f"break {place}" for place in _PLACES),
        f"commands 1-{len(_PLACES)}",
        "silent",
        "disable breakpoints",
        "delete breakpoints",
        f'set $answer = (int) Py_AddPendingCall(&PyRun_SimpleString, (void*) "{quoted}")',
        f'printf "{_DONE} %d\\n", $answer',
        "end",
        "continue",
        "detach",
        "quit",
    ]
    return "\n".join(lines) + "\n"


def send(pid: int, text: str) -> None:
    """Let the process run `text` at its next safe moment.

    Raises:
        Refused: there is no gdb, it is too old for the processor, or the queue of pending calls is full.
        Unreachable: no thread of the process came to a place where that is safe.
        Problem: gdb failed.
    """
    why_not = unavailable()
    if why_not is not None:
        raise Refused(why_not, f"install gdb {_KNOWS_AMX} or newer, or leave out the method to use another")
    # A file: from a pipe gdb takes the lines of `commands` for its own.
    with tempfile.NamedTemporaryFile("w", suffix=".gdb", encoding="ascii") as commands:
        commands.write(script(text))
        commands.flush()
        said = _run(
            [
                "gdb",
                "-q",
                "-nx",
                "-nw",
                "-batch",
                "-iex",
                "set auto-solib-add off",
                "-p",
                str(pid),
                "-x",
                commands.name,
            ],
            pid,
        )
    if f"{_DONE} 0" in said:
        return
    if _DONE in said:
        raise Refused(f"Python's queue of pending calls in process {pid} is full", "try again later")
    raise Problem(
        f"gdb could not bring the agent into process {pid}: {_complaint(said)}", "leave out the method to use another"
    )


def unavailable() -> str | None:
    """Why there is no gdb here that can be used; None where there is."""
    program = shutil.which("gdb")
    if program is None:
        return "there is no gdb on this machine"
    said = subprocess.run([program, "-nx", "--version"], capture_output=True, text=True, check=False).stdout
    return obstacle(said, processor())


def obstacle(version: str, processor: str) -> str | None:
    """Why this gdb cannot call a function of a process on this processor; None where it can.

    Args:
        version: what `gdb --version` says.
        processor: what /proc/cpuinfo says.
    """
    found = re.search(r"(\d+)\.\S*$", version.partition("\n")[0])
    if found is None or int(found[1]) >= _KNOWS_AMX or "amx_tile" not in processor:
        return None
    return f"gdb {found[1]} cannot call functions on a processor with AMX: it does not know these registers"


def processor() -> str:
    """What the system says of it."""
    return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")


def _complaint(said: str) -> str:
    """The line in which gdb says what was wrong: after «Error in sourced command file», else the last."""
    lines = said.strip().splitlines() or ["no output"]
    after = [line for above, line in zip(lines, lines[1:], strict=False) if "Error in sourced command file" in above]
    return (after or lines)[-1]


def _run(command: list[str], pid: int) -> str:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        return process.communicate(timeout=_TIMEOUT_S)[0]
    except subprocess.TimeoutExpired:
        # SIGTERM lets gdb take out its breakpoints and detach; killed, it would leave them in the code.
        process.terminate()
        process.communicate()
        raise Unreachable(
            f"no thread of process {pid} came to a safe place within {_TIMEOUT_S:g} s",
            "wait until it works again, then try again",
        ) from None
