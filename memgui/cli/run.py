"""`memgui run`: start a program with the agent inside."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

import click

from memgui.attach.launcher import command as launcher_command
from memgui.protocol.errors import BadInput

# What whoever runs us may send, and the program is to have.
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_TAKEN = (*_FORWARDED, signal.SIGCHLD)
_PR_SET_PDEATHSIG = 1


@click.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("-m", "module", is_flag=True, help="SCRIPT is the name of a module.")
@click.option("--black-box", metavar="DIR", type=click.Path(path_type=Path),
              help="Keep the last hours in a file there, for `memgui open` after a crash or a kill.")  # fmt: skip
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(module: bool, black_box: Path | None, script: str, arguments: tuple[str, ...]) -> None:
    """Start SCRIPT as `python SCRIPT` would, with the agent inside. Signals and exit status are the script's own.

    Under torchrun: torchrun --no-python --nproc-per-node 4 memgui run train.py
    """
    if not module and not Path(script).is_file():
        raise BadInput(f"there is no script {script}", "for a module write: memgui run -m MODULE")
    words = launcher_command([script, *arguments], module=module, python=sys.executable)
    sys.stdout.flush()
    if black_box is None:
        os.execv(words[0], words)
    os.environ["MEMGUI_BLACK_BOX"] = str(black_box.absolute())
    _end_as(_run_and_note_the_end(words, black_box))


def _run_and_note_the_end(words: list[str], directory: Path) -> int:
    """Run the program as a child, whose end only its parent is told; its wait status."""
    # All that is needed is imported now: at the end of a week another memgui may be installed.
    from memgui.collect.observer import by_status
    from memgui.protocol.black_box import append_end, boxes_of, memory_events, oom_kills

    events = memory_events()
    kills = oom_kills(events) if events is not None else None
    parent = os.getpid()
    # Signals wait for us to take them one by one; the child begins with none blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
    pid = os.fork()
    if pid == 0:
        _die_with(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.execv(words[0], words)
    status = _wait_and_forward(pid)
    now = oom_kills(events) if events is not None else None
    end = by_status(status, oom_killed=now is not None and kills is not None and now > kills)
    for box in boxes_of(directory, pid)[-1:]:
        try:
            append_end(box, asdict(end))
        except OSError as error:
            click.echo(f"memgui: {box} cannot be told how the program ended: {error.strerror}", err=True)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return status


def _wait_and_forward(pid: int) -> int:
    while True:
        came = signal.sigwaitinfo(_TAKEN)
        if came.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
        elif came.si_code <= 0:
            # Sent by a process; what the terminal sends, such as Ctrl-C, has a code of the kernel and reaches both.
            os.kill(pid, came.si_signo)


def _die_with(parent: int) -> None:
    """In the child: a kill of the parent is one of the program, as it would be without us."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _end_as(status: int) -> None:
    """End as the program did, also by its signal."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        _leave_no_core()
        os.kill(os.getpid(), number)
    sys.exit(os.WEXITSTATUS(status))


def _leave_no_core() -> None:
    """The program's core is the one that is wanted."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
