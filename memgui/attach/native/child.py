"""Runs a program under a tool as `python` would, and leaves marks: `child [-m] SCRIPT [ARGS…]`.

Started by its path, in interpreters that may have no memgui; main thread. Python ends itself by SIGINT where
nobody catches a Ctrl-C, and then a sanitizer never looks; here it ends the ordinary way, with status 130. The marks
tell whether a sanitizer was loaded, and whether the program ended where it looks.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence

FOLDER_VARIABLE = "MEMGUI_NATIVE_FOLDER"
BEGUN, LOADED, ENDED = "begun", "loaded", "ended"
_INTERRUPTED = 130


def main(argv: Sequence[str]) -> None:
    """Run the program as the real `__main__`.

    Raises:
        SystemExit: as `memgui.attach.launcher.run_program`; status 130 where it was interrupted.
    """
    folder = os.environ.pop(FOLDER_VARIABLE, "")
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "launcher.py")
    specification = importlib.util.spec_from_file_location("_memgui_launcher", path)
    assert specification is not None
    assert specification.loader is not None
    launcher = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(launcher)
    own = os.getpid()
    _mark(folder, BEGUN)
    if _is_sanitized():
        _mark(folder, LOADED)
    try:
        launcher.run_program(argv)
    except KeyboardInterrupt as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, path):
            trace = trace.tb_next
        error.__traceback__ = trace
        sys.excepthook(type(error), error, trace)
        raise SystemExit(_INTERRUPTED) from None
    finally:
        # A forked worker that comes by here is another process.
        if os.getpid() == own:
            _mark(folder, ENDED)


def _mark(folder: str, name: str) -> None:
    if folder:
        try:
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(str(os.getpid()))
        except OSError:
            pass


def _is_sanitized() -> bool:
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            return any("liblsan" in line or "libasan" in line or "libclang_rt.asan" in line for line in file)
    except OSError:
        return True


if __name__ == "__main__":
    # The functions must outlive `__main__`, whose namespace becomes the program's.
    itself = importlib.util.spec_from_file_location("_memgui_native_child", os.path.abspath(__file__))
    assert itself is not None
    assert itself.loader is not None
    module = importlib.util.module_from_spec(itself)
    itself.loader.exec_module(module)
    module.main(sys.argv[1:])
