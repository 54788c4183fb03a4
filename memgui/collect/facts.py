"""Who a process is: its script, its Python and torch, its rank."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from memgui.protocol.endpoints import process_start_time

_PYTHON = re.compile(r"python(\d)\.(\d+)")
_OPTIONS_WITH_VALUE = {"-W", "-X", "-Q", "--check-hash-based-pycs"}
_KNOWN_AT_MOST = 1000
# By /proc, pid and start time; of processes that have torch.
_known_versions: dict[tuple[Path, int, int], tuple[str | None, str | None]] = {}


@dataclass(frozen=True)
class ProcessFacts:
    """What is known of a process from outside; None where it cannot be told. `rss_bytes` is as of the reading."""

    pid: int
    start_time: int
    name: str
    script: str | None
    argv: tuple[str, ...]
    cwd: str | None
    user: str
    uid: int
    python: str | None
    torch: str | None
    parent: int | None
    rank: int | None
    local_rank: int | None
    world_size: int | None
    run_id: str | None
    rss_bytes: float


def process_facts(pid: int, proc: Path = Path("/proc")) -> ProcessFacts | None:
    """Facts of a process, None where it is gone."""
    start_time = process_start_time(pid, proc)
    if start_time is None:
        return None
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            argv = tuple(process.cmdline())
            user, uid, parent = process.username(), process.uids().real, process.ppid()
            rss = float(process.memory_info().rss)
            executable = process.name()
    except psutil.Error:
        return None
    cwd = _link(proc / str(pid) / "cwd")
    script, name = script_of(argv, executable)
    if script is not None and cwd is not None:
        script = os.path.normpath(os.path.join(cwd, script))
    python, torch = _versions(pid, start_time, proc)
    environ = _environment(pid, proc)
    ranks = ranks_of(environ)
    return ProcessFacts(
        pid, start_time, name, script, argv, cwd, user, uid, python, torch, parent, ranks["rank"], ranks["local_rank"],
        ranks["world_size"], _run_id(environ), rss,
    )  # fmt: skip


def script_of(argv: Sequence[str], executable: str) -> tuple[str | None, str]:
    """Script path and the name people use, from a command line of Python."""
    rest = list(argv[1:])
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "-c":
            return None, f"{executable} -c"
        if option == "-m" and rest:
            module = rest.pop(0)
            if module == "memgui.attach.launcher" and rest:
                return script_of(["python", *rest], executable)
            return None, f"python -m {module}"
        if option in _OPTIONS_WITH_VALUE and rest:
            rest.pop(0)
    if rest and rest[0].endswith("attach/launcher.py") and len(rest) > 1:
        return script_of(rest, executable)
    if rest and "python" in (argv[0] if argv else "") + executable:
        return rest[0], os.path.basename(rest[0])
    return None, executable


def ranks_of(environ: Mapping[str, str]) -> dict[str, int | None]:
    """Rank, local rank and world size; RANK is set by torchrun and beats the schedulers', which may name nodes."""
    names = {
        "rank": ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "JOB_COMPLETION_INDEX"),
        "local_rank": ("LOCAL_RANK", "SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK"),
        "world_size": ("WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"),
    }
    return {fact: _first_number(environ, words) for fact, words in names.items()}


def torch_version(maps: str) -> str | None:
    """Version of the torch whose library is mapped; None where none is, or its metadata cannot be read."""
    match = re.search(r"(\S*/torch)/lib/libtorch\S*\.so", maps)
    if match is None:
        return None
    for info in Path(match[1]).parent.glob("torch-*.dist-info"):
        return info.name[len("torch-") : -len(".dist-info")]
    return "unknown"


def python_version(maps: str, executable: Path) -> str | None:
    """Major and minor version, from the library that is mapped or the name of the executable."""
    match = _PYTHON.search(_link(executable) or "") or _PYTHON.search(maps)
    return f"{match[1]}.{match[2]}" if match else None


def _versions(pid: int, start_time: int, proc: Path) -> tuple[str | None, str | None]:
    """Of Python and torch; looked for anew until torch is there, since thousands of mappings are to be searched."""
    key = (proc, pid, start_time)
    known = _known_versions.get(key)
    if known is not None:
        return known
    maps = _maps(pid, proc)
    found = python_version(maps, proc / str(pid) / "exe"), torch_version(maps)
    if found[1] is not None:
        if len(_known_versions) >= _KNOWN_AT_MOST:
            _known_versions.clear()
        _known_versions[key] = found
    return found


def _run_id(environ: Mapping[str, str]) -> str | None:
    elastic = environ.get("TORCHELASTIC_RUN_ID")
    return elastic if elastic and elastic != "none" else environ.get("SLURM_JOB_ID")


def _first_number(environ: Mapping[str, str], words: Sequence[str]) -> int | None:
    return next((int(environ[word]) for word in words if environ.get(word, "").isdigit()), None)


def _maps(pid: int, proc: Path) -> str:
    try:
        return (proc / str(pid) / "maps").read_text(errors="replace")
    except OSError:
        return ""


def _environment(pid: int, proc: Path) -> dict[str, str]:
    try:
        text = (proc / str(pid) / "environ").read_bytes().decode(errors="replace")
    except OSError:
        return {}
    return dict(item.split("=", 1) for item in text.split("\0") if "=" in item)


def _link(path: Path) -> str | None:
    try:
        return os.readlink(path)
    except OSError:
        return None
