"""Reading what an agent has left of itself: a black box, as if it were a recording of one process."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from memgui.collect.endings import LastSeen, is_alive, reason_of_end
from memgui.protocol import black_box as form
from memgui.protocol.errors import BadInput
from memgui.store.events import MarkedEvent
from memgui.store.replay import RecordedTarget
from memgui.store.timeline import Row


class BlackBoxFile:
    """A black box that is read; it has what a `Recording` has.

    Raises:
        BadInput: there is no such file, it is something else, of a later version, or it was left before its first
            words.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        records = form.read(path)
        self._about: Mapping[str, Any] = {}
        self._ends: list[Mapping[str, Any]] = []
        self._notes: list[Mapping[str, Any]] = []
        self._tiers: dict[int, list[tuple[float, int, bytes]]] = {form.SAMPLE: [], form.SECOND: [], form.MINUTE: []}
        try:
            for record in records:
                self._take(record)
        except (ValueError, struct.error) as error:
            raise BadInput(f"{path} is damaged: {error}") from error
        if "hello" not in self._about:
            raise BadInput(f"{path} holds nothing yet", "its process ended within the first second, or just began")
        hello = self._about["hello"]
        # The wall clock of the process, tied to the monotonic one that its rows are counted by.
        self._wall_s = float(hello["time_s"]) - float(hello["monotonic_s"])
        self._names: tuple[str, ...] = tuple(self._about["names"])

    def __enter__(self) -> BlackBoxFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Nothing is held open."""

    @property
    def is_growing(self) -> bool:
        """Its process still runs, and writes."""
        return not self._ends and is_alive(self._last_seen())

    @property
    def targets(self) -> tuple[RecordedTarget, ...]:
        """The one process."""
        hello = dict(self._about["hello"])
        rows = list(self._rows())
        facts = {**hello, "black_box": True}
        if not self.is_growing:
            facts["end"] = self._end()
        key = f"{hello['pid']}.{hello['start_time']}"
        first, last = (rows[0][1], rows[-1][1]) if rows else (None, None)
        return (RecordedTarget(1, key, facts, self._unix(first), self._unix(last), len(rows)),)

    def rows(self, _target: RecordedTarget, after_s: float | None = None) -> Iterator[Row]:
        """Its readings, oldest first; what is old as summaries."""
        for kind, t_s, step, cells in self._rows():
            at_s = t_s + self._wall_s
            if after_s is not None and at_s <= after_s:
                continue
            if kind == form.SAMPLE:
                yield Row(at_s, step, self._named(np.frombuffer(cells, "<f8")))
            else:
                parts = np.frombuffer(cells, "<f4").astype(np.float64).reshape(-1, 3).T
                values, low, high = (self._named(part) for part in parts)
                yield Row(at_s, step, values, low, high)

    def events(self, _target: RecordedTarget) -> tuple[MarkedEvent, ...]:
        """What happened in it, oldest first."""
        made = [
            MarkedEvent(
                float(note["t_s"]) + self._wall_s,
                str(note["kind"]),
                str(note["text"]),
                int(note.get("step", -1)),
                note.get("data", {}),
            )
            for note in self._notes
        ]
        return tuple(sorted(made, key=lambda event: event.t_s))

    def findings(self, _target: RecordedTarget) -> tuple[tuple[float, Mapping[str, Any]], ...]:
        """Nobody looked while it was written."""
        return ()

    # ---- inside --------------------------------------------------------------------------------------------------

    def _take(self, record: form.Record) -> None:
        if record.kind == form.ABOUT:
            self._about = json.loads(record.body)
        elif record.kind == form.END:
            self._ends.append(json.loads(record.body))
        elif record.kind == form.EVENT:
            self._notes.append(json.loads(record.body))
        elif record.kind in self._tiers:
            self._tiers[record.kind].append(form.unpack_row(record.body))

    def _rows(self) -> Iterator[tuple[int, float, int, bytes]]:
        """Each moment by its finest row; summaries stand for what the finer region has overwritten."""
        rows: list[tuple[int, float, int, bytes]] = [(form.SAMPLE, *row) for row in self._tiers[form.SAMPLE]]
        for kind in (form.SECOND, form.MINUTE):
            tier = self._tiers[kind]
            before = sum(row[0] < rows[0][1] for row in tier) if rows else 0
            if before:
                # The next one reaches into the finer rows, and may hold some that are gone.
                before = min(before + 1, len(tier))
                until_s = tier[before - 1][0]
                rows = [(kind, *row) for row in tier[:before]] + [row for row in rows if row[1] > until_s]
        yield from rows

    def _unix(self, t_s: float | None) -> float | None:
        return None if t_s is None else t_s + self._wall_s

    def _named(self, cells: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float | None]:
        # Names are only ever added, so a row of few cells has the first of them.
        return {name: float(cell) for name, cell in zip(self._names, cells, strict=False) if cell == cell}

    def _last_seen(self) -> LastSeen:
        hello = self._about["hello"]
        newest = max((tier[-1][0] for tier in self._tiers.values() if tier), default=float(hello["monotonic_s"]))
        return LastSeen(
            int(hello["pid"]),
            int(hello["start_time"]),
            str(self._about.get("boot_id", "")),
            newest,
            self._about.get("oom_kills"),
            self._about.get("oom_file"),
        )

    def _end(self) -> dict[str, str]:
        """By its parent, who knows the exit status; by its own goodbye; or by what the kernel tells."""
        told = {str(end.get("kind")): end for end in self._ends}
        goodbye = told.pop("ended", None)
        why = str(goodbye.get("reason") or "") if goodbye is not None else ""
        if told:
            end = next(reversed(told.values()))
            text = str(end.get("text", ""))
            return {"kind": str(end["kind"]), "text": f"{text} ({why})" if why else text}
        if goodbye is not None:
            return {"kind": "exited", "text": f"ended by {why}" if why else "ended in order"}
        return asdict(reason_of_end(self._last_seen()))
