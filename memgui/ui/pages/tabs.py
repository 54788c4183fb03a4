"""Which tabs there are, in their order, and when each is offered.

Nothing of a page is imported here: a page and what only it needs come into memory when its tab is first chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from memgui.ui.i18n import translate

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.pages.page import Desk, Page
    from memgui.ui.theme import Theme


@dataclass(frozen=True)
class Tab:
    """What is known of a page that is not made yet.

    Attributes:
        module: below `memgui.ui.pages`; kind: the name of the page's class in it.
        title: the word on the tab.
        shows: the page has something to show of a target, or of none; its tab is hidden otherwise. Asked once a second,
            so it has to be cheap.
        compares: it comes to the front when two moments are marked in the charts.
    """

    module: str
    kind: str
    title: Callable[[], str]
    shows: Callable[[LiveTarget | None, Desk], bool]
    compares: bool = False

    def make(self, desk: Desk, theme: Theme) -> Page:
        """Import the page and make it."""
        kind = cast("type[Page]", getattr(import_module(f"memgui.ui.pages.{self.module}"), self.kind))
        return kind(desk, theme)


def _any_target(target: LiveTarget | None, _desk: Desk) -> bool:
    return target is not None


def _other_runs(target: LiveTarget | None, desk: Desk) -> bool:
    """There is another run to stand beside this one, and one of them is a recording."""
    runs = [one for one in desk.targets() if one is target or one.timeline.last_t is not None]
    return len(runs) > 1 and any(one.recording is not None for one in runs)


def _agent(target: LiveTarget | None, _desk: Desk) -> bool:
    """An agent is in the process, or was."""
    return target is not None and target.hello is not None


def _explained(target: LiveTarget | None, desk: Desk) -> bool:
    """The target answers, or did once."""
    return target is not None and (target.state == "connected" or desk.lines.knows(target.key))


def _history(target: LiveTarget | None, _desk: Desk) -> bool:
    return target is not None and target.timeline.last_t is not None


def _pools(target: LiveTarget | None, _desk: Desk) -> bool:
    """The target has an agent that knows of pools."""
    return target is not None and any(action.name == "set_pool" for action in target.actions)


def _children(target: LiveTarget | None, _desk: Desk) -> bool:
    return target is not None and bool(target.children)


def _script(target: LiveTarget | None, _desk: Desk) -> bool:
    """The target runs a script."""
    return target is not None and any(about is not None and about.script for about in (target.hello, target.facts))


def _always(_target: LiveTarget | None, _desk: Desk) -> bool:
    """A report can be opened, and a script be run, where nothing is watched."""
    return True


def _events(target: LiveTarget | None, _desk: Desk) -> bool:
    return target is not None and len(target.timeline.events) > 0


def _noted(_target: LiveTarget | None, desk: Desk) -> bool:
    """Something was noted, of whatever target."""
    return bool(desk.journal.entries)


METRICS = Tab("metrics", "MetricsPage", lambda: translate("tables", "Metrics"), _any_target)
SIDE_BY_SIDE = Tab("side_by_side", "SideBySidePage", lambda: translate("side_by_side", "Side by side"), _other_runs)
COMPOSITION = Tab("composition", "CompositionPage", lambda: translate("composition", "Composition"), _agent)
TENSORS = Tab("tensors", "TensorsPage", lambda: translate("tensors", "Tensors"), _agent)
MODULES = Tab("modules", "ModulesPage", lambda: translate("modules", "Modules"), _agent)
CHAIN = Tab("chain", "ChainPage", lambda: translate("chain", "Chain"), _explained)
COMPARE = Tab("compare", "ComparePage", lambda: translate("compare", "Compare"), _history, compares=True)
POOLS = Tab("pools", "PoolsPage", lambda: translate("pools", "Pools && buffers"), _pools)
WORKERS = Tab("workers", "WorkersPage", lambda: translate("tables", "Workers"), _children)
SOURCE = Tab("source", "SourcePage", lambda: translate("source", "Source"), _script)
NATIVE = Tab("native", "NativePage", lambda: translate("tables", "Native"), _always)
EVENTS = Tab("events", "EventsPage", lambda: translate("tables", "Events"), _events)
JOURNAL = Tab("journal", "JournalPage", lambda: translate("tables", "Journal"), _noted)

TABS = (
    METRICS,
    SIDE_BY_SIDE,
    COMPOSITION,
    TENSORS,
    MODULES,
    CHAIN,
    COMPARE,
    POOLS,
    WORKERS,
    SOURCE,
    NATIVE,
    EVENTS,
    JOURNAL,
)
