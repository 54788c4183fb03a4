"""The left side: targets that are watched, and below what can be attached here. GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFrame, QMenu, QPushButton, QScrollArea, QTreeView, QVBoxLayout, QWidget

from memgui.ui.actions_panel import shrinks
from memgui.ui.attachable import AttachableList
from memgui.ui.labels import label, section
from memgui.ui.silence import Silence
from memgui.ui.targets_delegate import TargetsDelegate
from memgui.ui.targets_model import Role, TargetsModel
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.ui.feed import Feed

# Rows change with every sample; each draws a sparkline, which moves by a pixel in several seconds.
_ROWS_EVERY = 8


class LeftPanel(QFrame):
    """Tree of targets and list of attachable processes.

    Attributes:
        target_chosen: the key of the target to show; target_opened: a person has clicked it, or pressed Return.
        all_wanted: all targets are to be shown at once; forget_wanted: the key of one to drop.
        shrink_wanted: the key of a rank whose run is to be shrunk, on all of its ranks.
    """

    target_chosen = Signal(object)
    target_opened = Signal(object)
    all_wanted = Signal()
    forget_wanted = Signal(object)
    shrink_wanted = Signal(object)

    def __init__(self, feed: Feed, silence: Silence, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("leftPanel")
        self._feed = feed
        self._ticks = 0
        self._shown: tuple[object, ...] = ()
        self._updating = False
        self.model = TargetsModel(self, silence.hides)
        self.all_row = QPushButton()
        self.all_row.setObjectName("allTargets")
        self.all_row.setCheckable(True)
        self.all_row.setToolTip(self.tr("Compare all targets: small charts, or a heat map (Ctrl+T)"))
        self.all_row.clicked.connect(self.all_wanted)
        self.tree = self._make_tree(theme)
        self.attachable = AttachableList()
        self.attachable.attach_wanted.connect(feed.attach)
        self.attachable.cancel_wanted.connect(feed.cancel_attach)
        self.attachable.outside_wanted.connect(self._watch_outside)
        self._no_targets = label(
            self.tr("Nothing is watched yet. Launch… a script, or attach to one that runs."), "small", wrap=True
        )
        self._no_targets.setContentsMargins(9, 2, 9, 2)
        silence.changed.connect(self._update_rows)
        # Many come at once with a recording; their rows are made once for all.
        self._added = QTimer(self)
        self._added.setSingleShot(True)
        self._added.setInterval(0)
        self._added.timeout.connect(self._targets_changed)
        feed.target_added.connect(self._target_came)
        feed.target_removed.connect(self._targets_changed)
        feed.listed.connect(self._list_changed)
        feed.attach_changed.connect(self._list_changed)
        self._lay_out()
        self._list_changed()

    def _make_tree(self, theme: Theme) -> QTreeView:
        tree = QTreeView()
        tree.setModel(self.model)
        tree.setHeaderHidden(True)
        tree.setRootIsDecorated(False)
        tree.setIndentation(12)
        tree.setMouseTracking(True)
        tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        tree.setAccessibleName(self.tr("Targets"))
        tree.setExpandsOnDoubleClick(True)
        self._delegate = TargetsDelegate(theme, tree)
        tree.setItemDelegate(self._delegate)
        tree.customContextMenuRequested.connect(self._show_menu)
        tree.clicked.connect(self._opened)
        tree.activated.connect(self._opened)
        selection = tree.selectionModel()
        selection.currentChanged.connect(self._current_changed)
        self._shrink = QAction(self.tr("Shrink the job on all ranks…"), tree)
        self._shrink.triggered.connect(self._shrink_current)
        self._forget = QAction(self.tr("Stop watching"), tree)
        self._forget.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        self._forget.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._forget.triggered.connect(self._forget_current)
        tree.addAction(self._forget)
        return tree

    def _lay_out(self) -> None:
        body = QWidget()
        body.setObjectName("leftBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(10, 14, 10, 10)
        column.setSpacing(6)
        column.addWidget(_heading(self.tr("Targets")))
        column.addWidget(self._no_targets)
        column.addWidget(self.all_row)
        column.addWidget(self.tree)
        column.addSpacing(16)
        column.addWidget(_heading(self.tr("Attachable here")))
        column.addWidget(self.attachable)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(body)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        # Rows of a run come one by one; the tree is measured once for all of them.
        self._grown = QTimer(self)
        self._grown.setSingleShot(True)
        self._grown.setInterval(0)
        self._grown.timeout.connect(self._fit_tree)
        for rows_signal in (self.model.rowsInserted, self.model.rowsRemoved):
            rows_signal.connect(self._rows_changed)
        for signal in (self.tree.expanded, self.tree.collapsed):
            signal.connect(self._fit_tree)
        self._fit_tree()
        self._count_targets()

    @Slot()
    def _rows_changed(self) -> None:
        self._grown.start()

    @Slot()
    def _fit_tree(self) -> None:
        """The tree is as high as its rows: targets and attachable processes scroll together."""
        height, index = 0, self.model.index(0, 0)
        while index.isValid():
            height += self.tree.sizeHintForIndex(index).height()
            index = self.tree.indexBelow(index)
        self.tree.setFixedHeight(height + 2)
        self.tree.setVisible(self.model.rowCount() > 0)

    def set_theme(self, theme: Theme) -> None:
        """Paint with other colours from now on."""
        self._delegate.set_theme(theme)
        self.tree.viewport().update()

    def refresh(self) -> None:
        """Called by the window's timer."""
        self._ticks += 1
        if self._ticks % _ROWS_EVERY == 0 or self._standing() != self._shown:
            self._update_rows()

    def _standing(self) -> tuple[object, ...]:
        """What is not to wait."""
        return tuple((target.key, target.state) for target in self._feed.targets)

    def select(self, key: object) -> None:
        """Make a target the current one."""
        self._update_rows()
        index = self.model.index_of_key(key)
        if index.isValid():
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)

    @Slot()
    def _update_rows(self) -> None:
        # Removing the current row makes another one current, which asks for an update amid this one; the rows
        # are right again with the next tick.
        if self._updating:
            return
        self._updating = True
        try:
            self._shown = self._standing()
            self.model.update(self._feed.targets)
        finally:
            self._updating = False

    @Slot(object)
    def _target_came(self, _key: object) -> None:
        self._added.start()

    @Slot()
    @Slot(object)
    def _targets_changed(self, _key: object = None) -> None:
        self._update_rows()
        has_any = bool(self._feed.targets)
        self._no_targets.setVisible(not has_any)
        self._count_targets()
        self._list_changed()

    def _count_targets(self) -> None:
        count = len(self._feed.targets)
        self.all_row.setText(self.tr("All targets") + f"  ·  {count}")
        self.all_row.setVisible(count > 1)

    def mark_all(self, *, shown: bool) -> None:
        """Show whether all targets are in sight."""
        self.all_row.setChecked(shown)

    @Slot()
    def _list_changed(self, _pid: int = 0) -> None:
        watched = {target.pid for target in self._feed.targets if target.state != "ended"}
        infos = tuple(info for info in self._feed.here if info.pid not in watched)
        ordered = tuple(sorted(infos, key=_attachable_first))
        going_on = {info.pid: state for info in ordered if (state := self._feed.attaching(info.pid)) is not None}
        if not self._feed.was_listed:
            note = self.tr("Looking…")
        elif self._feed.here:
            note = self.tr("Every PyTorch process here is watched.")
        else:
            note = self.tr("No other PyTorch process runs here.")
        self.attachable.show_processes(ordered, going_on, note)

    @Slot(QModelIndex)
    def _opened(self, index: QModelIndex) -> None:
        key = index.data(Role.KEY)
        if key is not None:
            self.target_opened.emit(key)

    @Slot(QModelIndex, QModelIndex)
    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        key = _key_of(current)
        if key is not None:
            self.target_chosen.emit(key)

    @Slot(int)
    def _watch_outside(self, pid: int) -> None:
        key = self._feed.watch(pid)
        if key is not None:
            self.target_chosen.emit(key)

    @Slot(QPoint)
    def _show_menu(self, place: QPoint) -> None:
        index = self.tree.indexAt(place)
        key = _key_of(index)
        if key is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if index.data(Role.KIND) == "run":
            target = self._feed.target(key)
            self._shrink.setEnabled(target is not None and any(map(shrinks, target.actions)))
            menu.addAction(self._shrink)
        else:
            menu.addAction(self._forget)
        menu.popup(self.tree.viewport().mapToGlobal(place))

    @Slot()
    def _shrink_current(self) -> None:
        key = _key_of(self.tree.currentIndex())
        if key is not None:
            self.shrink_wanted.emit(key)

    @Slot()
    def _forget_current(self) -> None:
        key = self.tree.currentIndex().data(Role.KEY)
        if key is not None:
            self.forget_wanted.emit(key)


def _heading(text: str) -> QWidget:
    made = section(text)
    made.setContentsMargins(4, 0, 0, 0)
    return made


def _attachable_first(info: Any) -> tuple[bool, int]:
    return (not (info.attachable or info.agent), info.pid)


def _key_of(index: QModelIndex) -> Any:
    """The target of a row; that of its first rank for a run, None for none."""
    if not index.isValid():
        return None
    key = index.data(Role.KEY)
    return key if key is not None else index.model().index(0, 0, index).data(Role.KEY)
