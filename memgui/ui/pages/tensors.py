"""All tensors of the target, in groups of one shape, type, place and role. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Slot
from PySide6.QtWidgets import QFrame, QLineEdit, QTableView, QVBoxLayout, QWidget

from memgui.protocol.inspection import InspectParams, TensorGroup, Tensors, TensorsParams
from memgui.ui import format as fmt
from memgui.ui.groups_model import GroupColumn, GroupsModel, role_words, shape_words
from memgui.ui.held_by import HeldBy
from memgui.ui.i18n import translate
from memgui.ui.labels import label
from memgui.ui.pages.look import LookPage
from memgui.ui.pages.page import Desk
from memgui.ui.pages.table_page import dress
from memgui.ui.pages.tabs import TENSORS
from memgui.ui.theme import Theme

_LEAST_PX = 52
_WIDTHS = {
    GroupColumn.SHAPE: 96, GroupColumn.DTYPE: 72, GroupColumn.DEVICE: 56, GroupColumn.COUNT: 56,
    GroupColumn.BYTES: 82, GroupColumn.PER_STEP: 92, GroupColumn.ROLE: 130, GroupColumn.BORN: 100,
}  # fmt: skip


class TensorsPage(LookPage):
    """A table, a filter, and the chosen group in full.

    Attributes:
        model: the groups; view: the table; filter: words that must occur; held: finds who holds the chosen group.
    """

    tab = TENSORS

    method = "inspect.tensors"
    answer_type = Tensors

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self.model = GroupsModel(theme, self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.title())
        dress(self.view)
        # Heading and one row: the chains below need the rest where the dock is low.
        self.view.setMinimumHeight(_LEAST_PX)
        self.view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        header = self.view.horizontalHeader()
        header.setSortIndicator(GroupColumn.BYTES, Qt.SortOrder.DescendingOrder)
        self.view.setSortingEnabled(True)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(translate("tensors", "Filter…"))
        self.filter.setAccessibleName(translate("tensors", "Filter"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMinimumWidth(110)
        self.filter.setMaximumWidth(260)
        self.filter.textChanged.connect(self._filtered)
        self.bar.insertWidget(1, self.filter)
        self.total = label(role="small")
        self.bar.insertWidget(2, self.total)
        self.held = HeldBy(desk.asks, theme)
        self.held.hide()
        body = QFrame()
        column_of_two = QVBoxLayout(body)
        column_of_two.setContentsMargins(0, 0, 0, 0)
        column_of_two.setSpacing(0)
        column_of_two.addWidget(self.view, 1)
        column_of_two.addWidget(self.held)
        self.set_body(body)
        self.view.selectionModel().currentRowChanged.connect(self._chosen)
        self.model.modelReset.connect(self._reset)

    def invitation(self) -> str:
        """What is said before the first look."""
        return translate(
            "tensors",
            "Every tensor of the process, those that only autograd holds included, by shape, type, place and role. "
            "A second look tells what changes per step.",
        )

    def params(self) -> InspectParams:
        """As many groups as an answer takes well."""
        return TensorsParams()

    def show_answer(self, answer: Tensors) -> None:
        """Fill the table."""
        self.model.set_groups(answer.groups)
        # Where all are in one place, the room is better used.
        self.view.setColumnHidden(GroupColumn.DEVICE, len({group.device for group in answer.groups}) < 2)
        self.view.setColumnHidden(GroupColumn.BORN, not any(group.born for group in answer.groups))
        words = translate("tensors", "{size} in {n} groups").format(
            size=fmt.size(answer.total_bytes), n=fmt.count(answer.groups_count)
        )
        self.total.setText(words)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        self.model.set_theme(theme)
        self.held.set_theme(theme)

    @Slot(str)
    def _filtered(self, text: str) -> None:
        self.model.set_filter(text)

    @Slot()
    def _reset(self) -> None:
        self.held.hide()

    @Slot(QModelIndex, QModelIndex)
    def _chosen(self, now: QModelIndex, _before: QModelIndex) -> None:
        if now.isValid():
            group = self.model.group(now.row())
            self.held.show_group(self.target, group, details_of(group))


def details_of(group: TensorGroup) -> str:
    """A group in one line, nothing rounded."""
    each = group.bytes // group.count if group.count else 0
    parts = [
        f"{shape_words(group)} {group.dtype}, {group.device}, {role_words(group.role)}",
        translate("tensors", "{count} × {each} bytes = {all} bytes").format(
            count=fmt.count(group.count), each=fmt.number(each), all=fmt.number(group.bytes)
        ),
    ]
    if group.holder:
        parts.append(translate("tensors", "held by {holder}").format(holder=group.holder))
    if group.born:
        parts.append(translate("tensors", "born at {place}").format(place=group.born))
    return "  ·  ".join(parts)
