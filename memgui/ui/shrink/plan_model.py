"""The layers of a preview as a table. GUI thread."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from memgui.protocol.shrinking import LayerChange
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.shrink.bars import sizes_tip
from memgui.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
LAYER_ROLE = Qt.ItemDataRole.UserRole + 1
# A layer that loses more than this is worth a second look.
_MUCH = 0.25


class PlanColumn(IntEnum):
    """Columns of the preview."""

    MODULE = 0
    BARS = 1
    FREED = 2
    DAMAGE = 3


_NUMBERS = (PlanColumn.FREED, PlanColumn.DAMAGE)


def freed(layer: LayerChange) -> int:
    """Bytes that the change of a layer frees."""
    return layer.before.total - layer.after.total


def worth(layer: LayerChange) -> float:
    """Bytes freed per unit of damage; what does no damage comes first."""
    return freed(layer) / layer.damage if layer.damage else float("inf")


class PlanModel(QAbstractTableModel):
    """Layers by bytes freed per unit of damage, most first, until a person wants another order.

    Attributes:
        largest: bytes of the largest layer, which the bars are measured by.
    """

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._layers: list[LayerChange] = []
        self._sorted_by: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.DescendingOrder)
        self.largest = 0

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        self.layoutChanged.emit()

    def set_layers(self, layers: tuple[LayerChange, ...]) -> None:
        """Show these, in the order that was chosen."""
        self.beginResetModel()
        self._layers = list(layers)
        self._arrange()
        self.largest = max((max(layer.before.total, layer.after.total) for layer in layers), default=0)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By a column; -1 for bytes per damage."""
        self.layoutAboutToBeChanged.emit()
        self._sorted_by = (column, order)
        self._arrange()
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        column, order = self._sorted_by
        self._layers.sort(key=_keys(column), reverse=order == Qt.SortOrder.DescendingOrder)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Layers."""
        return 0 if parent.isValid() else len(self._layers)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return 0 if parent.isValid() else len(PlanColumn)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts; the delegate paints the bars from the layer itself."""
        if not index.isValid():
            return None
        layer, column = self._layers[index.row()], PlanColumn(index.column())
        if role == LAYER_ROLE:
            return layer
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(layer, column)
        if role == Qt.ItemDataRole.AccessibleTextRole and column == PlanColumn.BARS:
            return f"{fmt.size(layer.before.total)} → {fmt.size(layer.after.total)}"
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and column == PlanColumn.MODULE:
            return layer.text
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{layer.module} · {layer.kind}\n{layer.text}\n{sizes_tip(layer.before, layer.after)}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(layer, column)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(PlanColumn):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _titles()[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == PlanColumn.DAMAGE:
            return translate(
                "shrink", "Share of the layer's importance, or of its norm, that is lost; a dash where nothing is."
            )
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _colour(self, layer: LayerChange, column: PlanColumn) -> QColor | None:
        if column == PlanColumn.FREED and freed(layer) > 0:
            return QColor(self._theme.good)
        if column == PlanColumn.DAMAGE and (layer.damage or 0.0) > _MUCH:
            return QColor(self._theme.warn)
        return None


def _text(layer: LayerChange, column: PlanColumn) -> str:
    if column == PlanColumn.MODULE:
        return layer.module
    if column == PlanColumn.FREED:
        return fmt.size_change(-freed(layer))
    if column == PlanColumn.DAMAGE:
        return fmt.ratio(layer.damage)
    return ""


def _keys(column: int) -> Any:
    if column == PlanColumn.MODULE:
        return _by_name
    if column == PlanColumn.BARS:
        return lambda layer: layer.before.total
    if column == PlanColumn.FREED:
        return freed
    if column == PlanColumn.DAMAGE:
        return lambda layer: layer.damage or 0.0
    return lambda layer: (worth(layer), freed(layer))


def _by_name(layer: LayerChange) -> list[tuple[int, str]]:
    """Numbers in a name count as numbers: "layers.9" stands before "layers.10"."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in layer.module.split(".")]


def _titles() -> tuple[str, ...]:
    return (
        translate("shrink", "Module"),
        translate("shrink", "Before and after"),
        translate("shrink", "Freed"),
        translate("shrink", "Damage"),
    )
