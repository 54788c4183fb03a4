"""Who this process is, for `hello`."""

from __future__ import annotations

import os
import platform
import socket
import sys
import time
from typing import Mapping, Optional, Tuple

import memgui
from memgui.agent import torch_access
from memgui.agent.steps import StepClock
from memgui.protocol.payloads import Hello
from memgui.protocol.version import PROTOCOL_VERSION

_RANK = ("RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK")
_LOCAL_RANK = ("LOCAL_RANK", "SLURM_LOCALID", "OMPI_COMM_WORLD_LOCAL_RANK")
_WORLD_SIZE = ("WORLD_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE")
_RUN_ID = ("TORCHELASTIC_RUN_ID", "SLURM_JOB_ID")


def hello(start_time: int, clock: StepClock) -> Hello:
    """The answer to `hello`, as things stand."""
    torch = torch_access.loaded("torch")
    version = getattr(torch, "__version__", None)
    step = clock.step
    return Hello(
        protocol=PROTOCOL_VERSION,
        agent_version=memgui.__version__,
        pid=os.getpid(),
        start_time=start_time,
        monotonic_s=time.monotonic(),
        time_s=time.time(),
        host=socket.gethostname(),
        name=_name(),
        argv=_argv(),
        user=_user(),
        python=platform.python_version(),
        script=_script(),
        cwd=_cwd(),
        torch=None if version is None else str(version),
        step=None if step < 0 else step,
        safe_point=clock.place,
        rank=_number(_RANK),
        local_rank=_number(_LOCAL_RANK),
        world_size=_number(_WORLD_SIZE),
        run_id=next((os.environ[name] for name in _RUN_ID if os.environ.get(name)), None),
        devices=_devices(),
    )


def _argv() -> Tuple[str, ...]:
    return tuple(str(part) for part in getattr(sys, "argv", ()))


def _script() -> Optional[str]:
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None) or (_argv() or ("",))[0]
    return os.path.abspath(file) if isinstance(file, str) and os.path.exists(file) else None


def _name() -> str:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    module = getattr(spec, "name", None)
    if isinstance(module, str) and module != "__main__" and not module.startswith("memgui."):
        return f"python -m {module[: -len('.__main__')] if module.endswith('.__main__') else module}"
    script = _script()
    if script is not None:
        return os.path.basename(script)
    first = (_argv() or ("",))[0]
    return f"python {first}" if first else "python"


def _cwd() -> Optional[str]:
    try:
        return os.getcwd()
    except OSError:  # the directory was removed
        return None


def _user() -> str:
    name = os.environ.get("USER") or os.environ.get("LOGNAME")
    if name:
        return name
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return str(os.getuid())


def _number(names: Tuple[str, ...], environ: Optional[Mapping[str, str]] = None) -> Optional[int]:
    environ = os.environ if environ is None else environ
    for name in names:
        text = environ.get(name, "")
        if text.isdigit():
            return int(text)
    return None


def _devices() -> Tuple[str, ...]:
    try:
        return tuple(device.title() for device in torch_access.devices_in_use())
    except Exception:  # noqa: BLE001 - torch's own code; the name of a device is not worth a failed handshake
        return ()
