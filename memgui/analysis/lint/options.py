"""Options of `[tool.memgui.lint]` in pyproject.toml. Reads files; frozen."""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from memgui.analysis.lint.check import Selection
from memgui.analysis.lint.rule import Settings
from memgui.analysis.lint.rules import RULES
from memgui.protocol.errors import BadInput

_UNITS = {"KB": 2**10, "MB": 2**20, "GB": 2**30, "TB": 2**40}
_ALWAYS_LEFT_OUT = (".*", "__pycache__", "node_modules", "build", "dist", "venv", "env", "site-packages")


@dataclass(frozen=True)
class Options:
    """What pyproject.toml may say; names are written with hyphens there.

    Attributes:
        select, ignore: codes of rules, or their beginnings, such as "MG0".
        exclude: patterns of `fnmatch` for paths below `root`, or for the name of a file or folder.
        per_file_ignores: codes by such a pattern.
        memory: what the machine has, such as "64 GB"; sample_size: bytes of one sample where the code does not tell.
        root: the folder that patterns are relative to.
    """

    select: tuple[str, ...] = ("MG",)
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    memory: float | None = None
    sample_size: float | None = None
    root: Path = Path()

    def selection(self, path: Path) -> Selection:
        """The rules that look at a file."""
        off = self.ignore + tuple(
            code for pattern, codes in self.per_file_ignores.items() if self.matches(path, pattern) for code in codes
        )
        rules = {code for code in RULES if code.startswith(self.select) and not (off and code.startswith(off))}
        return Selection(frozenset(rules), Settings(self.memory, self.sample_size))

    def excludes(self, path: Path) -> bool:
        """Whether a file or folder is left out when a folder is searched."""
        return any(fnmatch.fnmatch(path.name, pattern) for pattern in _ALWAYS_LEFT_OUT) or any(
            self.matches(path, pattern) for pattern in self.exclude
        )

    def matches(self, path: Path, pattern: str) -> bool:
        """Whether a pattern means a path: by its name, or by its place below `root`, with all that is in it."""
        place = os.path.relpath(path, self.root).replace(os.sep, "/")
        pattern = pattern.rstrip("/")
        return fnmatch.fnmatch(path.name, pattern) or fnmatch.fnmatch(place, pattern) or fnmatch.fnmatch(
            place, f"{pattern}/*"
        )  # fmt: skip


def find_pyproject(start: Path) -> Path | None:
    """The nearest pyproject.toml that has options for memgui, from a file or folder upwards."""
    for folder in (start.absolute(), *start.absolute().parents):
        file = folder / "pyproject.toml"
        if file.is_file() and "memgui" in file.read_text(encoding="utf-8", errors="replace"):
            return file
    return None


def read_options(file: Path) -> Options:
    """The options of a pyproject.toml.

    Raises:
        BadInput: the file cannot be read, is no TOML, or an option is unknown or of the wrong kind.
    """
    if sys.version_info >= (3, 11):  # here and not above: the window reads such a file once a page asks for it
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}", "correct it, or run with --isolated") from error
    table = document.get("tool", {}).get("memgui", {}).get("lint", {})
    if not isinstance(table, dict):
        raise BadInput(f"{file}: tool.memgui.lint is no table", "write [tool.memgui.lint]")
    return from_table(table, file)


def from_table(table: Mapping[str, Any], file: Path) -> Options:
    """Options from a table, checked.

    Raises:
        BadInput: names the option and what is allowed.
    """
    known = [item.name.replace("_", "-") for item in fields(Options) if item.name != "root"]
    values: dict[str, Any] = {"root": file.parent}
    for name, value in table.items():
        if name not in known:
            raise BadInput(f"{file}: there is no option {name}", "options: " + ", ".join(known))
        values[name.replace("-", "_")] = _read(file, name, value)
    return Options(**values)


def check_codes(codes: Iterable[str], where: str) -> tuple[str, ...]:
    """Codes, or beginnings of codes, in capitals.

    Raises:
        BadInput: one of them means no rule.
    """
    found = tuple(code.strip().upper() for code in codes if code.strip())
    for code in found:
        if not any(rule.startswith(code) for rule in RULES):
            raise BadInput(f"{where}: {code} is no rule", f"rules: MG001 to {max(RULES)}; --list shows them")
    return found


def size_of(text: str) -> float:
    """Bytes of a size such as "64 GB".

    Raises:
        ValueError: it is none.
    """
    number = text.strip().upper().removesuffix("IB").removesuffix("B")
    for unit, factor in _UNITS.items():
        if number.endswith(unit[0]):
            return float(number[:-1]) * factor
    return float(number)


def _read(file: Path, name: str, value: Any) -> Any:
    if name == "per-file-ignores":
        if not isinstance(value, dict):
            raise BadInput(f"{file}: {name} is no table", 'write "tests/*" = ["MG002"] below it')
        return {pattern: check_codes(_words(file, name, codes), f"{file}: {name}") for pattern, codes in value.items()}
    if name in ("memory", "sample-size"):
        try:
            return float(value) if isinstance(value, int | float) else size_of(str(value))
        except ValueError:
            raise BadInput(f"{file}: {name} = {value!r} is no size", 'write bytes, or "64 GB"') from None
    words = _words(file, name, value)
    return tuple(words) if name == "exclude" else check_codes(words, f"{file}: {name}")


def _words(file: Path, name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise BadInput(f"{file}: {name} is no list of texts", f'write {name} = ["…"]')
    return value
