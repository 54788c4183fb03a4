"""Actions that change the model, by `memgui.shrink`: its list is loaded when somebody first asks for the actions, the
rest when somebody asks for one of them. A run that nobody shrinks does not pay."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import sys
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from memgui.agent import torch_access
from memgui.agent.actions.action import Action, Estimate, Outcome, Point, Together
from memgui.agent.actions.aftermath import Aftermath
from memgui.agent.actions.schema import complete
from memgui.agent.inspect import module_tree, objects
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.models import holds, trained
from memgui.agent.runs import ReadBytes
from memgui.agent.steps import StepClock
from memgui.protocol.errors import Problem, Refused
from memgui.protocol.payloads import Preview
from memgui.protocol.shrinking import ShrinkPlan, UndoInfo

_LISTING = "memgui.shrink.listing"
_JOB = "memgui.shrink.job"
_UNDO = "memgui.shrink.undo"
# Steady copying of state and slicing of weights on one core, with a backup to disk in between.
_MS_PER_BYTE = 2.0 / 1e6
_WALK_S = 10.0

Live = Callable[[], List[Any]]
Submit = Callable[[Aftermath], bool]
Trim = Optional[Callable[[], Any]]


class Shrinking:
    """All ways to shrink, and what can be taken back; on the agent's thread."""

    def __init__(self, clock: StepClock, trim: Trim, read_bytes: ReadBytes, submit: Submit) -> None:
        """`trim` gives the heap's free pages back; `submit` queues what goes on after a run."""
        self._clock = clock
        self._trim = trim
        self._read_bytes = read_bytes
        self._submit = submit
        self._actions: Optional[Tuple[Action, ...]] = None

    def actions(self) -> Sequence[Action]:
        """One for each method; none before torch is imported."""
        if self._actions is None:
            if torch_access.loaded("torch") is None:
                return ()
            listing = importlib.import_module(_LISTING)
            self._actions = tuple(ShrinkAction(listed, self) for listed in listing.METHODS)
        return self._actions

    def undos(self) -> Tuple[UndoInfo, ...]:
        """What can be taken back, newest first."""
        module = sys.modules.get(_UNDO)
        found: Tuple[UndoInfo, ...] = module.listed() if module is not None else ()
        return found

    def live(self) -> List[Any]:
        """The optimizers that were seen stepping."""
        return self._clock.optimizers.live()

    def trim(self) -> None:
        """Give free pages back."""
        if self._trim is not None:
            self._trim()

    def told_loss(self) -> Optional[float]:
        """What the script told with its last `step`."""
        return self._clock.observed.get("loss")

    def follow(
        self, step: int, loss_before: Optional[float], params: Dict[str, Any], meter: Any, undo: str
    ) -> Aftermath:
        """Look at the steps after a change."""

        def loss() -> Optional[float]:
            seen: Optional[float] = meter.take()
            told = self.told_loss()
            return seen if told is None else told

        after = Aftermath(
            step,
            loss_before,
            self._clock.recent_step_s(),
            params,
            loss,
            lambda: self.take_back(undo),
            self._read_bytes,
            meter.end,
        )
        if not self._submit(after):
            meter.end()
        return after

    def take_back(self, undo: str) -> Optional[Action]:
        """The action that takes a run back; None where no such run can be."""
        info = next((info for info in self.undos() if info.undo == undo), None)
        return None if info is None else TakeBack(info, self.trim)


class ShrinkAction(Action):
    """One method of `memgui.shrink`."""

    group = "shrink"

    steps_ahead = 1
    meets = True

    def __init__(self, listed: Any, shrinking: Shrinking) -> None:
        self._listed = listed
        self._shrinking = shrinking
        self._after: Dict[str, Aftermath] = {}
        self.name = listed.name
        self.title = listed.title
        self.description = listed.description
        self.undoable = listed.undoable
        self.requires = listed.requires

    def schema(self) -> Dict[str, Any]:
        """Its parameters."""
        found: Dict[str, Any] = self._listed.schema()
        return found

    def unavailable(self) -> Optional[str]:
        """No optimizer yet, or a package is missing."""
        missing = [name for name in self._listed.modules if not _is_installed(name)]
        if missing:
            packages = ", ".join(self.requires)
            return f"needs {packages} in the training's environment: pip install 'memgui[torch]'"
        if not self._shrinking.live():
            return "no optimizer step was seen yet, so it is not known which model is trained"
        return None

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """Only a look at the model tells."""
        return Estimate()

    def load(self, params: Dict[str, Any]) -> None:
        """The method's module, with the libraries that it needs."""
        self._job(params)

    def preview(self, params: Dict[str, Any]) -> _Look:
        """A look at the model."""
        try:
            params = complete(self.schema(), params)
        except ValueError as error:
            raise Problem(str(error)) from error
        return _Look(self, self._job(params), self._shrinking.live)

    def frees(self, metric: str) -> bool:
        """Resident memory and what the devices have handed out."""
        return metric == "host.rss_bytes" or metric.endswith(".allocated_bytes")

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Watch a step; then do it all at one boundary, and look at the steps that follow."""
        job, others = so_far.state, point.together
        if job is None:
            if others is not None and float(params.get("guard_ratio", 0.0)) > 0:
                raise Refused(
                    "a loss guard sees the loss of its own rank, and would take the change back on that one alone",
                    "run it without guard_ratio, and take it back on all ranks by hand",
                )
            return Outcome(complete=False, state=self._begun(params))
        try:
            if others is not None and not others.stands(point):
                return Outcome(complete=False, state=job)
            seen = job.meter.take()
            told = self._shrinking.told_loss()
            before = seen if told is None else told
            done = self._done(job, point)
            after = self._shrinking.follow(point.step, before, params, job.hand_over(), done.undo)
        except BaseException:
            job.end()
            raise
        job.end()
        self._shrinking.trim()
        self._after = {undo: kept for undo, kept in self._after.items() if self._shrinking.take_back(undo)}
        self._after[done.undo] = after
        return Outcome(done.freed_bytes, {**done.details, "loss_before": before}, undo=done.undo)

    def _done(self, job: Any, point: Point) -> Any:
        """Change it: alone, or with the other ranks."""
        begin_s = time.monotonic()
        made = job.make(_scene(job, self._shrinking.live), point.step)
        if point.together is None:
            return made.commit()
        return _with_others(point.together, made, begin_s)

    def settled(self, undo: Optional[str]) -> Dict[str, Any]:
        """Loss and step time since."""
        after = self._after.get(undo or "")
        return {} if after is None else after.told()

    def give_up(self, so_far: Outcome) -> None:
        """Let the hooks do nothing."""
        if so_far.state is not None:
            so_far.state.end()

    def _begun(self, params: Dict[str, Any]) -> Any:
        job = self._job(params)
        try:
            job.begin(_scene(job, self._shrinking.live))
        except BaseException:
            job.end()
            raise
        return job

    def _job(self, params: Dict[str, Any]) -> Any:
        try:
            return importlib.import_module(_JOB).Job(self._listed, params)
        except ImportError as error:
            raise Problem(f"{self.name} cannot be loaded here: {error}", "pip install 'memgui[torch]'") from error


class TakeBack(Action):
    """Undoes one run."""

    group = "shrink"
    meets = True

    def __init__(self, info: UndoInfo, trim: Callable[[], None]) -> None:
        self._info = info
        self._trim = trim
        self.name = info.action
        self.title = f"Undo {info.title}"

    def estimate(self, params: Dict[str, Any]) -> Estimate:
        """It takes memory."""
        return Estimate()

    def run(self, params: Dict[str, Any], point: Point, so_far: Outcome) -> Outcome:
        """Restore everything."""
        module = importlib.import_module(_UNDO)
        if point.together is None:
            if self._info.meeting is not None:
                raise Refused(
                    f"{self._info.title} was done on all ranks together; one that takes it back alone no longer fits",
                    f"take it back on all: memgui act TARGET --undo {self._info.undo} --all-ranks",
                )
            record = module.take_back(self._info.undo)
        elif point.together.stands(point):
            begin_s = time.monotonic()
            record = _with_others(point.together, module.fetch(self._info.undo), begin_s)
        else:
            return Outcome(complete=False)
        self._trim()
        return Outcome(details={"undone": self._info.undo, "undone_step": record.info.step})

    def frees(self, metric: str) -> bool:
        """What it takes is told in the same measure."""
        return metric == "host.rss_bytes" or metric.endswith(".allocated_bytes")


def _with_others(others: Together, made: Any, begin_s: float) -> Any:
    """Keep what is made where all ranks do, else take it back.

    Raises:
        Refused: another rank did not.
    """
    try:
        kept = others.keeps(made.decided, time.monotonic() - begin_s)
    except BaseException:
        made.roll_back()
        raise
    if not kept:
        made.roll_back()
        raise Refused(others.reason, "it was taken back before any rank went on")
    return made.commit(others.name)


class _Look:
    """A preview."""

    def __init__(self, action: ShrinkAction, job: Any, live: Live) -> None:
        self._action = action
        self._job = job
        self._live = live
        self._looked_s = 0.0

    def visit(self, point: Point) -> Optional[Preview]:
        """Watch a step; then plan."""
        begin_s = time.perf_counter()
        scene = _scene(self._job, self._live)
        if self._job.needs_a_step:
            self._job.begin(scene, loss_path=True)
            self._looked_s = time.perf_counter() - begin_s
            return None
        try:
            plan: ShrinkPlan = self._job.preview(scene)
        finally:
            del scene
            self._job.end()
        changes = tuple(f"{layer.module}: {layer.text}" for layer in plan.layers[:20])
        # A run looks and plans as the preview does, and then copies.
        self._looked_s += time.perf_counter() - begin_s
        pause_ms = round(self._looked_s * 1e3 + (plan.before.total + plan.backup_bytes) * _MS_PER_BYTE, 1)
        return Preview(self._action.name, plan.before.total - plan.after.total, pause_ms, changes, plan=plan)

    def drop(self) -> None:
        """Let the hooks do nothing."""
        self._job.end()


def _scene(job: Any, live: Live) -> Any:
    """Models, optimizers and the other modules of this moment.

    Raises:
        Refused: no model is trained by an optimizer that was seen.
    """
    torch = torch_access.loaded("torch")
    # What is dead already must not be taken for a copy that somebody keeps.
    gc.collect()
    optimizers = live()
    wanted = {id(part) for part in trained(optimizers)}
    with torch._C.DisableTorchFunctionSubclass(), torch.no_grad():
        roots = module_tree.roots(objects.modules_alone(torch, Budget(_WALK_S)))
        models = [root for root in roots if holds(root, wanted)]
        others = [root for root in roots if not holds(root, wanted)]
    if not models:
        raise Refused("no module holds what the optimizers train", "the parameters must belong to a torch.nn.Module")
    return job.scene(models, optimizers, others)


def _is_installed(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False
