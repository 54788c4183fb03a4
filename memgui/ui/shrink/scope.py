"""What a shrink may touch: the modules of the target as a tree with checkboxes, and a filter. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from memgui.protocol.inspection import Modules
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.labels import ElidedLabel, label, section
from memgui.ui.shrink.scope_model import ScopeColumn, ScopeModel
from memgui.ui.theme import Theme

_BYTES_PX, _SHARE_PX = 80, 56
# So many rows are opened at once; a model of hundreds of layers stays folded below its first level.
_OPEN_ROWS = 40


class Scope(QWidget):
    """Until the modules are known, and where they cannot be had, everything is in the scope.

    Attributes:
        changed: other modules are in the scope.
        model: the modules; view: the tree.
    """

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ScopeModel(theme, self)
        self.model.scope_changed.connect(self._scope_changed)
        self._filtered = _Filter(self)
        self._filtered.setSourceModel(self.model)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(translate("shrink", "Filter modules"))
        self.filter.setAccessibleName(translate("shrink", "Filter modules"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter_changed)
        self.view = self._make_view()
        self._sum = ElidedLabel(role="small")
        self.all_button = self._link(translate("shrink", "All"), translate("shrink", "Tick every module"))
        self.all_button.clicked.connect(self._all_clicked)
        self.none_button = self._link(translate("shrink", "None"), translate("shrink", "Untick every module"))
        self.none_button.clicked.connect(self._none_clicked)
        self._note = label(role="muted", wrap=True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._note)
        self._stack.addWidget(self.view)
        self._lay_out()
        self.say(translate("shrink", "Asking the target for its modules, at its next step boundary…"))

    def _make_view(self) -> QTreeView:
        view = QTreeView()
        view.setModel(self._filtered)
        view.setObjectName("scope")
        view.setAccessibleName(translate("shrink", "Modules to shrink"))
        view.setUniformRowHeights(True)
        view.setIndentation(14)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(ScopeColumn.NAME, QHeaderView.ResizeMode.Stretch)
        for column, wide in ((ScopeColumn.BYTES, _BYTES_PX), (ScopeColumn.SHARE, _SHARE_PX)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, wide)
        return view

    def _link(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("role", "link")
        button.setProperty("scale", "small")
        button.setAutoDefault(False)
        button.setAccessibleName(name)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(section(translate("shrink", "Modules")))
        head.addStretch(1)
        head.addWidget(self.all_button)
        head.addWidget(self.none_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.filter)
        column.addWidget(self._stack, 1)
        column.addWidget(self._sum)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self.model.set_theme(theme)

    def say(self, text: str) -> None:
        """Say why there is no tree; everything is in the scope then."""
        self._note.setText(text)
        self._stack.setCurrentIndex(0)
        for part in (self.filter, self.all_button, self.none_button):
            part.setEnabled(False)
        self._sum.setText("")

    def show_modules(self, answer: Modules, only: str | None = None) -> None:
        """Show the tree; only one module is ticked where its path is given."""
        self.model.set_modules(answer.modules, only)
        if not self.model.roots:
            self.say(translate("shrink", "No module with memory of its own was found; everything is in the scope."))
            return
        self._stack.setCurrentIndex(1)
        for part in (self.filter, self.all_button, self.none_button):
            part.setEnabled(True)
        depth = 0
        while depth < 3 and self._rows_to(depth + 1) <= _OPEN_ROWS:
            depth += 1
        self.view.expandToDepth(depth - 1) if depth else self.view.collapseAll()
        if only is not None:
            place = self._filtered.mapFromSource(self.model.place_of(only))
            self.view.setCurrentIndex(place)
            self.view.scrollTo(place, QAbstractItemView.ScrollHint.PositionAtCenter)

    def chosen(self) -> str | None:
        """Value of the parameter `modules`; None where nothing is ticked."""
        return self.model.chosen()

    def _rows_to(self, depth: int) -> int:
        level, rows = list(self.model.roots), len(self.model.roots)
        for _ in range(depth):
            level = [child for branch in level for child in branch.children]
            rows += len(level)
        return rows

    @Slot()
    def _scope_changed(self) -> None:
        self.view.viewport().update()
        self._sum.setText(
            translate("shrink", "{size} in the scope").format(size=fmt.size(self.model.chosen_bytes()))
            if self.model.chosen() is not None
            else translate("shrink", "nothing is ticked")
        )
        self.changed.emit()

    @Slot()
    def _all_clicked(self) -> None:
        self.model.tick_all(on=True)

    @Slot()
    def _none_clicked(self) -> None:
        self.model.tick_all(on=False)

    @Slot(str)
    def _filter_changed(self, text: str) -> None:
        self._filtered.setFilterFixedString(text)
        if text:
            self.view.expandAll()


class _Filter(QSortFilterProxyModel):
    """Rows whose path holds the text, with all above and below them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setRecursiveFilteringEnabled(True)
        self.setAutoAcceptChildRows(True)
        self.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        """Looks at the whole path, so that "layers.3" finds a layer."""
        model = self.sourceModel()
        branch = model.branch(model.index(row, 0, parent)) if isinstance(model, ScopeModel) else None
        wanted = self.filterRegularExpression()
        return branch is not None and wanted.match(branch.node.path).hasMatch()
