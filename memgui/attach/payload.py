"""The text that Python runs in the target on its main thread: as little as starts a thread for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Runs in a namespace of its own. The imports belong to another thread: they take milliseconds, the main thread may be
# in the middle of an import of its own, and a handler of Ctrl-C that raises must hit the training and not them.
# `threading` has to be imported here first: whichever thread imports it is taken for the main one.
_LAUNCH = """
try:
    import threading
    def run():
        try:
            scope = {"__name__": "memgui-bootstrap", "__file__": path}
            exec(compile(source, path, "exec"), scope)
            scope["arrive"](folder, directory, report)
        except BaseException:
            pass
    threading.Thread(target=run, name="memgui-attach", daemon=True).start()
except KeyboardInterrupt:
    import _thread
    _thread.interrupt_main()
except Exception:
    pass
"""
_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


@dataclass(frozen=True)
class Landing:
    """Where things are, in the target's words.

    Attributes:
        package: folder of the package `memgui`.
        directory: where the agent puts its socket; None for the target's own choice.
        report: file that tells why the agent could not start.
    """

    package: str
    directory: str | None
    report: str


def launch_text(landing: Landing) -> str:
    """One ASCII statement that binds no name in `__main__` and lets no failure of its own escape."""
    scope = {
        "source": _BOOTSTRAP.read_text(encoding="utf-8"),
        "path": str(Path(landing.package) / "attach" / "bootstrap.py"),
        "folder": landing.package,
        "directory": landing.directory,
        "report": landing.report,
    }
    return f"try: __import__('builtins').exec({_LAUNCH!a}, {scope!a})\nexcept Exception: pass\n"
