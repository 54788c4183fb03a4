"""What each module of the target takes, as a tree and as a map. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QHeaderView, QSplitter, QTreeView, QWidget

from memgui.analysis.module_totals import ModuleBranch
from memgui.protocol.inspection import InspectParams, Modules, ModulesParams
from memgui.ui.actions_panel import shrinks
from memgui.ui.i18n import translate
from memgui.ui.modules_model import ModuleColumn, ModulesModel
from memgui.ui.pages.look import LookPage
from memgui.ui.pages.page import Desk
from memgui.ui.pages.tabs import MODULES
from memgui.ui.theme import Theme
from memgui.ui.treemap import Treemap

_NAME_PX, _KIND_PX, _SIZE_PX = 156, 120, 98
_SHALLOW = 2


class ModulesPage(LookPage):
    """The tree on the left, the map on the right; what is chosen in one is chosen in the other.

    Attributes:
        model: the modules; view: the tree; map: the boxes; activations: look at a forward, too.
    """

    tab = MODULES

    method = "inspect.modules"
    answer_type = Modules

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self.model = ModulesModel(theme, self)
        self.view = QTreeView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.title())
        self.view.setObjectName("modules")
        self.view.setUniformRowHeights(True)
        self.view.setAlternatingRowColors(False)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setIndentation(14)
        header = self.view.header()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column in ModuleColumn:
            wide = {ModuleColumn.NAME: _NAME_PX, ModuleColumn.KIND: _KIND_PX}.get(column, _SIZE_PX)
            header.resizeSection(column, wide)
        self.map = Treemap(theme)
        self.map.setAccessibleName(translate("modules", "Map of the modules"))
        self.map.chosen.connect(self._chosen_on_map)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.view)
        split.addWidget(self.map)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 1)
        split.setSizes([_NAME_PX + 5 * _SIZE_PX, 280])
        self.set_body(split)
        self.activations = QCheckBox(translate("modules", "with activations"))
        self.activations.setToolTip(
            translate(
                "modules",
                "Also looks at what the forward of one step saves for backward, by hooks that are there for this step "
                "only.",
            )
        )
        self.bar.insertWidget(1, self.activations)
        self.view.selectionModel().currentRowChanged.connect(self._chosen_in_tree)
        self._shrink = QAction(translate("modules", "Shrink this module…"), self.view)
        self._shrink.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._shrink.triggered.connect(self._shrink_wanted)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.view.addAction(self._shrink)

    def invitation(self) -> str:
        """What is said before the first look."""
        return translate(
            "modules",
            "Parameters, gradients, optimizer state, buffers and, if you like, activations of each module, the models "
            "that are trained first.",
        )

    def params(self) -> InspectParams:
        """With activations where that was ticked."""
        return ModulesParams(activations=self.activations.isChecked())

    def show_answer(self, answer: Modules) -> None:
        """Fill tree and map."""
        self.model.set_modules(answer.modules)
        self.view.expandToDepth(_SHALLOW)
        self.view.setColumnHidden(
            ModuleColumn.ACTIVATIONS, all(node.activations_bytes is None for node in answer.modules)
        )
        self.map.set_roots(self.model.roots)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        self.model.set_theme(theme)
        self.map.set_theme(theme)

    @Slot(object)
    def _chosen_on_map(self, branch: ModuleBranch) -> None:
        place = self.model.place_of(branch)
        self.view.setCurrentIndex(place)
        self.view.scrollTo(place)

    @Slot(QModelIndex, QModelIndex)
    def _chosen_in_tree(self, now: QModelIndex, _before: QModelIndex) -> None:
        branch = self.model.branch(now)
        self.map.mark(branch)
        self._dress_menu(branch)

    def _dress_menu(self, branch: ModuleBranch | None) -> None:
        """Only what a method can take is offered: a module of a trained model, while the agent answers."""
        target = self.target
        offers = target is not None and target.state == "connected" and any(map(shrinks, target.actions))
        self._shrink.setEnabled(offers and branch is not None and branch.node.trained)

    @Slot()
    def _shrink_wanted(self) -> None:
        branch = self.model.branch(self.view.currentIndex())
        answer = self.answer
        if branch is not None and isinstance(answer, Modules):
            self.desk.shrink.wanted.emit(branch.node.path, answer)
