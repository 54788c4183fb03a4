"""gdb as a way in, as memray does it: used only when it is asked for by name."""

from __future__ import annotations

import shutil
import subprocess
import tempfile

from memgui.protocol.errors import Problem, Refused, Unreachable

PRICE = "attaching through gdb: every thread of the training stands still for one to several seconds"
_TIMEOUT_S = 30.0
# Functions that Python calls all the time. Where they begin, that thread holds no lock of theirs and the calling
# convention keeps nothing in vector registers; a call from anywhere else would destroy them (measured with gdb 13).
_PLACES = ("PyErr_CheckSignals", "PyMem_Malloc", "PyMem_Free", "PyCallable_Check")
_DONE = "memgui-queued"


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
        Refused: there is no gdb, or the queue of pending calls is full.
        Unreachable: no thread of the process came to a place where that is safe.
        Problem: gdb failed.
    """
    program = shutil.which("gdb")
    if program is None:
        raise Refused("there is no gdb on this machine", "install gdb, or leave out the method")
    # A file: from a pipe gdb takes the lines of `commands` for its own.
    with tempfile.NamedTemporaryFile("w", suffix=".gdb", encoding="ascii") as commands:
        commands.write(script(text))
        commands.flush()
        said = _run(
            [
                program,
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
    last = (said.strip().splitlines() or ["no output"])[-1]
    raise Problem(f"gdb could not bring the agent into process {pid}: {last}", "leave out the method to use another")


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
