"""Finds the files that are checked, and checks them. Any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from memgui.analysis.lint.check import check_file, together
from memgui.analysis.lint.options import Options
from memgui.analysis.lint.report import Report
from memgui.protocol.errors import BadInput


def python_files(paths: Sequence[Path], options: Options) -> Iterator[Path]:
    """Files that are named, whatever their name, and the .py files of folders, in order, each once.

    Raises:
        BadInput: a path does not exist.
    """
    for path in paths:
        if not path.exists():
            raise BadInput(f"there is no file or folder {path}", "give files, or folders that hold .py files")
    seen: set[Path] = set()
    for path in paths:
        for file in _below(path, options) if path.is_dir() else (path,):
            if file not in seen:
                seen.add(file)
                yield file


def check_files(
    paths: Sequence[Path], options: Options, *, asked_to_stop: Callable[[], bool] = lambda: False
) -> Report:
    """Judge files and folders.

    Raises:
        BadInput: a path does not exist.
    """
    reports = []
    for file in python_files(paths, options):
        if asked_to_stop():
            break
        reports.append(check_file(file, options.selection(file)))
    return together(reports)


def _below(folder: Path, options: Options) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise BadInput(f"{folder} cannot be read: {error.strerror}", "check its permissions") from error
    for entry in entries:
        if options.excludes(entry):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry, options)
        elif entry.suffix == ".py" and entry.is_file():
            yield entry
