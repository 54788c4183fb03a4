"""Starting and stopping the one agent of a process, and what a training script may tell it.

The only place with state of the module: there is one agent a process, and forks and exits concern the process.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, TypeVar, Union, overload

from memgui.agent import server, spawned, steps
from memgui.agent.actions.registry import ScriptActions
from memgui.agent.actions.script import ScriptAction
from memgui.agent.agent import Agent
from memgui.agent.declared import Declared
from memgui.agent.explain import births
from memgui.protocol import endpoints
from memgui.protocol.errors import Problem

_REASON_LIMIT = 400

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_lock = threading.Lock()
_agent: Optional[Agent] = None
_script_actions = ScriptActions()
_declared = Declared()
_exit_is_watched = False


def start(*, in_worker: bool = False, directory: Optional[Path] = None) -> Optional[Path]:
    """Start the agent; where it runs already nothing happens.

    Args:
        in_worker: start it also in a process that another Python process spawned for itself, such as a rank started by
            torch.multiprocessing.spawn. Loader workers that import the script come here too, so it is not the default.
        directory: where the socket goes; None for the directory that `MEMGUI_RUNTIME_DIR` and its fallbacks lead to.

    `MEMGUI_BLACK_BOX=DIR` in the environment has the agent keep a black box in that directory.

    Returns:
        Path of the agent's socket; None in a worker, where none was started.

    Raises:
        Problem: the socket cannot be made; the text says what to do.
        Refused: the directory for it belongs to somebody else or is open to others.
    """
    global _agent, _exit_is_watched
    with _lock:
        if _agent is not None and _agent.is_running:
            return _agent.endpoint.path
        if not in_worker and spawned.worker_reason() is not None:
            return None
        pid = os.getpid()
        start_time = endpoints.process_start_time(pid)
        if start_time is None:
            raise Problem("the start time of this process cannot be read from /proc", "memgui's agent needs Linux")
        endpoint = endpoints.endpoint_for(directory or endpoints.runtime_directory(), pid, start_time)
        box = os.environ.get("MEMGUI_BLACK_BOX")
        _agent = Agent(endpoint, server.listen(endpoint), _script_actions, _declared, Path(box) if box else None)
        if not _exit_is_watched:
            atexit.register(_exit)
            _exit_is_watched = True
        _agent.start()
        return endpoint.path


def stop(reason: str = "") -> None:
    """Stop the agent: its socket goes, whatever waits is answered, the step hook does nothing any more.

    Args:
        reason: why the program ends, for a black box.
    """
    global _agent
    with _lock:
        if _agent is not None:
            _agent.stop(reason=reason)
        _agent = None


def step(**observed: float) -> None:
    """Tell that a training step has ended, for loops without torch's optimizers; from then on only these steps count.

    Queued actions run inside the call, so it belongs where gradients are not needed: at the end of an iteration.
    Numbers (`tokens=8192`, `loss=2.31`) become metrics `step.tokens`; tensors are ignored, since reading one would make
    the device wait. Ranks that change together meet at the same `step=n`, or after as many calls where it is not given.
    Without an agent nothing but the count of calls is changed.
    """
    steps.count_script_step()
    agent = _agent
    if agent is not None:
        agent.clock.script_stepped(observed)


def mark(text: str) -> None:
    """Put a mark such as "epoch 3" onto the time line. Without an agent nothing happens."""
    agent = _agent
    if agent is not None:
        agent.events.post("mark", str(text))


def expected(thing: T, attribute: Optional[str] = None) -> T:
    """Declare that something is meant to grow: a cache, a history, a replay buffer. It is held weakly.

    Tensors in it are no suspects where survivors are counted, and growth that they explain is told as expected.
    Where no agent runs, it is noted for one that may come.

    Args:
        thing: a cached function, an object that holds things, or the owner of the attribute.
        attribute: name of an attribute of the owner, which may be a module; for lists and dictionaries, which cannot
            be referred to weakly.

    Returns:
        The thing.

    Raises:
        TypeError: nothing can refer to it weakly; the text says what to name instead.
    """
    _declared.add(thing, attribute)
    return thing


@overload
def register_action(
    function: F,
    *,
    name: Optional[str] = ...,
    title: Optional[str] = ...,
    description: Optional[str] = ...,
    params: Optional[Mapping[str, Any]] = ...,
    group: str = ...,
    safe_point: bool = ...,
) -> F: ...
@overload
def register_action(
    function: None = ...,
    *,
    name: Optional[str] = ...,
    title: Optional[str] = ...,
    description: Optional[str] = ...,
    params: Optional[Mapping[str, Any]] = ...,
    group: str = ...,
    safe_point: bool = ...,
) -> Callable[[F], F]: ...
def register_action(
    function: Optional[F] = None,
    *,
    name: Optional[str] = None,
    title: Optional[str] = None,
    description: Optional[str] = None,
    params: Optional[Mapping[str, Any]] = None,
    group: str = "script",
    safe_point: bool = True,
) -> Union[F, Callable[[F], F]]:
    """Offer a function of the script as an action; a decorator, or a call with a function or a bound method.

    The agent holds the function weakly: an action whose function is garbage disappears.

    Args:
        function: called with the parameters by name. It returns None, the bytes it freed, or a mapping of details.
        name: what a viewer asks for; the function's name if left out.
        title: text of the button.
        description: one or two sentences; the first line of the docstring if left out.
        params: a JSON Schema of an object, or a mapping of parameter names to schemas or default values.
        group: heading under which it is shown.
        safe_point: run on the training thread at a step boundary; False for what is safe on any thread at any time.

    Raises:
        TypeError: `params` holds something that describes no parameter.
    """

    def register(target: F) -> F:
        word = str(name or getattr(target, "__name__", "action"))
        text = (getattr(target, "__doc__", None) or "").strip().split("\n")[0] if description is None else description
        _script_actions.add(
            ScriptAction(
                target,
                name=word,
                title=title or word.replace("_", " ").capitalize(),
                params=params or {},
                description=text,
                group=group,
                safe_point=safe_point,
                gone=_script_actions.changed,
            )
        )
        return target

    return register if function is None else register(function)


def _exit() -> None:
    agent = _agent
    if agent is not None and agent.pid == os.getpid():
        stop(_uncaught())


def _uncaught() -> str:
    """The exception that ends the program, as the interpreter has shown it; empty where there is none."""
    kind, error = getattr(sys, "last_type", None), getattr(sys, "last_value", None)
    if kind is None:
        return ""
    try:
        return f"{kind.__name__}: {error}"[:_REASON_LIMIT]
    except Exception:  # noqa: BLE001 - a stranger's __str__
        return str(kind.__name__)


def _forget_in_child() -> None:
    """A forked child has no agent thread: it forgets the agent, and starts none by itself."""
    global _agent, _lock
    # Another thread may have held the lock at the fork; it does not exist here.
    _lock = threading.Lock()
    agent, _agent = _agent, None
    steps.forget()
    births.forget()
    if agent is not None:
        agent.abandon()


os.register_at_fork(after_in_child=_forget_in_child)
