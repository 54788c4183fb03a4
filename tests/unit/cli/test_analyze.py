"""`memgui analyze`: its document, its words, its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from memgui.cli import main
from memgui.store.events import MarkedEvent
from memgui.store.recording import RecordingFile
from memgui.store.timeline import Row

MIB = 2**20
KEYS = {"leak", "kind", "metric", "rate_bytes_per_s", "rate_low", "rate_high", "rate_bytes_per_step", "detected_at_s",
        "eta_s", "alarms", "findings"}  # fmt: skip


def _recording(folder: Path, rate: float) -> str:
    path = folder / "run.csv"
    lines = ["t_seconds,step,rss,rss_anon,n_threads"]
    for t in np.arange(0.0, 60.0, 0.1):
        anon = 400 * MIB + rate * MIB * max(t - 5.0, 0.0)
        lines.append(f"{t:.3f},{int((t - 5) * 20) if t > 5 else -1},{anon + 9e7:.0f},{anon:.0f},4")
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_leak_is_told_with_rate_interval_and_time_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", "--json", _recording(tmp_path, 2.0)]) == 1
    document = json.loads(capsys.readouterr().out)
    assert set(document) >= KEYS
    assert (document["leak"], document["metric"], document["kind"]) == (True, "host.anon_bytes", "native")
    assert document["rate_low"] <= 2 * MIB <= document["rate_high"]
    assert document["rate_bytes_per_step"] == pytest.approx(2 * MIB / 20, rel=0.03)
    assert 5 < document["detected_at_s"] < 35
    assert document["alarms"] == [[document["detected_at_s"], None]]
    assert document["eta_s"] == pytest.approx(23.5e9 / (2 * MIB), rel=0.03)


def test_nothing_is_said_as_such_and_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _recording(tmp_path, 0.0)
    assert main(["analyze", "--json", path]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["leak"] is False
    assert document["detected_at_s"] is None
    assert document["alarms"] == document["findings"] == []
    assert main(["analyze", path]) == 0
    assert capsys.readouterr().out == "Nothing grows.\n"


def test_people_read_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", _recording(tmp_path, 2.0)]) == 1
    told = capsys.readouterr().out
    assert "per step" in told
    assert "First said" in told


def test_what_is_slow_for_the_horizon_is_no_leak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _recording(tmp_path, 0.1)
    assert main(["analyze", "--horizon", "0.5", path]) == 0
    assert "Slow growth" in capsys.readouterr().out
    assert main(["analyze", "--horizon", "30", path]) == 1


def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("t_seconds,step,rss\n1,2,x\n", encoding="utf-8")
    assert main(["analyze", str(path)]) == 2
    assert "line 2, column 3" in capsys.readouterr().err


def test_a_recording_is_judged_with_its_limits_and_its_marks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.memgui"
    with RecordingFile(path, version="1") as file:
        for at in range(4000):
            grown = 9 * MIB * (at // 400)
            values = {
                "host.anon_bytes": 500.0 * MIB + grown,
                "machine.total_bytes": 8e9,
                "machine.available_bytes": 4e9 - grown,
            }
            file.rows("41.900", [Row(1e9 + at * 0.1, at * 2, values)])
            if at % 400 == 399:
                file.event("41.900", MarkedEvent(1e9 + at * 0.1, "mark", f"checkpoint {at // 400}", at * 2))
        file.commit()
    assert main(["analyze", "--json", str(path)]) == 1
    document = json.loads(capsys.readouterr().out)
    finding = document["findings"][0]
    assert (finding["event"], finding["limit_name"], finding["limit_bytes"]) == ("checkpoint", "machine", 8e9)
    assert 100 < document["detected_at_s"] < 300
    assert document["eta_s"] == pytest.approx(3.9e9 / (9 * MIB / 40), rel=0.1)


def _with_device(at: int) -> dict[str, float]:
    grown = 0.5 * MIB * at / 10
    return {
        "host.anon_bytes": 500.0 * MIB,
        "cuda.0.allocated_bytes": 1e9 + grown,
        "cuda.0.reserved_bytes": 2e9,
        "cuda.0.device_total_bytes": 80e9,
        "cuda.0.device_used_bytes": 20e9 + grown,
    }


@pytest.mark.parametrize("suffix", [".memgui", ".csv"])
def test_the_limit_of_a_device_is_read_from_the_recording(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    path = tmp_path / f"run{suffix}"
    samples = [(at * 0.1, at, _with_device(at)) for at in range(700)]
    if suffix == ".csv":
        lines = [",".join(map(str, (t_s, step, *values.values()))) for t_s, step, values in samples]
        path.write_text("\n".join([",".join(("t_seconds", "step", *samples[0][2])), *lines]), encoding="utf-8")
    else:
        with RecordingFile(path, version="1") as file:
            for t_s, step, values in samples:
                file.rows("41.900", [Row(1e9 + t_s, step, values)])
            file.commit()
    main(["analyze", "--json", "--limit", "4", str(path)])
    finding = json.loads(capsys.readouterr().out)["findings"][0]
    assert (finding["metric"], finding["limit_bytes"]) == ("cuda.0.allocated_bytes", 80e9)
    assert finding["eta_s"] == pytest.approx(60e9 / (0.5 * MIB), rel=0.03)
