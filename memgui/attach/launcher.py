"""Runs a program with the agent inside, and otherwise as `python` would: `launcher [-m] SCRIPT [ARGS…]`.

Works as `python -m memgui.attach.launcher` (so also under torchrun, with `-m`) and by its path in interpreters that
have no memgui installed. Runs on the main thread; the program gets the real `__main__`, so that what it pickles and
what multiprocessing spawns finds its classes there.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import os
import runpy
import sys
import traceback
import zipimport
from collections.abc import Callable, Sequence
from types import CodeType, TracebackType

_USAGE = "usage: python -m memgui.attach.launcher [-m] SCRIPT [ARGS...]"
_HERE = os.path.dirname(os.path.abspath(__file__))


def command(script_argv: Sequence[str], *, module: bool, python: str | None = None) -> list[str]:
    """The command line that runs a program with the agent inside.

    Args:
        script_argv: the script or module, then its arguments.
        module: the first of them is a module's name, as for `python -m`.
        python: interpreter; None for this one. It needs no memgui.
    """
    own = [python or sys.executable, os.path.join(_HERE, "launcher.py")]
    return [*own, *(["-m"] if module else []), *script_argv]


def main(argv: Sequence[str]) -> None:
    """Start the agent, then run the program as `__main__`; returns or raises as the program does.

    Raises:
        SystemExit: as `run_program`.
    """
    if [word for word in argv if word != "-m"]:
        _start_agent()
    run_program(argv)


def run_program(argv: Sequence[str]) -> None:
    """Run `[-m] SCRIPT [ARGS…]` as the real `__main__`; returns or raises as the program does.

    Raises:
        SystemExit: the program ended with it, raised an exception (status 1, after the traceback), or was not found.
    """
    module = bool(argv) and argv[0] == "-m"
    program = list(argv[1:] if module else argv)
    if not program:
        raise SystemExit(_USAGE)
    if module:
        _run(lambda: _run_module(program))
    elif os.path.isdir(program[0]) or _is_archive(program[0]):
        _run(lambda: _run_folder(program))
    else:
        code = _compile_script(program[0])
        _run(lambda: _run_script(code, program))


def _start_agent() -> None:
    # By path, since the interpreter may have no memgui; one that is imported already is used.
    try:
        spec = importlib.util.spec_from_file_location("_memgui_bootstrap", os.path.join(_HERE, "bootstrap.py"))
        assert spec is not None
        assert spec.loader is not None
        bootstrap = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(bootstrap)
        bootstrap.start_agent(os.path.dirname(_HERE))
    except Exception as error:  # noqa: BLE001 - the program runs with or without us
        what = str(error).replace("\n", "; ")
        sys.stderr.write(f"memgui: the agent was not started: {what or type(error).__name__}\n")


def _compile_script(path: str) -> CodeType:
    """The script's code, or python's own words and exit status where it cannot be read."""
    try:
        if path.endswith(".pyc"):
            loader = importlib.machinery.SourcelessFileLoader("__main__", path)
            code = loader.get_code("__main__")
            assert isinstance(code, CodeType)
            return code
        with io.open_code(_absolute(path)) as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(
            f"{sys.executable}: can't open file {_absolute(path)!r}: [Errno {error.errno}] {error.strerror}\n"
        )
        raise SystemExit(2) from None
    try:
        return compile(source, _absolute(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        error.__traceback__ = None
        _report(error)
        raise SystemExit(1) from None


def _absolute(path: str) -> str:
    # As python does it: nothing in it is resolved or shortened.
    return os.path.join(os.getcwd(), path)


def _run_script(code: CodeType, program: list[str]) -> None:
    path = _absolute(program[0])
    sys.argv[:] = program
    _replace_first_folder(os.path.dirname(os.path.realpath(program[0])))
    scope = _fresh_main()
    scope.update(__file__=path, __cached__=None)
    scope["__loader__"] = importlib.machinery.SourceFileLoader("__main__", path)
    exec(code, scope)


def _run_module(program: list[str]) -> None:
    sys.argv[:] = program
    _replace_first_folder(os.getcwd())
    _fresh_main()
    # What `python -m` itself calls.
    runpy._run_module_as_main(program[0], alter_argv=True)  # type: ignore[attr-defined]


def _run_folder(program: list[str]) -> None:
    sys.argv[:] = program
    _replace_first_folder(os.path.abspath(program[0]))
    _fresh_main()
    runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]


def _is_archive(path: str) -> bool:
    try:
        zipimport.zipimporter(path)
    except zipimport.ZipImportError:
        return False
    return True


def _replace_first_folder(folder: str) -> None:
    """Python has put the launcher's own folder, or the current one for `-m`, in front, unless it was told not to."""
    if getattr(sys.flags, "safe_path", False) or sys.flags.isolated:
        return
    sys.path[0] = folder


def _fresh_main() -> dict[str, object]:
    """The namespace of the real `__main__`, as it is before a script's first line."""
    scope = sys.modules["__main__"].__dict__
    kept = scope["__builtins__"]
    scope.clear()
    scope.update(
        __name__="__main__",
        __doc__=None,
        __package__=None,
        __loader__=None,
        __spec__=None,
    )
    # Until 3.13 every `__main__` had it from the start.
    if sys.version_info < (3, 14):
        scope["__annotations__"] = {}
    scope["__builtins__"] = kept
    return scope


def _run(body: Callable[[], None]) -> None:
    """Run it; an exception that nobody caught is shown without our own frames, and ends the program with status 1."""
    try:
        body()
    except (SystemExit, KeyboardInterrupt):
        # The interpreter knows what to do with these: the exit status, or death by SIGINT.
        raise
    except BaseException as error:  # noqa: BLE001 - the boundary to the program
        error.__traceback__ = _without_ours(error.__traceback__)
        _report(error)
        raise SystemExit(1) from None


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return trace


def _report(error: BaseException) -> None:
    """As the interpreter does it: by the hook, which the program may have replaced."""
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception as failed:  # noqa: BLE001 - a hook of the program's
        sys.stderr.write("Error in sys.excepthook:\n")
        traceback.print_exception(type(failed), failed, failed.__traceback__)
        sys.stderr.write("\nOriginal exception was:\n")
        traceback.print_exception(type(error), error, error.__traceback__)


if __name__ == "__main__":
    # The functions must outlive `__main__`, whose namespace becomes the program's.
    if globals()["__spec__"] is None:
        specification = importlib.util.spec_from_file_location("_memgui_launcher", os.path.abspath(__file__))
        assert specification is not None
        assert specification.loader is not None
        launcher = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(launcher)
    else:
        launcher = importlib.import_module("memgui.attach.launcher")
    launcher.main(sys.argv[1:])
