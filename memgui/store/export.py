"""Handing a recording on: CSV, Parquet, and a trace for ui.perfetto.dev."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from memgui.protocol.errors import BadInput
from memgui.store.opening import Recorded
from memgui.store.replay import RecordedTarget


def writer_for(path: Path) -> Callable[[Recorded, RecordedTarget, Path], None]:
    """What writes a file of that name.

    Raises:
        BadInput: by its ending it is of no kind that is known.
    """
    for ending, writer in WRITERS.items():
        if path.name.lower().endswith(ending):
            return writer
    known = ", ".join((*WRITERS, ".html", ".png", ".svg"))
    raise BadInput(f"{path} has no ending that says what to write", f"end it in one of: {known}")


def write_csv(recording: Recorded, target: RecordedTarget, path: Path) -> None:
    """One row a sample: t_seconds since the first, step, then a column a metric; what is missing is empty."""
    names = _names(recording, target)
    with _text(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["t_seconds", "step", *names])
        for t_s, step, values in _samples(recording, target):
            table.writerow(
                [f"{t_s - (target.first_s or 0.0):.3f}", step, *(_number(values.get(name)) for name in names)]
            )


def write_parquet(recording: Recorded, target: RecordedTarget, path: Path) -> None:
    """The table of `write_csv` with times of day, metrics as float64 and missing values as nulls.

    Raises:
        BadInput: pyarrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise BadInput("writing Parquet needs pyarrow", "install it with: pip install 'memgui[parquet]'") from None
    names = _names(recording, target)
    columns: dict[str, list[Any]] = {name: [] for name in ("t", "step", *names)}
    for t_s, step, values in _samples(recording, target):
        columns["t"].append(round(t_s * 1e6))
        columns["step"].append(step)
        for name in names:
            columns[name].append(values.get(name))
    types = {"t": pyarrow.timestamp("us", tz="UTC"), "step": pyarrow.int64()}
    arrays = [pyarrow.array(cells, types.get(name, pyarrow.float64())) for name, cells in columns.items()]
    parquet.write_table(pyarrow.table(arrays, names=list(columns)), path)


def write_perfetto(recording: Recorded, target: RecordedTarget, path: Path) -> None:
    """Counters and instants in the Trace Event Format, which ui.perfetto.dev opens.

    Source: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    """
    pid = int(target.key.split(".", 1)[0])
    first_s = target.first_s or 0.0
    with _text(path) as file:
        file.write('{"displayTimeUnit":"ms","traceEvents":[\n')
        file.write(json.dumps({"ph": "M", "pid": pid, "name": "process_name", "args": {"name": target.name}}))
        for t_s, step, values in _samples(recording, target):
            when = {"ph": "C", "pid": pid, "ts": round((t_s - first_s) * 1e6)}
            for name, value in {**values, "step": float(step) if step >= 0 else None}.items():
                if value is not None:
                    file.write(",\n" + json.dumps({**when, "name": name, "args": {"value": value}}))
        for event in recording.events(target):
            instant = {"ph": "i", "s": "p", "pid": pid, "tid": pid, "ts": round((event.t_s - first_s) * 1e6)}
            file.write(
                ",\n" + json.dumps({**instant, "name": event.text, "cat": event.kind, "args": {"step": event.step}})
            )
        file.write("\n]}\n")


WRITERS: Mapping[str, Callable[[Recorded, RecordedTarget, Path], None]] = {
    ".csv": write_csv,
    ".csv.gz": write_csv,
    ".parquet": write_parquet,
    ".perfetto.json": write_perfetto,
    ".json": write_perfetto,
    ".json.gz": write_perfetto,
}


def _samples(recording: Recorded, target: RecordedTarget) -> Iterator[tuple[float, int, Mapping[str, float | None]]]:
    """Time, step and values; from outside nobody knows the step, so the last one that was known stands."""
    last = -1
    for row in recording.rows(target):
        last = max(last, row.step)
        yield row.t_s, last, row.values


def _names(recording: Recorded, target: RecordedTarget) -> list[str]:
    names: dict[str, None] = {}
    for row in recording.rows(target):
        names.update(dict.fromkeys(row.values))
    return list(names)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else repr(value)


def _text(path: Path) -> IO[str]:
    try:
        if path.name.endswith(".gz"):
            return gzip.open(path, "wt", encoding="utf-8", newline="")
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
