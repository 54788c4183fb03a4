"""The `.pth` hook in an environment of its own: the agent comes with torch, and only where it belongs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from memgui.attach import autostart

PACKAGE = Path(autostart.__file__).parents[1]
HOOK = PACKAGE / "attach" / "memgui-autostart.pth"

AGENT = "import os; agents = os.listdir(os.environ['MEMGUI_RUNTIME_DIR']); "


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Its interpreter: memgui, the hook and a small thing called torch."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    (packages,) = folder.glob("lib/python3.*/site-packages")
    (packages / "memgui").symlink_to(PACKAGE)
    (packages / HOOK.name).write_text(HOOK.read_text())
    (packages / "torch.py").write_text("here = True\n")
    return folder / "bin" / "python"


def run(python: Path, text: str, *, asked: str = "1", script: Path | None = None) -> str:
    where = [str(script)] if script else ["-c", text]
    if script:
        script.write_text(text)
    done = subprocess.run(
        [python, *where],
        env={**os.environ, "MEMGUI_AUTOSTART": asked},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_the_agent_starts_with_torch_and_not_before(environment: Path) -> None:
    text = f"{AGENT} print(len(agents)); import torch; {AGENT} print(len(agents), torch.here, torch.__spec__.name)"
    assert run(environment, text).split("\n") == ["0", "1 True torch"]


def test_a_program_without_torch_pays_nothing(environment: Path) -> None:
    text = "import sys; print([name for name in sys.modules if 'memgui' in name and 'attach' not in name])"
    assert run(environment, text) == "['memgui']"


def test_it_stays_away_where_it_is_not_asked_for(environment: Path) -> None:
    text = f"import torch, sys; {AGENT} print(agents, 'memgui' in sys.modules)"
    assert run(environment, text, asked="0") == "[] False"


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_workers_get_no_agent(method: str, environment: Path, tmp_path: Path) -> None:
    text = f"""
import multiprocessing, os
def work(_):
    import torch
    return sorted(os.listdir(os.environ["MEMGUI_RUNTIME_DIR"]))
if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(1) as pool:
        print(pool.map(work, [0]))
"""
    assert run(environment, text, script=tmp_path / "program.py") == "[[]]"


def test_an_interpreter_whose_memgui_is_broken_starts_all_the_same(environment: Path, tmp_path: Path) -> None:
    (packages,) = environment.parents[1].glob("lib/python3.*/site-packages")
    (packages / "memgui").unlink()
    (packages / "memgui" / "attach").mkdir(parents=True)
    (packages / "memgui" / "__init__.py").touch()
    (packages / "memgui" / "attach" / "__init__.py").touch()
    (packages / "memgui" / "attach" / "autostart.py").write_text(Path(autostart.__file__).read_text())
    done = subprocess.run(
        [environment, "-c", "import torch; print('trains')"],
        env={**os.environ, "MEMGUI_AUTOSTART": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "trains\n")
    assert done.stderr.startswith("memgui: the agent was not started: ")
