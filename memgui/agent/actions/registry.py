"""All actions of the process: those of memgui and those that the script registered."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from memgui.agent.actions.action import Action
from memgui.agent.actions.script import ScriptAction
from memgui.protocol.payloads import ActionInfo


class ScriptActions:
    """What the script registered; outlives the agent, since a script may register before the agent comes.

    Written by training threads, read by the agent's; each change is one operation on a dict.
    """

    def __init__(self) -> None:
        self._actions: Dict[str, ScriptAction] = {}
        self._changed: Optional[Callable[[], None]] = None

    def add(self, action: ScriptAction) -> None:
        """Add an action; one of the same name is replaced."""
        self._actions[action.name] = action
        self.changed()

    def live(self) -> List[Action]:
        """Those whose function still exists."""
        return [action for action in list(self._actions.values()) if action.is_alive]

    def tell(self, changed: Optional[Callable[[], None]]) -> None:
        """Whom to tell of changes; None for nobody."""
        self._changed = changed

    def changed(self) -> None:
        """Something was added, or a function is gone."""
        if self._changed is not None:
            self._changed()


class Registry:
    """Finds actions and describes them."""

    def __init__(
        self, own: Sequence[Action], script: ScriptActions, late: Callable[[], Sequence[Action]] = tuple
    ) -> None:
        """`late` gives those that are loaded when somebody first asks for actions."""
        self._at_once = {action.name: action for action in own}
        self._late = late
        self._script = script

    def find(self, name: str) -> Optional[Action]:
        """The action of this name; a script cannot put its own in the place of one of memgui's."""
        return self._own().get(name) or next((action for action in self._script.live() if action.name == name), None)

    def names(self) -> List[str]:
        """All names, in the order in which they are shown."""
        return [action.name for action in self._all()]

    def describe(self) -> List[ActionInfo]:
        """What the window builds its buttons from."""
        return [_describe(action) for action in self._all()]

    def _all(self) -> List[Action]:
        own = self._own()
        return [*own.values(), *(action for action in self._script.live() if action.name not in own)]

    def _own(self) -> Dict[str, Action]:
        return {**self._at_once, **{action.name: action for action in self._late()}}


def _describe(action: Action) -> ActionInfo:
    unavailable = action.unavailable()
    estimate = action.estimate({}) if unavailable is None else None
    return ActionInfo(
        name=action.name,
        title=action.title,
        group=action.group,
        description=action.description,
        params=action.schema(),
        safe_point=action.safe_point,
        undoable=action.undoable,
        requires=action.requires,
        unavailable=unavailable,
        yield_bytes=estimate.would_free_bytes if estimate else None,
        pause_ms=estimate.pause_ms if estimate else None,
    )
