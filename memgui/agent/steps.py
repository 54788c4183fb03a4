"""The step clock: counts optimizer steps, and brings the training thread to the safe point after each.

`register_optimizer_step_post_hook` is global, works in the middle of a run and fires on the stepping thread. The hook
is installed once a process and stays: without a clock it returns at once. Taking it out again could break an iteration
over torch's hooks that is under way.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Mapping, Optional, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.optimizers import Optimizers

_OPTIMIZER_MODULE = "torch.optim.optimizer"
_OBSERVED_ALLOWED = 16
_ENDS_KEPT = 33

_clock: Optional[StepClock] = None
_installed = False
_script_steps = 0


class StepClock:
    """Steps seen so far, and when the last one ended.

    The training threads write, the agent's thread reads; `progress` is replaced as a whole, so both always see a count
    and a time that belong together.

    Attributes:
        progress: (steps completed, monotonic time of the last one); (-1, ...) before the first.
        observed: what the script told with its last `step`.
        optimizers: the live optimizers that were seen stepping.
        at_next_end: called once, on the training thread, when the next step has ended and before it is counted; it must
            not raise.
        failures: exceptions inside the hook; after a few the clock stands still.
    """

    def __init__(self, visit: Callable[[Point], None], is_idle: Callable[[], bool]) -> None:
        """`visit` is called at safe points, unless `is_idle` tells that nothing waits."""
        self._visit = visit
        self._is_idle = is_idle
        self._graph_task: Optional[Callable[[], int]] = None
        self._scripted = False
        self.progress: Tuple[int, float] = (-1, 0.0)
        self._ends: Deque[float] = deque(maxlen=_ENDS_KEPT)
        self.observed: Dict[str, float] = {}
        self.optimizers = Optimizers()
        self.at_next_end: Optional[Callable[[], None]] = None
        self.place: Optional[str] = None
        self.steps_in_backward = 0
        self.failures = 0

    @property
    def is_scripted(self) -> bool:
        """The script tells its steps, and only these count."""
        return self._scripted

    @property
    def step(self) -> int:
        """Steps completed, -1 before the first."""
        return self.progress[0]

    def attach(self) -> bool:
        """Install the hook once torch is imported; True where it is in place. Cheap enough to be tried every second."""
        global _installed, _clock
        _clock = self
        torch = torch_access.loaded("torch")
        if self._graph_task is None:
            self._graph_task = getattr(getattr(torch, "_C", None), "_current_graph_task_id", None)
        if _installed:
            return True
        module = torch_access.loaded(_OPTIMIZER_MODULE)
        register = getattr(module, "register_optimizer_step_post_hook", None)
        if torch is None or register is None or not _may_register(module):
            return False
        register(_after_step)
        _installed = True
        return True

    def detach(self) -> None:
        """Leave the hook without a clock."""
        global _clock
        if _clock is self:
            _clock = None

    def optimizer_stepped(self, optimizer: Any, wrapper: Any) -> None:
        """An optimizer's `step` is about to return; `wrapper` is the frame of torch's wrapper around it."""
        if _is_nested(wrapper):
            return
        in_backward = self._graph_task is None or self._graph_task() != -1
        leads = self.optimizers.saw(optimizer)
        if in_backward:
            self.steps_in_backward += 1
        elif not self._scripted:
            self.place = f"after {type(optimizer).__name__}.step()"
            if leads:
                self._count()
        if self._is_idle() or (in_backward and self._scripted):
            return
        self._visit(Point("optimizer", self.step, optimizer, self._unsafe(in_backward=in_backward)))

    def script_stepped(self, observed: Mapping[str, float]) -> None:
        """The script says that a step has ended; from now on only the script's steps count."""
        self._scripted = True
        self.place = "at memgui.agent.step()"
        if observed:
            self._observe(observed)
        self._count()
        if not self._is_idle():
            in_backward = self._graph_task is not None and self._graph_task() != -1
            self._visit(Point("script", self.step, None, self._unsafe(in_backward=in_backward)))

    def recent_step_s(self, steps: int = _ENDS_KEPT) -> Optional[float]:
        """Median duration of the last steps, at most `steps`; None before two steps have ended."""
        ends = list(self._ends)[-max(2, steps + 1) :]
        durations = sorted(end - begin for begin, end in zip(ends, ends[1:]))
        return durations[len(durations) // 2] if durations else None

    def _count(self) -> None:
        wanted = self.at_next_end
        if wanted is not None:
            # Before the step is counted: other threads may run meanwhile, and who sees its number is to find this done.
            self.at_next_end = None
            wanted()
        count, now_s = self.progress[0], time.monotonic()
        self.progress = (1 if count < 0 else count + 1, now_s)
        self._ends.append(now_s)

    def _observe(self, observed: Mapping[str, float]) -> None:
        known = dict(self.observed)
        for name, value in observed.items():
            # bool is an int, and a tensor would make the device wait: neither is meant.
            if type(value) in (int, float) and abs(value) < 1e300:
                if name in known or len(known) < _OBSERVED_ALLOWED:
                    known[name] = value
            elif name in known:
                del known[name]
        self.observed = known

    def _unsafe(self, *, in_backward: bool) -> Optional[str]:
        if in_backward:
            return (
                "the optimizer steps inside backward, where gradients and graph are in use, so this is no safe point; "
                "call memgui.agent.step() at the end of each iteration of the training loop"
            )
        for _, module in torch_access.initialised_backends():
            capturing = getattr(module, "is_current_stream_capturing", None)
            if capturing is not None and capturing():
                return "a CUDA graph is being captured at this step; try again after the capture"
        return None


def count_script_step() -> None:
    """The script has told a step, whether an agent is there or not: so all ranks of a run count alike."""
    global _script_steps
    _script_steps += 1


def script_steps() -> int:
    """Steps that the script has told since the process began."""
    return _script_steps


def current() -> Optional[StepClock]:
    """The clock that the hook tells."""
    return _clock


def forget() -> None:
    """In a forked child: the hook stays in torch's list and does nothing."""
    global _clock
    _clock = None


def _after_step(optimizer: Any, _args: Any, _kwargs: Any) -> None:
    clock = _clock
    if clock is None or clock.failures > 3:
        return
    try:
        clock.optimizer_stepped(optimizer, sys._getframe(1))
    except Exception:  # noqa: BLE001 - the border to the training loop, which must not end by a guest's defect
        clock.failures += 1


# torch.compile must call this function and not trace it. What torch.compiler.disable sets, without importing dynamo; a
# compiled optimizer step has breaks of torch's own anyway.
_after_step._torchdynamo_disable = True  # type: ignore[attr-defined]


def _is_nested(wrapper: Any) -> bool:
    """Another optimizer's `step` is further out on this stack, as in ZeRO.

    The stack tells it even where a step that raised was never left by its hook.
    """
    code = wrapper.f_code
    frame = wrapper.f_back
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False


def _may_register(module: Any) -> bool:
    """False while a thread is in an optimizer step and may be iterating over the hooks that others registered.

    Changing the dictionary under the iteration would raise in the training loop. With an empty dictionary there is no
    moment at which another thread could be between two of its entries.
    """
    if not getattr(module, "_global_optimizer_post_hooks", True):
        return True
    # A fresh turn: for the next milliseconds no other thread runs unless this one waits.
    time.sleep(0)
    file = getattr(module, "__file__", None)
    frames: List[Any] = list(sys._current_frames().values())
    for frame in frames:
        while frame is not None:
            if frame.f_code.co_filename == file and frame.f_code.co_name == "wrapper":
                return False
            frame = frame.f_back
    return True
