"""Shows native leaks as a tree: places, and under each the calls that led to it. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTreeView, QWidget

from memgui.ui.native.share_delegate import ShareDelegate
from memgui.ui.native.tree_model import Column, LeakTree
from memgui.ui.theme import Theme

_WIDTHS = {Column.BYTES: 90, Column.SHARE: 130, Column.BLOCKS: 76, Column.KIND: 110, Column.FROM: 210}
# Below such a width a column gives way to the names.
_HIDDEN_BELOW_PX = {Column.FROM: 700, Column.BLOCKS: 560, Column.KIND: 560}


class LeakView(QTreeView):
    """Columns by importance where it is narrow; a stack can be copied.

    Attributes:
        tree: its model.
    """

    def __init__(self, tree: LeakTree, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tree = tree
        self._shares = ShareDelegate(theme, self)
        self.setObjectName("nativeTree")
        self.setModel(tree)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setAllColumnsShowFocus(True)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Native leaks"))
        self.setItemDelegateForColumn(Column.SHARE, self._shares)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setIndentation(16)
        self.expanded.connect(self._unfolded)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        copy = QAction(self.tr("Copy stack"), self)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.addAction(copy)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.PLACE, QHeaderView.ResizeMode.Stretch)
        header.setMinimumHeight(QFontMetrics(header.font()).height() + 10)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self.tree.set_theme(theme)
        self._shares.set_theme(theme)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the names readable: what is least needed gives way."""
        super().resizeEvent(event)
        for column, width in _HIDDEN_BELOW_PX.items():
            self.setColumnHidden(column, event.size().width() < width)

    @Slot(QModelIndex)
    def _unfolded(self, index: QModelIndex) -> None:
        """Calls have nothing but a name: give it the whole row."""
        for row in range(self.tree.rowCount(index)):
            if self.tree.index(row, Column.BYTES, index).data() == "":
                self.setFirstColumnSpanned(row, index, True)

    @Slot()
    def _copy(self) -> None:
        index = self.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(self.tree.words(index))
