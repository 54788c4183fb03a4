"""What runs inside the target: loads the package `memgui` from its own folder and starts the agent.

This file is executed by its text, on a thread of its own, in interpreters that know nothing of memgui; it needs the
standard library only, and syntax that Python 3.8 reads. Nothing that goes wrong here may reach the training.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import pathlib
import sys
import threading
import time
from typing import Any

# Training that runs beside us waits for the interpreter lock while we hold it, so we hold it in small pieces: to import
# the agent costs some 20 ms, which would otherwise all fall into one training step.
_PIECE_S = 0.001
_REST_S = 0.02


def load_agent(folder: str) -> Any:
    """The module `memgui.agent`, from the package in `folder` unless a memgui is imported already.

    `sys.path` is not touched: what the target imports by itself stays what it was.
    """
    if "memgui" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "memgui", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
        )
        assert spec is not None
        assert spec.loader is not None
        package = importlib.util.module_from_spec(spec)
        sys.modules["memgui"] = package
        try:
            spec.loader.exec_module(package)
        except BaseException:
            sys.modules.pop("memgui", None)
            raise
    return importlib.import_module("memgui.agent")


def start_agent(folder: str, directory: str | None = None) -> None:
    """Load the agent and start it; its socket goes into `directory`, None for the target's own choice."""
    agent = load_agent(folder)
    # Whoever attaches has chosen this very process, also where it is another one's worker.
    if directory is None:
        agent.start(in_worker=True)
    else:
        agent.start(in_worker=True, directory=pathlib.Path(directory))


def arrive(folder: str, directory: str | None, report: str) -> None:
    """`start_agent`, with what goes wrong written to the file `report` instead of raised."""
    pace = Pace()
    sys.meta_path.insert(0, pace)
    try:
        start_agent(folder, directory)
    except BaseException as error:  # noqa: BLE001 - the boundary to a stranger's process
        write_report(report, error)
    finally:
        sys.meta_path.remove(pace)


class Pace:
    """Finds no module; rests between the imports of the thread that made it, once it has worked for a while.

    Only before modules of memgui: the locks of other modules are nothing to sleep with.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._rested_s = time.thread_time()

    def find_spec(self, name: str, path: Any, target: Any = None) -> None:
        """Called by the import system before each module that is new."""
        if not name.startswith("memgui.") or threading.get_ident() != self._thread:
            return
        if time.thread_time() - self._rested_s > _PIECE_S:
            time.sleep(_REST_S)
            self._rested_s = time.thread_time()


def write_report(path: str, error: BaseException) -> None:
    """Leave the reason of a failure where whoever attaches looks for it; the file appears complete."""
    import traceback

    try:
        # The directory may be what failed, or not have been made yet.
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        body = {
            "error": "%s: %s" % (type(error).__name__, error),  # noqa: UP031 - also read by 3.8
            "traceback": traceback.format_exc(),
            "python": sys.version.split()[0],
            "executable": sys.executable,
        }
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(body, file)
        os.replace(path + ".new", path)
    except Exception:  # noqa: BLE001 - nobody is left to be told
        pass
