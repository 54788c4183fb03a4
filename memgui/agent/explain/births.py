"""Which line made a tensor: for a few steps, the Python line of each torch call that returned one.

A torch function mode stands on the training thread's stack of modes from one step boundary to the next. It changes no
kernel and no number: the call is passed on as it came. It is pushed only where no other mode stands there and nothing
was compiled (compiled code checks the stack and would compile again), and it is taken away only while it is on top.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import types
import weakref
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple

from memgui.agent import torch_access
from memgui.agent.explain import code_lines

LIMIT = 20_000
_TRIES, _CALLS = 3, 8
_current: Any = None
# Made once: a class is a cycle, which the collector of the training would have to take away.
_class: Any = None
Line = Tuple[str, int]
# Lines that made at least this share of what the first made are as good as it.
_ALIKE = 0.5
_PASSED = ("__get__", "__set__", "__len__", "size", "dim", "__repr__", "item", "backward")


class Births:
    """Born tensors' lines, by id and by autograd's sequence number. All of it on the training thread.

    Attributes:
        lines: the last line that returned the object with this id, with a weak reference that proves it.
        nodes: the line that made the autograd node with this number.
        why_not: why nothing could be recorded; None where it could.
    """

    def __init__(self) -> None:
        self.lines: Dict[int, Tuple[weakref.ref[Any], Line]] = {}
        self.nodes: Dict[int, Line] = {}
        self.why_not: Optional[str] = None
        self._mode: Any = None
        self._thread: Optional[int] = None
        self._library = _library_folders()

    @property
    def armed(self) -> bool:
        """It records at present."""
        return self._mode is not None and bool(self._mode.records)

    @property
    def calls(self) -> int:
        """How many torch calls have come by since it was armed."""
        return int(self._mode.calls) if self._mode is not None else 0

    def may_arm(self, torch: Any) -> bool:
        """Nobody would notice; otherwise `why_not` tells who would."""
        self.why_not = _obstacle(torch)
        return self.why_not is None

    def arm(self, torch: Any) -> bool:
        """Begin to record, on the calling thread; False where that could be noticed, for the reason in `why_not`."""
        global _class, _current
        if self._mode is not None:
            return False
        if not self.may_arm(torch):
            return False
        if _class is None:
            _class = _mode_class(torch)
        self._mode = _class(self._note)
        self._mode.__enter__()
        _current = self._mode
        self._thread = threading.get_ident()
        return True

    def disarm(self, torch: Any) -> bool:
        """Stop recording; False while another mode stands above, so that the own one has to wait for a later try."""
        global _current
        mode = self._mode
        if mode is None:
            return True
        self.quiet()
        if threading.get_ident() != self._thread:
            return False
        stack = torch.overrides._get_current_function_mode_stack()
        if not stack or stack[-1] is not mode:
            if mode not in stack:
                self._mode = None
            return False
        mode.__exit__(None, None, None)
        self._mode = _current = None
        return True

    def call_s(self, torch: Any) -> float:
        """Processor time by which recording makes one torch call longer, by trying; before anything was recorded.

        0 where nothing can be recorded, for the reason in `why_not`.
        """
        if not self.may_arm(torch):
            return 0.0
        tensor = torch.empty(0, device="cpu")
        plain_s = _shortest(tensor)
        self.arm(torch)
        recorded_s = _shortest(tensor)
        self.disarm(torch)
        self.clear()
        return max(0.0, recorded_s - plain_s)

    def quiet(self) -> None:
        """Record nothing from now on, wherever the mode still stands; on any thread."""
        mode = self._mode
        if mode is not None:
            mode.records = False

    def line_of(self, tensor: Any) -> Optional[Line]:
        """The line that made this tensor; None where none was recorded."""
        known = self.lines.get(id(tensor))
        return known[1] if known is not None and known[0]() is tensor else None

    def clear(self) -> None:
        """Forget what was recorded."""
        self.lines.clear()
        self.nodes.clear()

    def _note(self, result: Any, *, born: bool) -> None:
        if len(self.lines) >= LIMIT:
            return
        line = self._line(sys._getframe(2))
        if line is None:
            return
        if born:
            self.lines[id(result)] = (weakref.ref(result), line)
        node = result.grad_fn
        if node is not None:
            self.nodes[node._sequence_nr()] = line

    def _line(self, frame: Any) -> Optional[Line]:
        innermost: Optional[Line] = None
        for _ in range(60):
            if frame is None:
                break
            file = frame.f_code.co_filename
            if not file.startswith(self._library):
                return file, frame.f_lineno
            if innermost is None and os.sep + "torch" + os.sep not in file and "memgui" not in file:
                innermost = file, frame.f_lineno
            frame = frame.f_back
        return innermost


def _shortest(tensor: Any) -> float:
    """Of some tries, which an interrupt can only make longer."""
    found = []
    for _ in range(_TRIES):
        began = time.thread_time()
        for _ in range(_CALLS):
            tensor.view(-1)
        found.append((time.thread_time() - began) / _CALLS)
    return min(found)


def forget() -> None:
    """In a forked child, which inherits the thread's stack of modes: record nothing there."""
    if _current is not None:
        _current.records = False


def _library_folders() -> Tuple[str, ...]:
    import sysconfig  # not at the start of the agent: it is there for those who record

    paths = sysconfig.get_paths()
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib") if name in paths}
    torch = torch_access.loaded("torch")
    if torch is not None and getattr(torch, "__file__", None):
        folders.add(os.path.dirname(torch.__file__))
    return (*sorted(folders), own, "<")


def _obstacle(torch: Any) -> Optional[str]:
    overrides = torch_access.loaded("torch.overrides")
    if not hasattr(overrides, "TorchFunctionMode") or not hasattr(overrides, "_get_current_function_mode_stack"):
        return "this torch has no function modes"
    default = getattr(getattr(torch, "_GLOBAL_DEVICE_CONTEXT", None), "device_context", None)
    if any(mode is not default for mode in overrides._get_current_function_mode_stack()):
        return "the script has a torch function mode of its own in use"
    dispatched = getattr(torch._C, "_len_torch_dispatch_stack", None)
    if dispatched is not None and dispatched():
        return "the script has a torch dispatch mode of its own in use"
    utils = torch_access.loaded("torch._dynamo.utils")
    if utils is not None and getattr(utils, "counters", {}).get("frames"):
        return "the run uses torch.compile, which would compile again"
    return None


def _mode_class(torch: Any) -> Any:
    tensor = torch.Tensor

    class Recorder(torch.overrides.TorchFunctionMode):  # type: ignore[misc]
        """Passes every call on, and tells what tensor came back."""

        records = True

        def __init__(self, note: Callable[..., None]) -> None:
            super().__init__()
            self._note = note
            self._failures = 0
            self.calls = 0

        def __torch_function__(
            self, function: Any, _types: Any, args: Tuple[Any, ...] = (), kwargs: Optional[Dict[str, Any]] = None
        ) -> Any:
            result = function(*args, **kwargs) if kwargs else function(*args)
            self.calls += 1
            if self.records:
                try:
                    kind = type(result)
                    if kind is tensor:
                        if getattr(function, "__name__", "") not in _PASSED:
                            # An operation in place hands back what it was given.
                            self._note(result, born=not args or result is not args[0])
                    elif kind in (tuple, list) and len(result) < 64:
                        for part in result:
                            if type(part) is tensor:
                                self._note(part, born=True)
                except Exception:  # noqa: BLE001 - the border to the training: it must not end by a guest's defect
                    self._failures += 1
                    self.records = self._failures < 10
            return result

    return Recorder


def nearest_line(sizes: Mapping[Line, int], frames: Sequence[types.CodeType], stored: Optional[str]) -> Line:
    """The line that made most of it; of several that made about as much, the one nearest to what holds it.

    Args:
        sizes: what each line has made.
        frames: code of the kept frames: what a function made itself is nearer than what it was given.
        stored: `file:line` that stores it; then lines of the same file are nearer.
    """
    beside = stored.rpartition(":")[0] if stored is not None else ""
    most = max(sizes.values())

    def nearness(line: Line) -> Tuple[bool, bool, int, Line]:
        is_inside = any(line[0] == code.co_filename and line[1] in code_lines.lines_of(code) for code in frames)
        return not is_inside, line[0] != beside, -sizes[line], line

    return min((line for line, size in sizes.items() if size >= most * _ALIKE), key=nearness)
