"""What a tab of the dock is. GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from memgui.ui.named_lines import NamedLines
from memgui.ui.shrink.wish import ShrinkWish

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget
    from memgui.ui.asks import Asks
    from memgui.ui.journal import Journal
    from memgui.ui.pages.tabs import Tab
    from memgui.ui.suspicions import Suspicions
    from memgui.ui.theme import Theme


@dataclass(frozen=True)
class Desk:
    """What a page works with.

    Attributes:
        asks: carries its questions to the target; journal: what has been done so far.
        suspicions: whether the survivor watch is armed by itself.
        targets: every target that the window has.
        lines: lines of code that one page finds and another marks.
        shrink: told which module a person wants to shrink.
    """

    asks: Asks
    journal: Journal
    suspicions: Suspicions
    targets: Callable[[], Sequence[LiveTarget]] = tuple
    lines: NamedLines = field(default_factory=NamedLines)
    shrink: ShrinkWish = field(default_factory=ShrinkWish)


class Page(QWidget):
    """One tab. A page is made once and shown one target after the other.

    Attributes:
        wanted: the page asks to be put in front, since something on it was asked for.
        desk: what it works with.
        target: the target that is shown, None for none.
        theme: the colours to wear.
        tab: what the dock knows of it before it is made.
    """

    wanted = Signal()
    tab: ClassVar[Tab]

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.theme = theme
        self.target: LiveTarget | None = None

    def title(self) -> str:
        """The word on the tab."""
        return self.tab.title()

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target, or none."""
        self.target = target

    def show_interval(self, span: tuple[float, float] | None) -> None:
        """Two moments were marked in the charts (Unix seconds), or the mark was taken back."""

    def refresh(self) -> None:
        """Take in what is new: called when the page comes to the front, and once a second while it is there."""

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self.theme = theme
