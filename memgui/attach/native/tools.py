"""Which native leak tools are installed here, where, and how to get those that are not. Any thread."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from memgui.protocol.errors import BadInput, Problem

MEMRAY, VALGRIND, LSAN, ASAN, HEAPTRACK = "memray", "valgrind", "lsan", "asan", "heaptrack"
TITLES: Mapping[str, str] = {
    MEMRAY: "memray",
    VALGRIND: "valgrind",
    LSAN: "LeakSanitizer",
    ASAN: "AddressSanitizer",
    HEAPTRACK: "heaptrack",
}

_LIBRARY_FOLDERS = ("/usr/lib/*-linux-gnu*", "/usr/lib64", "/usr/lib", "/lib/*-linux-gnu*", "/usr/lib/gcc/*/*")
_CLANG_ASAN = "usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.asan-*.so"

# gcc brings the libraries of its sanitizers where they are no packages of their own.
_INSTALL: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "debian": ("sudo apt-get install", {LSAN: "gcc", ASAN: "gcc"}),
    "ubuntu": ("sudo apt-get install", {LSAN: "gcc", ASAN: "gcc"}),
    "fedora": ("sudo dnf install", {LSAN: "liblsan", ASAN: "libasan"}),
    "rhel": ("sudo dnf install", {LSAN: "liblsan", ASAN: "libasan"}),
    "arch": ("sudo pacman -S", {LSAN: "gcc-libs", ASAN: "gcc-libs"}),
    "suse": ("sudo zypper install", {LSAN: "gcc", ASAN: "gcc"}),
    "alpine": ("sudo apk add", {}),
}


@dataclass(frozen=True)
class Tool:
    """A tool that is installed: `path` is its program, or the library that is preloaded; empty for memray."""

    name: str
    path: str = ""


def find_tool(name: str, python: str = sys.executable, root: str = "/") -> Tool:
    """Where a tool is.

    Args:
        python: the interpreter of the program, which memray has to be installed for.
        root: of the file system, for tests.

    Raises:
        Problem: it is not installed; the next step says how to install it on this distribution.
        BadInput: there is no tool of that name.
    """
    if name not in TITLES:
        raise BadInput(f"there is no tool {name}", f"the tools are {', '.join(TITLES)}")
    if name == MEMRAY:
        path: str | None = "" if _has_memray(python) else None
    elif name in (LSAN, ASAN):
        path = _sanitizer(name, root)
    else:
        path = shutil.which(name)
    if path is None:
        raise Problem(f"{TITLES[name]} is not installed here", f"install it with: {how_to_install(name, python, root)}")
    return Tool(name, path)


def installed(python: str = sys.executable) -> dict[str, str]:
    """Each tool with an empty text where it is there, and the command that installs it where it is not."""
    found = {}
    for name in TITLES:
        try:
            find_tool(name, python)
        except Problem:
            found[name] = how_to_install(name, python)
        else:
            found[name] = ""
    return found


def how_to_install(name: str, python: str = sys.executable, root: str = "/") -> str:
    """The command that installs a tool on this distribution."""
    if name == MEMRAY:
        return f"{python} -m pip install memray"
    for distribution in _distributions(root):
        for known, (command, packages) in _INSTALL.items():
            if distribution.startswith(known):
                return f"{command} {packages.get(name, name)}"
    package = "gcc, which brings lib" + name if name in (LSAN, ASAN) else name
    return f"your package manager; the package is called {package}"


def _distributions(root: str) -> list[str]:
    """This distribution and those that it is made from."""
    try:
        text = Path(root, "etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return []
    words = re.findall(r'^ID(?:_LIKE)?="?([^"\n]*)"?$', text, re.MULTILINE)
    return " ".join(words).replace("opensuse", "suse").split()


def _has_memray(python: str) -> bool:
    if python == sys.executable:
        return importlib.util.find_spec("memray") is not None
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('memray') is None)"
    try:
        return subprocess.run([python, "-c", code], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _sanitizer(name: str, root: str) -> str | None:
    """The library to preload: gcc's, or clang's, which has AddressSanitizer only."""
    found = [path for folder in _LIBRARY_FOLDERS for path in Path(root).glob(f"{folder[1:]}/lib{name}.so*")]
    found = [path for path in found if _is_library(path)]
    if not found and name == ASAN:
        found = [path for path in Path(root).glob(_CLANG_ASAN) if os.uname().machine in path.name]
    # The newest; a name without a number may be a linker script.
    return str(max(found, key=_number)) if found else None


def _is_library(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"\x7fELF"
    except OSError:
        return False


def _number(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", path.name.partition(".so")[2]))
