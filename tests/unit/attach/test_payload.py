from __future__ import annotations

import json
import sys
import threading
import types
from pathlib import Path

import pytest

from memgui.attach import bootstrap
from memgui.attach.payload import Landing, launch_text


def run(landing: Landing, scope: dict[str, object]) -> None:
    before = set(threading.enumerate())
    exec(compile(launch_text(landing), "<string>", "exec"), scope)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Stands in for the agent; a list of how it was started."""
    calls: list[object] = []
    module = types.ModuleType("memgui.agent")
    module.start = lambda **how: calls.append(how)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "memgui.agent", module)
    return calls


def test_the_text_starts_the_agent_and_binds_no_name(agent: list[object], tmp_path: Path) -> None:
    scope: dict[str, object] = {}
    run(Landing("/nowhere", None, str(tmp_path / "report")), scope)
    assert agent == [{"in_worker": True}]
    assert set(scope) <= {"__builtins__"}
    assert list(tmp_path.iterdir()) == []


def test_the_text_is_plain_ascii_whatever_the_folder_is_called(agent: list[object], tmp_path: Path) -> None:
    landing = Landing('/home/jürgen\'s/"π"', str(tmp_path / "ü"), str(tmp_path / "report"))
    assert launch_text(landing).isascii()
    run(landing, {})
    assert agent == [{"in_worker": True, "directory": tmp_path / "ü"}]


def test_a_failure_is_written_to_the_report_and_reaches_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "memgui.agent", None)
    report = tmp_path / "made later" / "4711.1.attach"
    run(Landing("/nowhere", None, str(report)), {})
    body = json.loads(report.read_text())
    assert "memgui.agent" in body["error"]
    assert body["python"] == sys.version.split()[0]
    assert [path.name for path in report.parent.iterdir()] == [report.name]


def test_a_report_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    bootstrap.write_report(str(tmp_path / "file" / "report"), ValueError("x"))


def test_the_package_is_loaded_from_its_folder_without_touching_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "memgui"]:
        monkeypatch.delitem(sys.modules, name)
    folder = tmp_path / "anything"
    (folder / "agent").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "agent" / "__init__.py").write_text("def start(**how): return 'mine'\n")
    path = list(sys.path)
    module = bootstrap.load_agent(str(folder))
    try:
        assert module.start() == "mine"
        assert sys.path == path
        assert bootstrap.load_agent("/nowhere") is module
    finally:
        for name in ("memgui.agent", "memgui"):
            sys.modules.pop(name, None)


def test_a_package_that_fails_leaves_no_half_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "memgui"]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / "__init__.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        bootstrap.load_agent(str(tmp_path))
    assert "memgui" not in sys.modules
