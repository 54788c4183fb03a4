"""The real pynvml against a driver library of our making: devices, MIG, and what is not permitted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_PID = 4242
_READ = f"""
import json
from memgui.collect.gpu import GpuReader
reader = GpuReader({_PID})
print(json.dumps([reader.unavailable, reader.read([{_PID}])]))
"""
Ask = Callable[[str], tuple[str | None, dict[str, float]]]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: install gcc")
    folder = tmp_path_factory.mktemp("nvml")
    source = Path(__file__).with_name("nvml_stub.c")
    words = [compiler, "-shared", "-fPIC", "-Wall", "-Werror", "-o", str(folder / "libnvidia-ml.so.1"), str(source)]
    subprocess.run(words, check=True)
    return folder


@pytest.fixture
def ask(library: Path) -> Ask:
    def asked(scenario: str) -> tuple[str | None, dict[str, float]]:
        environment = {
            **os.environ,
            "LD_LIBRARY_PATH": str(library),
            "NVML_STUB": scenario,
            "NVML_STUB_PID": str(_PID),
        }
        done = subprocess.run(
            [sys.executable, "-c", _READ], capture_output=True, text=True, env=environment, timeout=60
        )
        assert done.returncode == 0, done.stderr
        answer: list[Any] = json.loads(done.stdout)
        return answer[0], answer[1]

    return asked


def test_only_the_device_that_the_process_uses_is_read(ask: Ask) -> None:
    assert ask("plain") == (
        None,
        {
            "cuda.1.device_used_bytes": 2e9,
            "cuda.1.device_total_bytes": 80e9,
            "cuda.1.process_used_bytes": 5e8,
            "cuda.1.utilization_ratio": 0.37,
        },
    )


def test_a_split_device_stands_for_its_instances(ask: Ask) -> None:
    # The instance in use is the second one there is; what an instance does not tell is absent.
    assert ask("mig") == (
        None,
        {"cuda.1.device_used_bytes": 3e9, "cuda.1.device_total_bytes": 80e9, "cuda.1.process_used_bytes": 5e8},
    )


def test_where_processes_may_not_be_asked_for_the_only_device_is_read_without_them(ask: Ask) -> None:
    unavailable, values = ask("denied")
    assert unavailable is None
    assert values["cuda.0.device_used_bytes"] == 1e9
    assert "cuda.0.process_used_bytes" not in values


def test_a_size_that_the_driver_hides_is_absent_and_not_zero(ask: Ask) -> None:
    _, values = ask("hidden")
    assert values["cuda.0.device_total_bytes"] == 80e9
    assert "cuda.0.process_used_bytes" not in values


@pytest.mark.parametrize(("scenario", "words"), [("forbidden", "not permit"), ("unloaded", "not loaded")])
def test_a_driver_that_cannot_be_opened_says_why(ask: Ask, scenario: str, words: str) -> None:
    unavailable, values = ask(scenario)
    assert unavailable is not None
    assert words in unavailable
    assert values == {}
