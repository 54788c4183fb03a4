"""Python 3.14 and later: `sys.remote_exec`, which asks the target to run a file at its next safe moment.

Experimental: built to the documentation, not yet run against a real 3.14.
Source: https://docs.python.org/3.14/library/sys.html#sys.remote_exec
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from memgui.attach.landing import Meeting
from memgui.attach.process import ProcessView
from memgui.protocol.errors import Refused

_TIMEOUT_S = 15.0
_CALL = "import sys; sys.remote_exec(int(sys.argv[1]), sys.argv[2])"


def send(view: ProcessView, text: str, meeting: Meeting, python: str | None = None) -> None:
    """Ask the process to run `text`.

    The caller's interpreter has to be of the target's minor version, so where it is not, the target's own program
    makes the call.

    Args:
        python: version of the target, such as "3.14"; None to always use its own program.

    Raises:
        Refused: the interpreter turned it down; the text carries its words.
        OSError: the file with the text cannot be written, or the target's program cannot be started.
    """
    inside = f"{meeting.landing.report}.py"
    outside = meeting.report.with_name(meeting.report.name + ".py")
    # Read by the target at its own time, so it stays until the process has read it: it removes the file itself.
    outside.write_text(f"import os\nos.unlink({inside!r})\ndel os\n{text}", encoding="ascii")
    outside.chmod(0o644 if view.uid() != os.getuid() else 0o600)
    call: Any = getattr(sys, "remote_exec", None)
    try:
        if call is not None and python == f"{sys.version_info[0]}.{sys.version_info[1]}":
            call(view.pid, inside)
        else:
            _call_by_its_program(view, inside)
    except BaseException:
        outside.unlink(missing_ok=True)
        raise


def _call_by_its_program(view: ProcessView, path: str) -> None:
    # A program outside the default places finds its libraries by the environment that it was started with.
    environment = {
        name: value for name, value in view.environment().items() if name in ("LD_LIBRARY_PATH", "PATH", "HOME")
    }
    ended = subprocess.run(
        [str(view.folder / "exe"), "-I", "-S", "-c", _CALL, str(view.pid), path],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if ended.returncode:
        said = (ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"])[-1]
        raise Refused(
            f"process {view.pid} does not take code by sys.remote_exec: {said}",
            "it may run with PYTHON_DISABLE_REMOTE_DEBUG; start the program with: memgui run SCRIPT",
        )
