from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memgui.attach import autostart

HOOK = Path(autostart.__file__).with_name("memgui-autostart.pth")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with a module named torch in it; afterwards everything is as before."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("MEMGUI_AUTOSTART", "1")
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    present = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "torch"}
    (tmp_path / "torch.py").write_text("import sys\nfinders = list(sys.meta_path)\nready = True\n")
    yield tmp_path
    sys.modules.pop("torch", None)
    sys.modules.update(present)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each start of the agent, whether torch was complete by then."""
    calls: list[bool] = []
    monkeypatch.setattr(autostart, "start_agent", lambda: calls.append(hasattr(sys.modules.get("torch"), "ready")))
    return calls


@pytest.mark.usefixtures("library")
def test_the_agent_starts_once_torch_is_complete_and_the_hook_is_gone(started: list[bool]) -> None:
    autostart.install()
    importlib.import_module("email")
    assert started == []
    torch = importlib.import_module("torch")
    assert started == [True]
    assert not any(isinstance(finder, autostart.TorchWaiter) for finder in [*sys.meta_path, *torch.finders])
    assert "exec_module" not in vars(torch.__spec__.loader)


def test_an_import_of_torch_that_fails_fails_as_without_us(library: Path, started: list[bool]) -> None:
    (library / "torch.py").write_text("raise OSError('no libcuda')\n")
    autostart.install()
    with pytest.raises(OSError, match="no libcuda"):
        importlib.import_module("torch")
    assert started == []


def test_a_torch_that_is_not_installed_is_not_found(library: Path, started: list[bool]) -> None:
    (library / "torch.py").unlink()
    sys.path[:] = [str(library)]
    autostart.install()
    with pytest.raises(ModuleNotFoundError, match="torch"):
        importlib.import_module("torch")
    assert started == []


def test_an_agent_that_cannot_start_costs_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "memgui.agent", None)
    autostart.start_agent()
    assert capsys.readouterr().err.startswith("memgui: the agent was not started: ")


@pytest.mark.parametrize(
    ("command", "is_launcher"),
    [
        (["python", "train.py", "torchrun"], False),
        (["python", "-m", "torch.distributed.run", "train.py"], True),
        (["python", "/usr/bin/torchrun", "--nproc-per-node=2", "train.py"], True),
        (["python", "-u", "train.py"], False),
        (["python", "-X", "dev", "-m", "torch.distributed.run"], True),
        (["python", "-c", "pass", "torchrun"], False),
        (["python"], False),
    ],
)
def test_a_program_that_only_starts_others_gets_no_agent(command: list[str], is_launcher: bool) -> None:
    assert autostart._is_launcher(command) is is_launcher


@pytest.mark.parametrize("value", [None, "", "0"])
def test_without_being_asked_the_hook_imports_nothing(value: str | None) -> None:
    environment = {key: text for key, text in os.environ.items() if key != "MEMGUI_AUTOSTART"}
    if value is not None:
        environment["MEMGUI_AUTOSTART"] = value
    told = subprocess.run(
        [sys.executable, "-I", "-c", f"{HOOK.read_text()}\nimport sys; print('memgui' in sys.modules)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert told.stdout == "False\n"


def test_the_hook_is_one_line_that_site_executes() -> None:
    (line,) = HOOK.read_text().splitlines()
    assert line.startswith("import ")
