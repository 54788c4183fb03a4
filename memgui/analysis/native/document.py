"""A report as the JSON document of `memgui native … --json`, and back. Any thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memgui.analysis.native.model import KINDS, Fault, Frame, Leak, Report
from memgui.analysis.native.sites import has_findings, sites


class _Frames:
    """Each frame once, so that a report of ten thousand stacks stays small in memory."""

    def __init__(self) -> None:
        self._made: dict[Frame, dict[str, Any]] = {}

    def one(self, frame: Frame) -> dict[str, Any]:
        """A frame's dictionary; not to be changed, since stacks share it."""
        if frame not in self._made:
            self._made[frame] = {
                "function": frame.function,
                "file": frame.file,
                "line": frame.line,
                "module": frame.module,
                "python": frame.is_python,
            }
        return self._made[frame]

    def stack(self, stack: tuple[Frame, ...]) -> list[dict[str, Any]]:
        """A stack, innermost call first."""
        return [self.one(frame) for frame in stack]


def to_document(report: Report) -> dict[str, Any]:
    """The whole report; `sites` groups `leaks` by the call that took the memory, both the largest first."""
    frames = _Frames()
    return {
        "tool": report.tool,
        "version": report.version,
        "command": report.command,
        "pid": report.pid,
        "complete": report.is_complete,
        "findings": has_findings(report),
        "total_bytes": report.total_bytes,
        "total_count": report.total_count,
        "kinds": {kind: size for kind in KINDS if (size := _bytes_of(report, kind))},
        "sites": [
            {
                **frames.one(site.frame),
                "bytes": site.bytes,
                "count": site.count,
                "kinds": dict(site.kinds),
                "finding": site.is_finding,
                "called_from": frames.one(site.caller) if site.caller else None,
            }
            for site in sites(report)
        ],
        "leaks": [
            {"bytes": leak.bytes, "count": leak.count, "kind": leak.kind, "stack": frames.stack(leak.stack)}
            for leak in report.leaks
        ],
        "faults": [
            {"kind": fault.kind, "text": fault.text, "count": fault.count, "stack": frames.stack(fault.stack)}
            for fault in report.faults
        ],
        "warnings": list(report.warnings),
    }


def _bytes_of(report: Report, kind: str) -> int:
    return sum(leak.bytes for leak in report.leaks if leak.kind == kind)


def from_document(document: Mapping[str, Any]) -> Report:
    """The report that a document was made of.

    Raises:
        KeyError, TypeError: it is none.
    """
    known: dict[tuple[Any, ...], Frame] = {}

    def stack(calls: list[dict[str, Any]]) -> tuple[Frame, ...]:
        frames = []
        for call in calls:
            key = (call["function"], call["file"], call["line"], call["module"], call["python"])
            if key not in known:
                known[key] = Frame(*key)
            frames.append(known[key])
        return tuple(frames)

    return Report(
        document["tool"],
        tuple(Leak(one["bytes"], one["count"], one["kind"], stack(one["stack"])) for one in document["leaks"]),
        tuple(Fault(one["kind"], one["text"], one["count"], stack(one["stack"])) for one in document["faults"]),
        document["version"],
        document["command"],
        document["pid"],
        tuple(document["warnings"]),
        document["complete"],
    )
