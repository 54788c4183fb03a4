"""What one explanation looks at, and what every suspect is asked."""

from __future__ import annotations

import collections
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Optional, Sequence, Tuple

from memgui.agent.explain import code_lines, edges, hooks
from memgui.agent.explain.births import Births
from memgui.agent.explain.holding import Holding
from memgui.agent.explain.look import Alive, Look
from memgui.agent.explain.search import Search
from memgui.agent.inspect.budget import Budget

NODES = 60_000
EXPECTED = "the script has declared what holds them as expected"


@dataclass
class Evidence:
    """What the looks before the last have left.

    Attributes:
        declared: ids of what the script has declared as expected.
    """

    torch: Any
    first: Look
    second: Look
    steps: int
    births: Births
    heap: Sequence[Tuple[int, int]]
    children: Dict[int, int]
    declared: FrozenSet[int]


class Case:
    """One explanation; lives as long as the last look.

    Attributes:
        codes: of the script, in which a line is looked for that adds to a container.
        hooks: registered ones, with their functions.
        told: containers by id whose tensors are told already.
    """

    def __init__(self, alive: Alive, seen: Evidence, search: Search, budget: Budget) -> None:
        self.alive = alive
        self.seen = seen
        self.search = search
        self.budget = budget
        self.codes = code_lines.script_codes()
        self.hooks = list(hooks.registered(seen.torch, alive))
        self.told: Dict[int, Any] = {}

    def is_expected(self, holding: Holding) -> bool:
        """Whether the script has declared it."""
        return any(id(thing) in self.seen.declared for thing in holding.chain.objects)

    def stored(self, holding: Holding, kind: str, hook: Optional[Tuple[str, Any]]) -> Optional[str]:
        """`file:line` that adds to it."""
        if kind == "cache":
            for thing in holding.chain.objects:
                code = code_lines.code_of(thing) if type(thing) is edges.LRU_CACHE else None
                if code is not None:
                    return f"{code.co_filename}:{code.co_firstlineno}"
        if kind == "graph" and holding.names:
            return code_lines.summing_line(holding.names[-1], self.codes)
        codes = [hook[1], *self.codes] if hook is not None else self.codes
        for name in reversed(holding.names):
            line = code_lines.adding_line(name, codes)
            if line is not None:
                return line
        return None

    def confidence(self, holding: Holding, per_step: float, born: Optional[str]) -> float:
        """From .1 to .98: constant counts, a line and a root raise it; few steps and a bound lower it."""
        sure = 0.6
        if per_step >= 0.8 and abs(per_step - round(per_step)) < 0.15:
            sure += 0.2
        if born is not None:
            sure += 0.05
        if holding.chain.root is not None:
            sure += 0.1
        if self.seen.steps < 5:
            sure -= 0.2
        if _bound(holding.container) is not None or self.is_expected(holding):
            sure = min(sure, 0.4)
        return round(min(0.98, max(0.1, sure)), 2)


def is_own(holding: Holding) -> bool:
    """Whether memgui itself holds it."""
    root = holding.path.root
    return root.startswith("memgui.") or "memgui-agent" in root


def _bound(container: Any) -> Optional[int]:
    """How many a container takes at most; None where it has no bound."""
    if type(container) is collections.deque:
        return container.maxlen
    if type(container) is edges.LRU_CACHE:
        bound = container.cache_info().maxsize
        return None if bound is None or bound > 1_000_000 else int(bound)
    return None
