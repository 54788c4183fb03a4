"""Ctrl+K: every command by typing a few of its letters. GUI thread."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from memgui.ui.commands import Command, matching
from memgui.ui.labels import label
from memgui.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
_ROW_PX = 32
_MOST_ROWS = 11


class Role(IntEnum):
    """Parts of a line."""

    GROUP = Qt.ItemDataRole.UserRole + 1
    SHORTCUT = Qt.ItemDataRole.UserRole + 2
    UNAVAILABLE = Qt.ItemDataRole.UserRole + 3


class CommandsModel(QAbstractListModel):
    """The commands that fit what was typed."""

    def __init__(self, commands: tuple[Command, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all = commands
        self._shown = list(commands)

    def filter(self, typed: str) -> None:
        """Show what fits."""
        self.beginResetModel()
        self._shown = matching(self._all, typed)
        self.endResetModel()

    def command(self, row: int) -> Command:
        """The command on a line."""
        return self._shown[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of lines."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Parts of a line."""
        if not index.isValid():
            return None
        command = self._shown[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return command.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return command.unavailable or None
        return {
            Role.GROUP: command.group,
            Role.SHORTCUT: command.shortcut,
            Role.UNAVAILABLE: command.unavailable,
        }.get(role)  # type: ignore[call-overload]


class Palette(QDialog):
    """Typing filters, arrows move, Return runs, Escape closes."""

    def __init__(self, commands: tuple[Command, ...], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground, on=False)
        self.setAccessibleName(self.tr("Commands"))
        self.model = CommandsModel(commands, self)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(self.tr("Search or run a command…"))
        self.edit.setAccessibleName(self.tr("Search or run a command"))
        self.edit.textChanged.connect(self._typed)
        self.edit.installEventFilter(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_CommandDelegate(theme, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.clicked.connect(self._run_index)
        self._none = label(self.tr("No command fits."), "muted")
        self._none.setContentsMargins(10, 4, 0, 8)
        self._none.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 8)
        column.setSpacing(8)
        column.addWidget(self.edit)
        column.addWidget(self.list)
        column.addWidget(self._none)
        self.list.setCurrentIndex(self.model.index(0))
        self._fit()

    def open_over(self, window: QWidget) -> None:
        """Show near the top of a window and take the keyboard."""
        width = min(560, window.width() - 40)
        self.setFixedWidth(width)
        place = window.mapToGlobal(window.rect().topLeft())
        self.move(place.x() + (window.width() - width) // 2, place.y() + 54)
        self.show()
        self.edit.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Return in the field steer the list."""
        if watched is self.edit and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            rows = self.model.rowCount()
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if event.key() in steps and rows:
                step = steps[Qt.Key(event.key())]
                row = self.list.currentIndex().row() + step
                row = row % rows if abs(step) == 1 else max(0, min(rows - 1, row))
                self.list.setCurrentIndex(self.model.index(row))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run_index(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.model.filter(text)
        self.list.setCurrentIndex(self.model.index(0))
        self._fit()

    def _fit(self) -> None:
        rows = self.model.rowCount()
        self._none.setVisible(rows == 0)
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(min(rows, _MOST_ROWS) * _ROW_PX + 4)
        self.adjustSize()

    @Slot(QModelIndex)
    def _run_index(self, index: QModelIndex) -> None:
        if index.isValid():
            command = self.model.command(index.row())
            if not command.unavailable:
                self.close()
                command.run()


class _CommandDelegate(QStyledItemDelegate):
    """Title, then its group in muted letters; the shortcut on the right."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        theme = self._theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selected))
            painter.drawRoundedRect(option.rect.adjusted(0, 1, 0, -1), 6, 6)
        rect = option.rect.adjusted(11, 0, -11, 0)
        font = QFont(option.font)
        font.setPixelSize(theme.text_px)
        small = QFont(option.font)
        small.setPixelSize(theme.small_px)
        unavailable = str(index.data(Role.UNAVAILABLE) or "")
        aside = unavailable or str(index.data(Role.SHORTCUT) or "")
        aside = QFontMetrics(small).elidedText(aside, Qt.TextElideMode.ElideRight, rect.width() // 2)
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), aside)
        room = rect.width() - QFontMetrics(small).horizontalAdvance(aside) - 10
        title = QFontMetrics(font).elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted if unavailable else theme.text))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), title)
        used = QFontMetrics(font).horizontalAdvance(title) + 8
        painter.setFont(small)
        painter.setPen(QColor(theme.muted))
        group = QFontMetrics(small).elidedText(
            str(index.data(Role.GROUP)), Qt.TextElideMode.ElideRight, max(0, room - used)
        )
        place = QRect(rect.left() + used, rect.top() + 1, max(0, room - used), rect.height())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), group)
        painter.restore()
