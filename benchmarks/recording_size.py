"""What a recording takes on the disk: bytes a value, beside CSV, Parquet and plain tables of SQLite.

    python benchmarks/recording_size.py [--seconds 60] [--quick] [--json]

The demo's training, which has loader workers, evaluations, checkpoints and a leak, is watched for a while as the window
does it. Stretches of what came, drawn at random, are put together to a day at one sample a second, and to as many
samples at ten a second, which change less from one to the next. Every format writes the same values; processor time is
that of writing, and the size is what all of its files take.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from memgui.cli.demo import training
from memgui.cli.live import Live
from memgui.store.recording import RecordingFile
from memgui.store.timeline import Row

DAY_ROWS = 86_400
STRETCH_ROWS = 60
# A recorder commits once a second.
COMMIT_ROWS = {1.0: 1, 10.0: 10}
ALLOWED_BYTES = 0.7
START_S = 1_780_000_000.0
Table = tuple[list[str], list[Row]]


def watched(seconds: float) -> list[Row]:
    """What came of a training, ten times a second."""
    rows: list[Row] = []
    with training("history", None, quiet=True) as process, Live(process.pid) as live:
        began = time.monotonic()
        while len(rows) < 10 * seconds and time.monotonic() < began + 4 * seconds + 60:
            for batch in live.batches(time.monotonic() + 1.0):
                # Before the first step the program only imports.
                rows += [row for row in batch.rows if row.step > 0]
    return rows


def day(rows: list[Row], hz: float, count: int) -> Table:
    """So many rows at that rate, out of stretches of what was seen ten times a second."""
    names = sorted({name for row in rows for name in row.values})
    draw = np.random.default_rng(1)
    stride = round(10 / hz)
    made: list[Row] = []
    step = 0
    while len(made) < count:
        first = int(draw.integers(len(rows)))
        picked = [rows[(first + at * stride) % len(rows)] for at in range(STRETCH_ROWS)]
        for before, row in zip([picked[0], *picked], picked, strict=False):
            step += max(0, row.step - before.step)
            made.append(Row(START_S + len(made) / hz + float(draw.normal(0, 0.002)), step, row.values))
    return names, made[:count]


def write_memgui(table: Table, folder: Path, commit_rows: int) -> None:
    with RecordingFile(folder / "run.memgui", version="bench") as file:
        for first in range(0, len(table[1]), commit_rows):
            file.rows("1.1", table[1][first : first + commit_rows])
            file.commit()


def write_csv(table: Table, folder: Path, _commit_rows: int) -> None:
    names, rows = table
    with (folder / "run.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["t_seconds", "step", *names])
        writer.writerows([row.t_s, row.step, *map(row.values.get, names)] for row in rows)


def write_parquet(table: Table, folder: Path, _commit_rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names, rows = table
    columns = {"t_seconds": [row.t_s for row in rows], "step": [row.step for row in rows]}
    columns.update({name: [row.values.get(name) for row in rows] for name in names})
    pq.write_table(pa.table(columns), folder / "run.parquet", compression="zstd")


def write_wide(table: Table, folder: Path, commit_rows: int) -> None:
    names, rows = table
    columns = ", ".join(f'"{name}"' for name in ("t_s", "step", *names))
    _insert(
        folder, commit_rows, f"CREATE TABLE sample ({columns})",
        f"INSERT INTO sample VALUES ({', '.join('?' * (len(names) + 2))})",
        [[(row.t_s, row.step, *map(row.values.get, names))] for row in rows],
    )  # fmt: skip


def write_narrow(table: Table, folder: Path, commit_rows: int) -> None:
    number = {name: at for at, name in enumerate(table[0])}
    _insert(
        folder, commit_rows, "CREATE TABLE sample (t_s, step, metric, value)", "INSERT INTO sample VALUES (?, ?, ?, ?)",
        [[(row.t_s, row.step, number[name], value) for name, value in row.values.items()] for row in table[1]],
    )  # fmt: skip


def _insert(folder: Path, commit_rows: int, create: str, insert: str, rows: list[list[tuple[object, ...]]]) -> None:
    database = sqlite3.connect(folder / "run.sqlite")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=NORMAL")
    database.execute(create)
    for first in range(0, len(rows), commit_rows):
        for lot in rows[first : first + commit_rows]:
            database.executemany(insert, lot)
        database.commit()
    database.close()


FORMATS: dict[str, Callable[[Table, Path, int], None]] = {
    "memgui": write_memgui,
    "Parquet, zstd, written at once": write_parquet,
    "CSV": write_csv,
    "SQLite, a row a sample": write_wide,
    "SQLite, a row a value": write_narrow,
}


def measure(table: Table, hz: float, write: Callable[[Table, Path, int], None]) -> dict[str, float]:
    """Size and cost of one format."""
    values = sum(len(row.values) for row in table[1])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        began = time.process_time()
        write(table, folder, COMMIT_ROWS[hz])
        spent_s = time.process_time() - began
        size = sum(file.stat().st_size for file in folder.iterdir())
    return {
        "bytes": size, "values": values, "bytes_per_value": size / values, "us_per_row": spent_s / len(table[1]) * 1e6,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60.0, help="to watch the training")
    parser.add_argument("--quick", action="store_true", help="a short look, and an hour in place of a day")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    chosen = parser.parse_args()
    seen = watched(1.0 if chosen.quick else chosen.seconds)
    if not seen:
        sys.exit("no sample came of the training")
    results: dict[str, dict[str, dict[str, float]]] = {}
    for hz in COMMIT_ROWS:
        table = day(seen, hz, 1000 if chosen.quick else DAY_ROWS)
        results[f"{hz:g} Hz"] = {
            name: measure(table, hz, write)
            for name, write in FORMATS.items()
            if "Parquet" not in name or importlib.util.find_spec("pyarrow") is not None
        }
    if chosen.json:
        print(json.dumps(results))
        return
    for rate, formats in results.items():
        ours = formats["memgui"]["bytes_per_value"]
        print(f"{formats['memgui']['values']:.0f} values at {rate}, allowed {ALLOWED_BYTES} bytes a value:")
        for name, row in formats.items():
            print(
                f"    {name:32}{row['bytes_per_value']:7.2f} bytes a value, {row['bytes_per_value'] / ours:6.1f} ×"
                f"{row['us_per_row']:8.0f} µs a sample"
            )


if __name__ == "__main__":
    main()
