"""A program of the corpus of leaks, run and recorded for real."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

pytest.importorskip("torch")
LEAKS = Path(__file__).parents[2] / "benchmarks" / "leaks"
if str(LEAKS) not in sys.path:
    sys.path.append(str(LEAKS))

record = import_module("record")
score = import_module("score")


def test_a_program_is_recorded_with_its_steps_and_its_truth(tmp_path):
    told = record.record(LEAKS / "programs" / "leak_outputs_kept.py", 5.0, 1, tmp_path)
    assert told.startswith("leak_outputs_kept-s1: ")
    (trace,) = score.folder_traces(tmp_path, "memgui")
    _, columns, label = trace
    assert label["leak"]
    assert label["kind"] == "tensor"
    assert 0.02e6 < label["ledger_rate"] < 5e6
    assert columns["step"][-1] > 5
    assert columns["host.anon_bytes"][-1] > 50e6
    # The first step is told when it is over, the first leak while it runs.
    assert label["t_first_step"] - 2.0 < label["onset_s"] <= label["t_first_step"] < label["length_s"]


def test_a_program_that_fails_leaves_nothing(tmp_path):
    program = tmp_path / "broken.py"
    program.write_text("raise RuntimeError('no data')\n")
    assert "nothing was written" in record.record(program, 2.0, 0, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_labels_of_one_folder_gather(tmp_path):
    record.write_label(tmp_path, "one", {"leak": True})
    record.write_label(tmp_path, "two", {"leak": False})
    assert json.loads((tmp_path / "labels.json").read_text()) == {"one": {"leak": True}, "two": {"leak": False}}
