"""Bytes by role as a bar, in the colours that the roles have everywhere. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from memgui.protocol.shrinking import Sizes
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.theme import Theme

_HIGH_PX, _GAP_PX, _CHIP_PX = 12, 5, 8


def role_title(role: str) -> str:
    """What a role of `Sizes` is called."""
    titles = {
        "parameters": translate("shrink", "parameters"),
        "gradients": translate("shrink", "gradients"),
        "state": translate("shrink", "optimizer state"),
        "activations": translate("shrink", "activations"),
    }
    return titles[role]


def parts_of(sizes: Sizes) -> list[tuple[str, int]]:
    """Role and bytes, in the order in which they are stacked; roles of no bytes are left out."""
    parts = (
        ("parameters", sizes.parameters),
        ("gradients", sizes.gradients),
        ("state", sizes.state),
        ("activations", sizes.activations or 0),
    )
    return [(role, size) for role, size in parts if size > 0]


def role_colour(role: str, theme: Theme) -> QColor:
    """The colour of a role."""
    return QColor(theme.series_colour("optimizer" if role == "state" else role))


def paint_sizes(painter: QPainter, room: QRectF, sizes: Sizes, whole: float, theme: Theme) -> None:
    """Paint the stack into `room`, whose width stands for `whole` bytes."""
    x = room.left()
    for role, size in parts_of(sizes):
        wide = room.width() * size / whole if whole > 0 else 0.0
        painter.fillRect(QRectF(x, room.top(), max(1.0, wide), room.height()), role_colour(role, theme))
        x += wide


def sizes_tip(before: Sizes, after: Sizes) -> str:
    """Each role before and after, one a line."""
    was, now = dict(parts_of(before)), dict(parts_of(after))
    return "\n".join(
        f"{role_title(role)}: {fmt.size(was.get(role, 0))} → {fmt.size(now.get(role, 0))}"
        for role in ("parameters", "gradients", "state", "activations")
        if role in was or role in now
    )


def _captions() -> tuple[str, str]:
    return translate("shrink", "before"), translate("shrink", "after")


class BeforeAfter(QWidget):
    """Two bars with their totals, and below them what the colours mean."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._before, self._after = Sizes(), Sizes()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.update()

    def show_sizes(self, before: Sizes, after: Sizes) -> None:
        """Show these."""
        self._before, self._after = before, after
        words = f"{fmt.size(before.total)} → {fmt.size(after.total)}"
        self.setAccessibleName(f"{words}; {sizes_tip(before, after)}".replace("\n", "; "))
        self.setToolTip(sizes_tip(before, after))
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """The legend takes as many lines as it needs."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Two bars and the lines of the legend."""
        metrics = QFontMetrics(self._small())
        rows = self._legend(metrics, width)[-1][2] + 1 if self._roles() else 0
        return 2 * (_HIGH_PX + _GAP_PX) + 4 + rows * (metrics.height() + 2)

    def sizeHint(self) -> QSize:
        """Bars that can be read."""
        return QSize(260, self.heightForWidth(260))

    def minimumSizeHint(self) -> QSize:
        """As high as it is at its width."""
        return QSize(120, self.heightForWidth(max(120, self.width())))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Bars, totals, legend."""
        painter = QPainter(self)
        painter.setFont(self._small())
        metrics = painter.fontMetrics()
        texts = (fmt.size(self._before.total), fmt.size(self._after.total))
        left = self._left(metrics)
        right = max(metrics.horizontalAdvance(word) for word in texts) + 8
        room = QRectF(left, 0, max(20.0, self.width() - left - right), _HIGH_PX)
        whole = max(self._before.total, self._after.total)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        for sizes, caption, text in zip((self._before, self._after), _captions(), texts, strict=True):
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QRectF(0, room.top() - 2, left, _HIGH_PX + 4), middle, caption)
            painter.fillRect(room, QColor(self._theme.grid))
            paint_sizes(painter, room, sizes, whole, self._theme)
            painter.setPen(QColor(self._theme.text))
            place = QRectF(room.right() + 8, room.top() - 2, right, _HIGH_PX + 4)
            painter.drawText(place, middle, text)
            room.translate(0, _HIGH_PX + _GAP_PX)
        self._paint_legend(painter, room.top() + 2)
        painter.end()

    def _left(self, metrics: QFontMetrics) -> int:
        return max(metrics.horizontalAdvance(word) for word in _captions()) + 8

    def _legend(self, metrics: QFontMetrics, width: int) -> list[tuple[str, float, int]]:
        """Role, where it stands in its line, and the line."""
        placed, left = [], float(self._left(metrics))
        x, row = left, 0
        for role in self._roles():
            wide = _CHIP_PX + 5 + metrics.horizontalAdvance(role_title(role))
            if x + wide > width and x > left:
                x, row = left, row + 1
            placed.append((role, x, row))
            x += wide + 12
        return placed

    def _roles(self) -> list[str]:
        return [role for role, _ in parts_of(self._before)] or [role for role, _ in parts_of(self._after)]

    def _paint_legend(self, painter: QPainter, top: float) -> None:
        metrics = painter.fontMetrics()
        for role, x, row in self._legend(metrics, self.width()):
            y = top + row * (metrics.height() + 2)
            chip = QRectF(x, y + (metrics.height() - _CHIP_PX) / 2, _CHIP_PX, _CHIP_PX)
            painter.fillRect(chip, role_colour(role, self._theme))
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QRectF(x + _CHIP_PX + 5, y, self.width(), metrics.height()), role_title(role))

    def _small(self) -> QFont:
        font = self.font()
        font.setPixelSize(self._theme.small_px)
        return font
