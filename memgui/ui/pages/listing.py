"""Which pages there are, in the order of their tabs."""

from __future__ import annotations

from memgui.ui.pages.chain import ChainPage
from memgui.ui.pages.compare import ComparePage
from memgui.ui.pages.composition import CompositionPage
from memgui.ui.pages.events import EventsPage
from memgui.ui.pages.journal import JournalPage
from memgui.ui.pages.metrics import MetricsPage
from memgui.ui.pages.modules import ModulesPage
from memgui.ui.pages.native import NativePage
from memgui.ui.pages.page import Page
from memgui.ui.pages.pools import PoolsPage
from memgui.ui.pages.side_by_side import SideBySidePage
from memgui.ui.pages.source import SourcePage
from memgui.ui.pages.tensors import TensorsPage
from memgui.ui.pages.workers import WorkersPage

PAGES: tuple[type[Page], ...] = (
    MetricsPage,
    SideBySidePage,
    CompositionPage,
    TensorsPage,
    ModulesPage,
    ChainPage,
    ComparePage,
    PoolsPage,
    WorkersPage,
    SourcePage,
    NativePage,
    EventsPage,
    JournalPage,
)
