"""Scores detectors of leaks, causally, and prints one table: memgui beside the rules that others use.

    python benchmarks/leaks/score.py FOLDER…                 recorded or generated CSVs with their labels.json
    python benchmarks/leaks/score.py --synthetic 300 --seed 7

memgui judges sample by sample, so what it said when is read off. The other rules judge what they are given: they are
asked at a grid of times, each time with the samples up to then.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import ours
import synthetic
from baselines import RULES
from verdict import Columns, Verdict

LIMIT_BYTES = 24e9
_GRID = 16
_LONG_S = 4 * 3600.0
DETECTORS: dict[str, Callable[[Columns], Verdict]] = {"memgui": ours.judge, **RULES}
Trace = tuple[str, Columns, dict[str, Any]]


@dataclass(frozen=True)
class Row:
    """How one detector did on one trace.

    Attributes:
        after_s: from the onset until the alarm that stayed; None where none did.
        growing_s: from the onset until it said that something grows, for detectors that say so.
        false_alarms: alarms on a sound run, or before the onset; `late_alarms`: those after the real growth of a sound
            run had ended.
        watched_h: hours in which any alarm would have been false.
        width: of the rate's interval, as a share of the rate.
    """

    name: str
    family: str
    leak: bool
    found: bool
    length_s: float
    after_s: float | None
    growing_s: float | None
    false_alarms: int
    late_alarms: int
    watched_h: float
    kind: str | None
    kind_right: bool | None
    rate_error: float | None
    covered: bool | None
    width: float | None
    cost_s: float


def read_csv(path: Path) -> dict[str, Any]:
    """A trace; cells that hold nothing are NaN."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        names = file.readline().strip().split(",")
        table = np.genfromtxt(file, delimiter=",", ndmin=2)
    return {name: table[:, at] for at, name in enumerate(names)}


def folder_traces(folder: Path, names: str) -> Iterator[Trace]:
    """Recorded traces with one of their two sets of names."""
    labels = json.loads((folder / "labels.json").read_text())
    for name, label in sorted(labels.items()):
        path = folder / f"{name}.csv.gz"
        columns = read_csv(path)
        both = any("." in column for column in columns) and "rss" in columns
        if both:
            wanted = names == "memgui"
            columns = {
                column: values
                for column, values in columns.items()
                if column in ("t_seconds", "step") or ("." in column) == wanted
            }
        if names == "memgui" and "accept_memgui" in label:
            label = {**label, "accept": label["accept_memgui"]}
        yield name, columns, label


def grid(length_s: float) -> list[float]:
    """When a rule is asked: every 2.5 s on a short run, ever more rarely on a long one."""
    if length_s <= 100:
        return [*np.arange(7.5, length_s, 2.5).tolist(), length_s]
    return [*np.geomspace(15.0, length_s, _GRID)[:-1].tolist(), length_s]


def prefix(columns: Columns, until_s: float) -> dict[str, Any]:
    count = int(np.searchsorted(columns["t_seconds"], until_s, side="right"))
    return {name: values[:count] for name, values in columns.items()}


def run(detector: str, trace: Trace) -> Row:
    """Score one detector on one trace."""
    name, columns, label = trace
    judge = DETECTORS[detector]
    length_s = float(columns["t_seconds"][-1])
    began = time.perf_counter()
    last = judge(columns)
    spans = [(on, off) for on, off in last.spans]
    if detector in RULES:
        spans = []
        for at in grid(length_s):
            now = last if at == length_s else judge(prefix(columns, at))
            if now.leak and (not spans or spans[-1][1] is not None):
                spans.append((at, None))
            elif not now.leak and spans and spans[-1][1] is None:
                spans[-1] = (spans[-1][0], at)
    return _row(name, label, last, spans, length_s, time.perf_counter() - began)


def _row(
    name: str,
    label: dict[str, Any],
    last: Verdict,
    spans: Sequence[tuple[float, float | None]],
    length_s: float,
    cost_s: float,
) -> Row:
    leak, onset = bool(label["leak"]), label["onset_s"]
    detected = spans[-1][0] if last.leak and spans and spans[-1][1] is None else None
    wrong = [on for on, _ in spans if not leak or on < onset]
    ended = label.get("growth_until_s") or 0.0
    found = leak and last.leak
    error = covered = width = None
    if found and last.rate is not None:
        low, high = label.get("rate_true_range") or [label["rate_bytes_per_s"]] * 2
        error = abs(last.rate / min(max(last.rate, low), high) - 1.0)
        if last.low is not None and last.high is not None:
            covered, width = last.low <= high and last.high >= low, (last.high - last.low) / last.rate
    return Row(
        name, label["family"], leak, last.leak, length_s,
        max(detected - onset, 0.0) if found and detected is not None else None,
        max(last.growing_s - onset, 0.0) if leak and last.growing_s is not None else None,
        len(wrong), 0 if leak else sum(on > ended for on in wrong),
        (min(onset, length_s) if leak else length_s) / 3600.0,
        last.kind, last.kind in label["accept"] if found else None, error, covered, width, cost_s,
    )  # fmt: skip


def summary(rows: Sequence[Row]) -> dict[str, float]:
    """The numbers of the table; NaN where there is nothing to count."""
    leaks, sound = [row for row in rows if row.leak], [row for row in rows if not row.leak]
    hits = [row for row in leaks if row.found]
    false = sum(row.found for row in sound)
    long = [row for row in rows if row.length_s >= 0.95 * _LONG_S]
    after = [row.after_s for row in hits]
    return {
        "n": len(rows), "leaks": len(leaks),
        "precision": len(hits) / (len(hits) + false) if hits or false else np.nan,
        "recall": len(hits) / len(leaks) if leaks else np.nan,
        "sound_any_alarm": _mean([row.false_alarms > 0 for row in sound]),
        "sound_late_alarm": _mean([row.late_alarms > 0 for row in sound]),
        "after_median_s": _quantile(after, 0.5), "after_90_s": _quantile(after, 0.9),
        "growing_median_s": _quantile([row.growing_s for row in leaks], 0.5),
        "rate_error_median": _quantile([row.rate_error for row in hits], 0.5),
        "rate_error_90": _quantile([row.rate_error for row in hits], 0.9),
        "covered": _mean([row.covered for row in hits]), "width_median": _quantile([row.width for row in hits], 0.5),
        "kind_right": _mean([row.kind_right for row in hits]),
        "false_alarms_per_h_long": sum(row.false_alarms for row in long) / hours if (
            hours := sum(row.watched_h for row in long)) else np.nan,
    }  # fmt: skip


def _mean(values: Iterable[bool | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def _quantile(values: Iterable[float | None], share: float) -> float:
    known = [value for value in values if value is not None]
    return float(np.quantile(known, share)) if known else float("nan")


HEAD = """\
| detector | traces | precision | recall | sound runs with any alarm | …after their growth | found after onset, median / 90 % | rate error, median / 90 % | interval covers (its width) | kind right | false alarms/h, ≥ 4 h |
|---|---|---|---|---|---|---|---|---|---|---|"""  # noqa: E501


def line(name: str, rows: Sequence[Row]) -> str:
    """One row of the table."""
    s = {key: float(value) for key, value in summary(rows).items()}
    return (
        f"| {name} | {s['n']:.0f} | {_n(s['precision'], '.2f')} | {_n(s['recall'], '.2f')} | "
        f"{_n(s['sound_any_alarm'], '.0%')} | {_n(s['sound_late_alarm'], '.0%')} | "
        f"{_n(s['after_median_s'], '.0f')} / {_n(s['after_90_s'], '.0f')} s | "
        f"{_n(s['rate_error_median'], '.1%')} / {_n(s['rate_error_90'], '.0%')} | {_n(s['covered'], '.0%')} "
        f"(±{_n(s['width_median'] / 2, '.0%')}) | "
        f"{_n(s['kind_right'], '.0%')} | {_n(s['false_alarms_per_h_long'], '.2f')} |"
    )


def _n(value: float, form: str) -> str:
    return "–" if np.isnan(value) else format(value, form)


def misses(rows: Sequence[Row]) -> str:
    """What was missed and what was falsely told, by family."""
    families: dict[tuple[bool, str], list[Row]] = {}
    for row in rows:
        families.setdefault((row.leak, row.family), []).append(row)
    missed = [
        f"{family} {sum(not row.found for row in group)}/{len(group)}"
        for (leak, family), group in sorted(families.items())
        if leak and not all(row.found for row in group)
    ]
    false = [
        f"{family} {sum(row.found for row in group)}/{len(group)}, alarms {sum(row.false_alarms for row in group)}"
        for (leak, family), group in sorted(families.items())
        if not leak and any(row.false_alarms for row in group)
    ]
    kinds: dict[str, int] = {}
    for row in rows:
        if row.kind_right is False:
            kinds[f"{row.family} as {row.kind}"] = kinds.get(f"{row.family} as {row.kind}", 0) + 1
    wrong = [f"{what} ×{count}" for what, count in sorted(kinds.items())]
    parts = (("missed", missed), ("false alarms", false), ("other kind", wrong))
    return "\n".join(f"{word}: {', '.join(found) or 'none'}" for word, found in parts)


_BY_LENGTH = ((0.0, 100.0, "60 s"), (100.0, 600.0, "2-10 min"), (600.0, 4000.0, "30 min"), (4000.0, 3e4, "4 h"),
              (3e4, 1e9, "24 h"))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--synthetic", type=int, metavar="N", default=0, help="so many generated curves")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names", choices=["short", "memgui"], default="memgui", help="which set of columns to give")
    parser.add_argument("--detector", nargs="+", choices=list(DETECTORS), default=list(DETECTORS))
    parser.add_argument("--only", help="traces whose name contains this")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--by-length", action="store_true")
    parser.add_argument("--json", action="store_true", help="one JSON document: summaries and rows by detector")
    parser.add_argument("--quick", action="store_true", help="a few generated curves, to see that it works")
    chosen = parser.parse_args()
    traces = [trace for folder in chosen.folders for trace in folder_traces(folder, chosen.names)]
    if chosen.synthetic or (chosen.quick and not traces):
        traces += synthetic.mix(12 if chosen.quick else chosen.synthetic, chosen.seed, names=chosen.names)
    traces = [trace for trace in traces if not chosen.only or chosen.only in trace[0]]
    if not traces:
        parser.error("nothing to score: name folders with a labels.json, or give --synthetic N")
    results = {name: score(name, traces, chosen.jobs) for name in chosen.detector}
    if chosen.json:
        print(json.dumps({name: {"summary": summary(rows), "rows": [asdict(row) for row in rows]}
                          for name, rows in results.items()}))  # fmt: skip
        return
    print(HEAD)
    for name, rows in results.items():
        print(line(name, rows))
        for low, high, words in _BY_LENGTH if chosen.by_length else ():
            part = [row for row in rows if low <= row.length_s < high]
            if part and len(part) < len(rows):
                print(line(f"{name}, {words}", part))
    for name, rows in list(results.items())[:1]:
        print(f"\n{name}:\n{misses(rows)}")


def score(detector: str, traces: Sequence[Trace], jobs: int = 1) -> list[Row]:
    """Rows of all traces, in their order."""
    if jobs <= 1:
        return [run(detector, trace) for trace in traces]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(run, [detector] * len(traces), traces, chunksize=4))


if __name__ == "__main__":
    main()
