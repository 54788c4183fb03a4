"""The command line and environment that run a program under a tool. Any thread."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from memgui.attach.native.child import FOLDER_VARIABLE
from memgui.attach.native.tools import ASAN, HEAPTRACK, LSAN, MEMRAY, VALGRIND, Tool

_HERE = Path(__file__).resolve().parent
_CALLERS = 40


@dataclass(frozen=True)
class Plan:
    """How to start a program under a tool.

    Attributes:
        environment: what to add to one's own.
        folder: where the tool writes; report: the pattern of its files there.
    """

    tool: Tool
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    report: str


def make_plan(
    tool: Tool,
    program: Sequence[str],
    folder: Path,
    *,
    module: bool = False,
    python: str = sys.executable,
    deep: bool = False,
    environment: Mapping[str, str] = os.environ,
) -> Plan:
    """Plan a run.

    Args:
        program: the script or module, then its arguments.
        folder: an empty one, for what the tool writes.
        module: the first of `program` is a module's name, as for `python -m`.
        deep: sanitizers record whole stacks, which takes many times as long.
        environment: what the program's own would be.
    """
    words = [*(["-m"] if module else []), *program]
    under_child = [python, str(_HERE / "child.py"), *words]
    if tool.name == MEMRAY:
        argv = [
            python,
            "-m",
            "memray",
            "run",
            "--native",
            "--quiet",
            "--force",
            "-o",
            str(folder / "memray.bin"),
            *words,
        ]
        return Plan(tool, tuple(argv), {}, folder, "memray.bin")
    marks = {FOLDER_VARIABLE: str(folder)}
    if tool.name == HEAPTRACK:
        return Plan(tool, (tool.path, "-o", str(folder / "heaptrack"), *under_child), marks, folder, "heaptrack.*")
    # What lies in the arenas of Python's own allocator is invisible to tools that look for pointers.
    marks["PYTHONMALLOC"] = "malloc"
    if tool.name == VALGRIND:
        argv = [
            tool.path,
            "--tool=memcheck",
            "--leak-check=full",
            "--leak-check-heuristics=all",
            "--undef-value-errors=no",
            "--error-limit=no",
            f"--num-callers={_CALLERS}",
            "--child-silent-after-fork=yes",
            f"--suppressions={_HERE / 'valgrind.supp'}",
            "--xml=yes",
            f"--xml-file={folder / 'valgrind.xml'}",
            *under_child,
        ]
        return Plan(tool, tuple(argv), marks, folder, "valgrind.xml")
    return Plan(
        tool,
        tuple(under_child),
        {**marks, **_sanitizing(tool, folder, environment, deep=deep)},
        folder,
        f"{tool.name}.*",
    )


def _sanitizing(tool: Tool, folder: Path, environment: Mapping[str, str], *, deep: bool) -> dict[str, str]:
    shared = {
        "log_path": str(folder / tool.name),
        "log_exe_name": "1",
        # The exit status stays the program's own, and loader workers are not taken for broken; findings are in the log.
        "exitcode": "0",
        "detect_leaks": "1",
        "print_suppressions": "0",
        "malloc_context_size": str(_CALLERS),
        "fast_unwind_on_malloc": "0" if deep else "1",
    }
    leaks = {} if "suppressions=" in environment.get("LSAN_OPTIONS", "") else {"suppressions": str(_HERE / "lsan.supp")}
    preload = [tool.path]
    changes = {}
    if tool.name == LSAN:
        changes["LSAN_OPTIONS"] = _options(environment.get("LSAN_OPTIONS", ""), {**shared, **leaks})
    elif tool.name == ASAN:
        # A library that is built without it is the rule here, and CUDA maps memory where its shadow would be.
        rest = {"verify_asan_link_order": "0", "alloc_dealloc_mismatch": "0", "detect_odr_violation": "0",
                "protect_shadow_gap": "0"}  # fmt: skip
        changes["ASAN_OPTIONS"] = _options(environment.get("ASAN_OPTIONS", ""), {**shared, **rest})
        changes["LSAN_OPTIONS"] = _options(environment.get("LSAN_OPTIONS", ""), {**leaks, "print_suppressions": "0"})
        # Its interceptor of C++ exceptions looks for the real one when it starts, and ends a program that throws later.
        preload += _first_library("libstdc++.so.6")
    changes["LD_PRELOAD"] = " ".join([*preload, *environment.get("LD_PRELOAD", "").split()])
    if shutil.which("llvm-symbolizer") is None and "libclang_rt" in tool.path:
        changes["ASAN_OPTIONS"] += ":symbolize=0"
    return changes


def _options(own: str, wanted: Mapping[str, str]) -> str:
    """Ours after the user's: the last one of a name counts."""
    return ":".join([*([own] if own else []), *(f"{name}={value}" for name, value in wanted.items())])


def _first_library(name: str) -> list[str]:
    for folder in ("/usr/lib", "/lib", "/usr/lib64"):
        for path in (*Path(folder).glob(f"*-linux-gnu/{name}"), Path(folder, name)):
            if path.exists():
                return [str(path)]
    return []
