"""What every test gets: an own socket directory, and a look at what it left running."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples every time: a change is not refused for what another one did. `make soak` tries new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("new", derandomize=False)
settings.load_profile("same")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
for name in ("MEMGUI_AUTOSTART", "MEMGUI_BLACK_BOX", "MEMGUI_RUNTIME_DIR"):
    os.environ.pop(name, None)
# A background job of a script ignores Ctrl-C, and so would the trainings that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_runtime_directory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the agents of the machine, nor those of another test."""
    directory = tmp_path_factory.mktemp("run")
    directory.chmod(0o700)
    monkeypatch.setenv("MEMGUI_RUNTIME_DIR", str(directory))
    monkeypatch.setenv("MEMGUI_BACKUP_DIR", str(directory / "undo"))


@pytest.fixture
def runtime_directory() -> Path:
    """Where agents of this test put their sockets."""
    return Path(os.environ["MEMGUI_RUNTIME_DIR"])


@pytest.fixture(autouse=True)
def _no_thread_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that starts a thread has to end it."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    for thread in left:
        thread.join(timeout=2.0)
    names = [thread.name for thread in left if thread.is_alive()]
    assert not names, f"{request.node.nodeid} left threads running: {names}"


@pytest.fixture(autouse=True)
def _nothing_is_compiled() -> Iterator[None]:
    """What a test compiled is forgotten: the agent keeps away from a run that compiles."""
    yield
    utils = sys.modules.get("torch._dynamo.utils")
    if getattr(utils, "counters", None):
        sys.modules["torch._dynamo"].reset()
        utils.counters.clear()
