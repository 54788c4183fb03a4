"""Finds out why the system does not let one process look into another."""

from __future__ import annotations

import os
import pwd

from memgui.attach.process import ProcessView

_CAP_SYS_PTRACE = 1 << 19
_LAUNCH = "start the program with: memgui run SCRIPT"


def refusal(view: ProcessView) -> tuple[str, str]:
    """Cause and next step, after the system answered EACCES or EPERM. Source: ptrace(2), proc(5), Yama.rst."""
    pid = view.pid
    try:
        status = view.status()
        uids = {int(part) for part in status["Uid"].split()}
        may_all = _may_trace_all(view)
        # Its folder stays its user's, the files in it do not. Source: proc(5), task_dump_owner.
        owner = (view.folder / "stat").stat().st_uid
    except (OSError, KeyError, ValueError):
        return f"process {pid} cannot be looked at", _LAUNCH
    scope = _yama_scope(view)
    if scope == 3:
        return (
            "this machine allows no process to be traced (Yama, kernel.yama.ptrace_scope is 3)",
            f"that stays so until it is started anew; {_LAUNCH}",
        )
    if may_all:
        return (
            f"a security module or a sandbox forbids looking into process {pid}",
            f"it may be in another user namespace or under AppArmor or SELinux; {_LAUNCH}",
        )
    if os.geteuid() == 0:
        return (
            f"root may not look into process {pid} here: the capability CAP_SYS_PTRACE is missing",
            f"give it to the container (docker run --cap-add=SYS_PTRACE), or {_LAUNCH}",
        )
    if uids != {os.getuid()}:
        owners = ", ".join(user_name(uid) for uid in sorted(uids))
        return (
            f"process {pid} belongs to {owners}, and you are {user_name(os.getuid())}",
            f"run memgui as that user (sudo -u {_for_sudo(min(uids))} …) or as root",
        )
    if owner != os.getuid():
        return (
            f"process {pid} has closed itself to others of the same user (PR_SET_DUMPABLE is 0, or its program may not "
            "be read or has privileges of its own)",
            f"run memgui as root, or {_LAUNCH}",
        )
    if scope == 2:
        return (
            "only root may trace processes on this machine (Yama, kernel.yama.ptrace_scope is 2)",
            f"run memgui with sudo, or {_LAUNCH}",
        )
    if scope == 1:
        return (
            "this machine lets a process be traced by its ancestors only (Yama, kernel.yama.ptrace_scope is 1)",
            f"run memgui with sudo, or allow it for now: sudo sysctl kernel.yama.ptrace_scope=0, or {_LAUNCH}",
        )
    return f"the system does not let you look into process {pid}", f"run memgui as root, or {_LAUNCH}"


def user_name(uid: int) -> str:
    """A user's name, the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _for_sudo(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"'#{uid}'"


def _may_trace_all(view: ProcessView) -> bool:
    text = (view.proc / "self" / "status").read_text()
    return any(int(line.split()[1], 16) & _CAP_SYS_PTRACE for line in text.splitlines() if line.startswith("CapEff:"))


def _yama_scope(view: ProcessView) -> int:
    try:
        return int((view.proc / "sys" / "kernel" / "yama" / "ptrace_scope").read_text())
    except (OSError, ValueError):
        return 0
