"""The agent in interpreters that have no memgui: loaded by its path, with the standard library only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import memgui

PACKAGE = Path(memgui.__file__).parent
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")

TARGET = """
import importlib, importlib.util, os, sys, time
before = set(sys.modules)
folder = sys.argv[1]
spec = importlib.util.spec_from_file_location(
    "memgui", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
package = importlib.util.module_from_spec(spec)
sys.modules["memgui"] = package
spec.loader.exec_module(package)
agent = importlib.import_module("memgui.agent")
path = list(sys.path)
print(agent.start(), flush=True)
for line in sys.stdin:  # each line is a training step, until the viewer has seen enough
    agent.step(tokens=1)
    if line == "mark\\n": agent.mark("here")
agent.stop()
added = set(sys.modules) - before
import json
strange = sorted(name for name in added if getattr(sys.modules.get(name), "__file__", None)
    and not name.startswith("memgui") and ("site-packages" in sys.modules[name].__file__
    or not sys.modules[name].__file__.startswith((os.path.dirname(os.__file__), sys.base_prefix))))
if hasattr(sys, "stdlib_module_names"):
    strange += sorted({name.split(".")[0] for name in added} - set(sys.stdlib_module_names) - {"memgui"})
upper = sorted(name for name in added if name.startswith("memgui.") and name.split(".")[1] not in ("agent", "protocol"))
left = os.listdir(os.environ["MEMGUI_RUNTIME_DIR"])
print(json.dumps({"strange": strange, "upper": upper, "path": sys.path == path, "left": left}))
"""


def interpreter(version: str) -> str:
    """The path of a Python of this version.

    pyenv's own folder is looked into rather than its shims, which answer for versions that are not switched on.
    """
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return getattr(sys, "_base_executable", sys.executable) or sys.executable
    roots = [Path(os.environ["PYENV_ROOT"])] if os.environ.get("PYENV_ROOT") else []
    for root in (*roots, Path.home() / ".pyenv"):
        for found in sorted(root.glob(f"versions/{version}*/bin/python")):
            return str(found)
    command = shutil.which(f"python{version}")
    if command is None or subprocess.run([command, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"this machine has no Python {version}")
    return command


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> str:
    return interpreter(request.param)


class Lines:
    """One viewer, by hand: the interpreter under test may not even share the protocol's code with it."""

    def __init__(self, path: str) -> None:
        import socket

        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.file = self.socket.makefile("rwb")

    def call(self, number: int, method: str, **params: object) -> dict[str, object]:
        self.file.write(
            json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"
        )
        self.file.flush()
        while True:
            message = json.loads(self.file.readline())
            if message.get("id") == number:
                return dict(message["result"])

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def test_the_agent_works_with_nothing_but_the_standard_library(
    python: str, tmp_path: Path, runtime_directory: Path
) -> None:
    environment = {"MEMGUI_RUNTIME_DIR": str(runtime_directory), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    target = subprocess.Popen(
        [python, "-I", "-B", "-W", "error", "-X", "dev", "-c", TARGET, str(PACKAGE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    try:
        assert target.stdout is not None
        assert target.stdin is not None
        path = target.stdout.readline().strip()
        assert path.endswith(".sock"), target.communicate()[1]
        viewer = Lines(path)
        hello = viewer.call(1, "hello", protocol=[1, 0])
        names = viewer.call(2, "subscribe", hz=20)["names"]
        samples = 0
        while samples < 3:
            message = json.loads(viewer.file.readline())
            samples += message.get("method") == "sample"
        receipt = viewer.call(3, "actions.run", action="trim_heap", when="now")
        actions = viewer.call(4, "actions.list")["actions"]
        rows = viewer.call(5, "history")["rows"]
        target.stdin.write("mark\n")
        target.stdin.flush()
        while json.loads(viewer.file.readline()).get("params", {}).get("text") != "here":
            pass
        viewer.close()
        told, errors = target.communicate(timeout=20)
    finally:
        target.kill()
        target.communicate()
    assert hello["pid"] == target.pid
    assert "host.rss_bytes" in names  # type: ignore[operator]
    assert receipt["outcome"] == "done"
    assert {"collect_garbage", "trim_heap", "diagnose", "set_pool"} <= {one["name"] for one in actions}
    assert rows
    assert json.loads(told) == {"strange": [], "upper": [], "path": True, "left": []}
    assert errors == ""
    assert target.returncode == 0
