"""Recordings as tables: reads a CSV, plain or gzip, with memgui's names of metrics or those that others use."""

from __future__ import annotations

import gzip
import io
import math
from pathlib import Path

import numpy as np

from memgui.analysis.pyramid import Floats
from memgui.analysis.signals import CENSUS
from memgui.protocol.errors import BadInput

TIME, STEP = "t_seconds", "step"
_ALLOCATED, _RESERVED = "cuda.0.allocated_bytes", "cuda.0.reserved_bytes"
# Names that other recorders use, by memgui's; the first that is there counts.
_FOREIGN = {
    "host.rss_bytes": ("rss", "rss_bytes"),
    "host.anon_bytes": ("rss_anon", "anon", "private_dirty"),
    "host.file_bytes": ("rss_file", "file"),
    "host.shmem_bytes": ("shm", "rss_shmem", "shmem"),
    "host.swap_bytes": ("swap",),
    "host.heap_used_bytes": ("heap_used",),
    "host.heap_kept_bytes": ("heap_kept",),
    "host.threads_count": ("n_threads", "threads"),
    "children.rss_bytes": ("children_rss",),
    "children.anon_bytes": ("children_anon",),
    "children.processes_count": ("n_children",),
    "python.blocks_count": ("py_blocks",),
    "python.objects_count": ("gc_objects",),
    "tensors.live_count": ("live_tensors",),
    _ALLOCATED: ("torch_allocated", "allocated"),
    _RESERVED: ("torch_reserved", "reserved"),
    "pinned.allocated_bytes": ("pinned_allocated",),
    "pinned.reserved_bytes": ("pinned_reserved",),
}


def read_table(path: Path) -> dict[str, Floats]:
    """Columns by memgui's names, NaN where a cell is empty; those that are zero throughout are left out.

    Raises:
        BadInput: the file is missing, or no such table; the text names line and column.
    """
    text = _read_text(path)
    first, _, body = text.partition("\n")
    header = [name.strip() for name in first.lstrip("\ufeff").split(",")]
    for wanted in (TIME, STEP):
        if wanted not in header:
            raise BadInput(
                f"{path}, line 1: there is no column {wanted!r}.",
                "The header is t_seconds,step and then one column a metric, in bytes or counts.",
            )
    data = _read_fast(body, len(header))
    if data is None:
        data = _read_carefully(path, body, header)
    # Whoever wrote the file may have merged parts of it.
    data = data[np.argsort(data[:, header.index(TIME)], kind="stable")]
    return known_names({name: data[:, at] for at, name in enumerate(header)})


def known_names(columns: dict[str, Floats]) -> dict[str, Floats]:
    """The columns that are understood, by memgui's names."""
    table = {name: values for name, values in columns.items() if "." in name}
    for name, others in _FOREIGN.items():
        found = next((other for other in others if other in columns), None)
        if name not in table and found is not None:
            table[name] = columns[found]
    if _RESERVED not in table and "torch_allocated" in columns and _ALLOCATED not in columns:
        # Without an allocator's reserve it is a census of the host's tensors.
        table[CENSUS] = table.pop(_ALLOCATED)
    # All zero means that there was nothing to count, such as no device.
    table = {name: values for name, values in table.items() if np.any(values != 0)}
    return {TIME: columns[TIME], STEP: columns[STEP], **table}


def _read_text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        return data.decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise BadInput(f"{path} cannot be read: {why}.", "Name a CSV with a header, plain or gzip.") from error


def _read_fast(body: str, columns: int) -> Floats | None:
    if not body.strip():
        return np.empty((0, columns))
    try:
        data = np.loadtxt(io.StringIO(body), delimiter=",", ndmin=2, comments=None)
    except ValueError:
        return None
    return data if data.shape[1] == columns else None


def _read_carefully(path: Path, body: str, header: list[str]) -> Floats:
    """Cell by cell: slower, but it takes empty cells, and knows where it is."""
    rows = []
    for line, text in enumerate(body.splitlines(), start=2):
        if not text.strip():
            continue
        cells = text.split(",")
        if len(cells) != len(header):
            raise BadInput(
                f"{path}, line {line}, column {min(len(cells), len(header))}: {len(cells)} cells, but the header has "
                f"{len(header)} columns.",
                "A recording that was cut off can be read without its last line.",
            )
        rows.append([_number(path, line, at, header[at], cell) for at, cell in enumerate(cells)])
    return np.array(rows, dtype=np.float64).reshape(-1, len(header))


def _number(path: Path, line: int, at: int, name: str, cell: str) -> float:
    try:
        return float(cell) if cell.strip() else math.nan
    except ValueError:
        raise BadInput(
            f"{path}, line {line}, column {at + 1} ({name}): {cell.strip()[:40]!r} is no number.",
            "Leave a cell empty where nothing was measured.",
        ) from None
