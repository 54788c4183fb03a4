"""Which processes are another Python process's workers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from memgui.agent.spawned import worker_reason

PYTHON = "/usr/bin/python3"


@pytest.mark.parametrize(
    "command",
    [
        [PYTHON, "-c", "from multiprocessing.spawn import spawn_main; spawn_main(...)", "--multiprocessing-fork"],
        [PYTHON, "-c", "from multiprocessing.forkserver import main; main(5, 6, ...)"],
        [PYTHON, "-c", "from multiprocessing.resource_tracker import main;main(4)"],
        [PYTHON, "-m", "joblib.externals.loky.backend.popen_loky_posix", "--process-name", "LokyProcess-1"],
        [PYTHON, "/site-packages/torch/_inductor/compile_worker/__main__.py", "--pickler=x"],
    ],
)
def test_workers_are_recognised_by_their_command(command: list[str]) -> None:
    assert worker_reason(command, {}) is not None


@pytest.mark.parametrize("command", [[PYTHON, "train.py", "--workers", "4"], [PYTHON, "-m", "train"], [PYTHON], []])
def test_trainings_are_none(command: list[str]) -> None:
    assert worker_reason(command, {}) is None


def test_a_process_with_a_multiprocessing_parent_is_one() -> None:
    child = {"multiprocessing.process": SimpleNamespace(parent_process=lambda: object())}
    main = {"multiprocessing.process": SimpleNamespace(parent_process=lambda: None)}
    assert worker_reason([PYTHON, "train.py"], child) is not None
    assert worker_reason([PYTHON, "train.py"], main) is None
