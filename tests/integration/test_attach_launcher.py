"""Programs run by the launcher, beside the same programs run by python: nothing but the agent may differ."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from memgui.attach import launcher

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"

# Says everything that a program can see of how it was started.
PROGRAM = '''
"""A program."""
import json, multiprocessing, os, pickle, sys

class Thing:
    pass

def double(number):
    return 2 * number, __name__

if __name__ == "__main__":
    import __main__
    names = {name: str(value) for name, value in vars(__main__).items() if name.startswith("__")}
    for name in ("__builtins__", "__loader__", "__spec__"):
        names[name] = type(vars(__main__)[name]).__name__
    print(json.dumps([names, list(vars(__main__)), sys.argv, sys.path[0]]))
    print(pickle.loads(pickle.dumps(Thing())).__class__ is Thing, sys.modules["__main__"].Thing is Thing)
    print("tell" in os.environ and sys.stdin.readline())
    word = sys.argv[-1]
    if word == "spawn":
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.map(double, [21]))
    elif word == "raise":
        def deeper():
            raise ValueError("wrong")
        deeper()
    elif word == "cause":
        try: 1 / 0
        except ZeroDivisionError as error: raise KeyError("x") from error
    elif word == "exit": sys.exit(7)
    elif word == "words": sys.exit("some words")
    elif word == "hook":
        sys.excepthook = lambda *error: print("hook", error[0].__name__)
        raise ValueError
    elif word == "interrupt": raise KeyboardInterrupt
    elif word == "thread":
        import threading
        threading.Timer(0.1, print, ["late"]).start()
    elif word == "agent":
        socket, = os.listdir(os.environ["MEMGUI_RUNTIME_DIR"])
        assert socket.startswith(f"{os.getpid()}.") and socket.endswith(".sock"), socket
        print("agent")
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").touch()
    for name in ("program.py", "package/__main__.py", "package/part.py", "directory/__main__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PROGRAM)
    (tmp_path / "broken.py").write_text("def f(:\n    pass\n")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "link.py").symlink_to(tmp_path / "program.py")
    return tmp_path


def run(command: list[str], folder: Path) -> tuple[int, str, str]:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def both(words: list[str], folder: Path, python: str = sys.executable) -> tuple[tuple[int, str, str], ...]:
    module = words[0] == "-m"
    started = launcher.command(words[1:] if module else words, module=module, python=python)
    return run([python, *words], folder), run(started, folder)


@pytest.mark.parametrize(
    "words",
    [
        ["program.py", "--flag", "-m", "x"],
        ["./program.py"],
        ["linked/link.py"],
        ["program.py", "spawn"],
        ["program.py", "raise"],
        ["program.py", "cause"],
        ["program.py", "exit"],
        ["program.py", "words"],
        ["program.py", "hook"],
        ["program.py", "thread"],
        ["-m", "package", "raise"],
        ["-m", "package.part", "spawn"],
        ["-m", "no_such_module"],
        ["directory", "raise"],
        ["broken.py"],
        ["missing.py"],
    ],
    ids=" ".join,
)
def test_a_program_sees_and_says_what_it_does_without_us(words: list[str], folder: Path) -> None:
    by_python, by_us = both(words, folder)
    assert by_us == by_python


@pytest.mark.parametrize("python", sorted(str(path) for path in PYENV.glob("3.[19]*/bin/python3")))
def test_an_interpreter_without_memgui_runs_it_just_so(python: str, folder: Path) -> None:
    by_python, by_us = both(["program.py", "raise"], folder, python)
    assert by_us == by_python


def test_an_interrupt_ends_it_by_the_signal(folder: Path) -> None:
    (by_python, _, _), (by_us, _, said) = both(["program.py", "interrupt"], folder)
    assert by_us == by_python < 0
    assert said.endswith("KeyboardInterrupt\n")


def test_the_agent_is_inside_while_it_runs_and_its_socket_gone_afterwards(
    folder: Path, runtime_directory: Path
) -> None:
    status, said, _ = run(launcher.command(["program.py", "agent"], module=False), folder)
    assert (status, said.splitlines()[-1]) == (0, "agent")
    assert list(runtime_directory.iterdir()) == []


def test_it_can_be_named_as_a_module_as_torchrun_does(folder: Path) -> None:
    by_python = run([sys.executable, "program.py", "raise"], folder)
    by_us = run([sys.executable, "-m", "memgui.attach.launcher", "program.py", "raise"], folder)
    assert by_us == by_python


def test_a_program_runs_also_where_the_agent_cannot(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MEMGUI_RUNTIME_DIR", str(tmp_path / "file" / "x"))
    status, said, complaint = run(launcher.command(["program.py", "exit"], module=False), folder)
    assert status == 7
    assert said.count("True") >= 2
    assert complaint.startswith("memgui: the agent was not started: ")
    assert len(complaint.splitlines()) == 1


@pytest.mark.slow
def test_every_rank_of_torchrun_has_an_agent_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    script = tmp_path / "train.py"
    script.write_text(
        "import os\n"
        "names = [name for name in os.listdir(os.environ['MEMGUI_RUNTIME_DIR']) if name.endswith('.sock')]\n"
        "own = any(name.startswith(f'{os.getpid()}.') for name in names)\n"
        # In one piece: the ranks share a pipe.
        "os.write(1, f'own {own} {os.environ[\"RANK\"]} {__name__}\\n'.encode())\n"
    )
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--max-restarts=0"]
    status, said, complaint = run([*command, "-m", "memgui.attach.launcher", str(script)], tmp_path)
    assert status == 0, complaint
    assert sorted(said.split("\n")) == ["", "own True 0 __main__", "own True 1 __main__"]
