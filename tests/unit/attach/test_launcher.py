from __future__ import annotations

import sys
from pathlib import Path

import pytest

from memgui.attach import launcher


def test_the_command_runs_the_launcher_by_its_path_in_any_interpreter() -> None:
    path = str(Path(launcher.__file__))
    assert launcher.command(["train.py", "--lr", "1"], module=False, python=None) == [
        sys.executable,
        path,
        "train.py",
        "--lr",
        "1",
    ]
    assert launcher.command(["pkg.train", "-x"], module=True, python="/opt/python") == [
        "/opt/python",
        path,
        "-m",
        "pkg.train",
        "-x",
    ]


@pytest.mark.parametrize("argv", [[], ["-m"]])
def test_nothing_to_run_is_a_usage_error(argv: list[str]) -> None:
    with pytest.raises(SystemExit, match="usage"):
        launcher.main(argv)
