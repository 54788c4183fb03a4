"""Modules as nested boxes, each as large as what it takes, in the colours of its roles. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from memgui.analysis.module_totals import ModuleBranch
from memgui.analysis.treemap import Box, squarify
from memgui.ui import format as fmt
from memgui.ui.modules_model import tip_of
from memgui.ui.theme import Theme

_ROLES = ("parameters", "gradients", "optimizer", "buffers", "activations")
# Reads well on the colours of all roles, in both themes.
_INK = "#10141a"
_HEAD_PX = 17.0
_GAP_PX = 2.0
# Smaller boxes are not divided any further, and smaller ones yet are not drawn.
_DIVIDED_PX, _LEAST_PX = 26.0, 3.0


@dataclass(frozen=True)
class Plot:
    """A box on the map.

    Attributes:
        divided: it is the frame of what is below it.
        own: it stands for what the module holds itself, inside its frame.
    """

    branch: ModuleBranch
    rect: QRectF
    divided: bool = False
    own: bool = False


class Treemap(QWidget):
    """A click chooses a module.

    Attributes:
        chosen: a ModuleBranch.
    """

    chosen = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._roots: tuple[ModuleBranch, ...] = ()
        self._marked: ModuleBranch | None = None
        self.plots: tuple[Plot, ...] = ()
        self.setMinimumWidth(120)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.update()

    def set_roots(self, roots: Sequence[ModuleBranch]) -> None:
        """Show these modules and what is below them."""
        self._roots, self._marked = tuple(roots), None
        self._lay_out()

    def mark(self, branch: ModuleBranch | None) -> None:
        """Outline a module."""
        self._marked = branch
        self.update()

    def plot_at(self, at: QPointF) -> Plot | None:
        """The innermost box at a place."""
        return next((plot for plot in reversed(self.plots) if plot.rect.contains(at)), None)

    def _lay_out(self) -> None:
        plots: list[Plot] = []
        _place(self._roots, QRectF(self.rect()).adjusted(2, 2, -2, -2), plots)
        self.plots = tuple(plots)
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another room, other boxes."""
        super().resizeEvent(event)
        self._lay_out()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Boxes from the outermost to the innermost, then the outline of the chosen one."""
        theme = self._theme
        painter = QPainter(self)
        font = self.font()
        font.setPixelSize(theme.small_px)
        painter.setFont(font)
        for plot in self.plots:
            if plot.divided:
                painter.fillRect(plot.rect, QColor(theme.raised))
                painter.setPen(QPen(QColor(theme.border), 1))
                painter.drawRect(plot.rect.adjusted(0.5, 0.5, -0.5, -0.5))
                self._write(painter, plot, QColor(theme.muted))
            else:
                self._fill(painter, plot)
                if not plot.own:
                    self._write(painter, plot, QColor(_INK))
        marked = next((plot for plot in self.plots if plot.branch is self._marked), None)
        if marked is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.text), 1))
            painter.drawRect(marked.rect.adjusted(0.5, 0.5, -1.5, -1.5))
        painter.end()

    def _fill(self, painter: QPainter, plot: Plot) -> None:
        held = plot.branch.node if plot.own else plot.branch.total
        sizes = {role: getattr(held, f"{role}_bytes") or 0 for role in _ROLES}
        total = sum(sizes.values())
        x, rect = plot.rect.left(), plot.rect
        for role, size in sizes.items():
            wide = rect.width() * size / total
            painter.fillRect(QRectF(x, rect.top(), wide, rect.height()), QColor(self._theme.series_colour(role)))
            x += wide

    def _write(self, painter: QPainter, plot: Plot, colour: QColor) -> None:
        rect = plot.rect
        metrics = painter.fontMetrics()
        if rect.height() < metrics.height() or rect.width() < 24:
            return
        size = fmt.size(plot.branch.total.total_bytes)
        for words in (f"{plot.branch.name}  {size}", plot.branch.name):
            if metrics.horizontalAdvance(words) + 8 <= rect.width():
                painter.setPen(colour)
                painter.drawText(QPointF(rect.left() + 4, rect.top() + metrics.ascent() + 2), words)
                return

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        plot = self.plot_at(event.position())
        if plot is not None:
            self.mark(plot.branch)
            self.chosen.emit(plot.branch)

    def event(self, event: QEvent) -> bool:
        """Hover text of the box under the mouse."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            plot = self.plot_at(QPointF(event.pos()))
            if plot is not None:
                QToolTip.showText(event.globalPos(), tip_of(plot.branch), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)


def _place(branches: Sequence[ModuleBranch], room: QRectF, plots: list[Plot]) -> None:
    sizes = [float(branch.total.total_bytes) for branch in branches]
    boxes = squarify(sizes, Box(room.left(), room.top(), room.width(), room.height()))
    for branch, box in zip(branches, boxes, strict=True):
        rect = QRectF(box.x, box.y, max(0.0, box.width - _GAP_PX), max(0.0, box.height - _GAP_PX))
        if min(rect.width(), rect.height()) < _LEAST_PX:
            continue
        inner = rect.adjusted(_GAP_PX, _HEAD_PX, 0, 0)
        holding = [child for child in branch.children if child.total.total_bytes]
        divided = bool(holding) and min(inner.width(), inner.height()) >= _DIVIDED_PX
        plots.append(Plot(branch, rect, divided))
        if divided:
            share = sum(child.total.total_bytes for child in holding) / branch.total.total_bytes
            own = QRectF(inner)
            inner.setWidth(inner.width() * share)
            own.setLeft(inner.right())
            own.adjust(0, 0, -_GAP_PX, -_GAP_PX)
            if own.width() >= _LEAST_PX:
                plots.append(Plot(branch, own, own=True))
            _place(holding, inner, plots)
