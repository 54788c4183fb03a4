"""Places that took memory, their stacks and frames, as a lazily filled Qt tree. GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, auto
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from memgui.analysis.native.fold import Fold, caller, fold, short_name
from memgui.analysis.native.model import Fault, Frame, Leak
from memgui.analysis.native.sites import Site
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.table_model import ColumnText
from memgui.ui.theme import Theme

_Index = QModelIndex | QPersistentModelIndex
SHARE_ROLE = Qt.ItemDataRole.UserRole + 1


class Column(IntEnum):
    """Columns of the tree."""

    PLACE = 0
    BYTES = auto()
    SHARE = auto()
    BLOCKS = auto()
    KIND = auto()
    FROM = auto()


def columns() -> dict[Column, ColumnText]:
    """Headings."""
    return {
        Column.PLACE: ColumnText(
            translate("native", "Taken by"),
            translate("native", "The innermost call that is neither the allocator nor the interpreter."),
        ),
        Column.BYTES: ColumnText(translate("native", "Bytes"), is_number=True),
        Column.SHARE: ColumnText(translate("native", "Share"), translate("native", "Of all bytes in the report.")),
        Column.BLOCKS: ColumnText(translate("native", "Blocks"), is_number=True),
        Column.KIND: ColumnText(
            translate("native", "Kind"),
            translate(
                "native",
                "definite: nothing points to it; indirect: only lost memory does; possible: something points into it; "
                "unfreed: not given back while the tool watched; reachable: still in use; high-water: in use at the "
                "highest point.",
            ),
        ),
        Column.FROM: ColumnText(translate("native", "Called from")),
    }


class _Node:
    """A row: a place, a stack, a frame or a fold, with its children once they were wanted."""

    __slots__ = ("_children", "item", "parent", "row")

    def __init__(self, item: Site | Leak | Frame | Fold | Fault, parent: _Node | None, row: int) -> None:
        self.item = item
        self.parent = parent
        self.row = row
        self._children: tuple[_Node, ...] | None = None

    @property
    def is_leaf(self) -> bool:
        return isinstance(self.item, Frame)

    @property
    def children(self) -> tuple[_Node, ...]:
        if self._children is None:
            self._children = tuple(_Node(item, self, row) for row, item in enumerate(self._items()))
        return self._children

    def _items(self) -> Sequence[Leak | Frame | Fold]:
        item = self.item
        if isinstance(item, Site):
            return item.leaks if len(item.leaks) > 1 else fold(item.leaks[0].stack)
        if isinstance(item, (Leak, Fault)):
            return fold(item.stack)
        return item.frames if isinstance(item, Fold) else ()


class LeakTree(QAbstractItemModel):
    """Shows sites and faults; a filter keeps those with a frame, kind or text that contains it."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._texts = columns()
        self._all: tuple[Site | Fault, ...] = ()
        self._rows: tuple[_Node, ...] = ()
        self._total_bytes = 0
        self._filter = ""

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self._theme = theme
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(Column) - 1))

    def show_all(self, faults: Sequence[Fault], sites: Sequence[Site]) -> None:
        """Show another report: wrong uses of memory first, then places by bytes."""
        self._all = (*faults, *sites)
        self._total_bytes = sum(site.bytes for site in sites)
        self._fill()

    def set_filter(self, text: str) -> None:
        """Show only rows with these words in a frame, a kind or a fault's text."""
        self._filter = text.strip().lower()
        self._fill()

    def shown(self) -> tuple[int, int]:
        """Bytes and number of places that the filter lets through."""
        sites = [node.item for node in self._rows if isinstance(node.item, Site)]
        return sum(site.bytes for site in sites), len(sites)

    def frame(self, index: _Index) -> Frame | None:
        """The call that a row stands for; None for a fold."""
        item = self._node(index).item
        if isinstance(item, Site):
            return item.frame
        if isinstance(item, Leak):
            return caller(item.stack)
        if isinstance(item, Fault):
            return next((part for part in fold(item.stack) if isinstance(part, Frame)), None)
        return item if isinstance(item, Frame) else None

    def words(self, index: _Index) -> str:
        """A row with its whole stack, for pasting into a report; of a place, its largest stack."""
        item = self._node(index).item
        if isinstance(item, Frame):
            return _line(item)
        stack = item.leaks[0].stack if isinstance(item, Site) else item.frames if isinstance(item, Fold) else item.stack
        head = "  ".join(filter(None, (_text(item, column) for column in (Column.BYTES, Column.KIND, Column.PLACE))))
        return "\n".join((head, *(f"    {_line(frame)}" for frame in stack)))

    def _fill(self) -> None:
        words = self._filter
        matches: dict[Frame, bool] = {}

        def match(frame: Frame) -> bool:
            if frame not in matches:
                matches[frame] = words in f"{frame.function} {frame.file} {frame.module}".lower()
            return matches[frame]

        def keep(item: Site | Fault) -> bool:
            if not words:
                return True
            if isinstance(item, Fault):
                return words in item.text.lower() or any(map(match, item.stack))
            return any(words in kind for kind in item.kinds) or any(
                match(frame) for leak in item.leaks for frame in leak.stack
            )

        self.beginResetModel()
        self._rows = tuple(_Node(item, None, row) for row, item in enumerate(filter(keep, self._all)))
        self.endResetModel()

    # Qt's side.

    def _node(self, index: _Index) -> _Node:
        node = index.internalPointer()
        assert isinstance(node, _Node)
        return node

    def _below(self, parent: _Index) -> tuple[_Node, ...]:
        return self._node(parent).children if parent.isValid() else self._rows

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """The cell at a place."""
        rows = self._below(parent)
        if 0 <= row < len(rows) and 0 <= column < len(Column):
            return self.createIndex(row, column, rows[row])
        return QModelIndex()

    def parent(self, index: _Index = QModelIndex()) -> Any:  # noqa: B008
        """The row that a row lies under."""
        above = self._node(index).parent if index.isValid() else None
        return QModelIndex() if above is None else self.createIndex(above.row, 0, above)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of rows; none below another column than the first."""
        return 0 if parent.column() > 0 else len(self._below(parent))

    def hasChildren(self, parent: _Index = QModelIndex()) -> bool:  # noqa: B008
        """A row can be unfolded; told without filling it."""
        if not parent.isValid():
            return bool(self._rows)
        return parent.column() == 0 and not self._node(parent).is_leaf and bool(self._below(parent))

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings of the columns."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        text = self._texts[Column(section)]
        if role == Qt.ItemDataRole.DisplayRole:
            return text.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return text.tip or None
        return _alignment(text) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, hover text, alignment, colour and share of a cell."""
        if not index.isValid():
            return None
        node, column = self._node(index), Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(node.item, column)
        if role == SHARE_ROLE:
            return self._share(node.item)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(node.item, column, self._share(node.item))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self._texts[column])
        if role == Qt.ItemDataRole.ForegroundRole:
            tone = _tone(node.item, column)
            return QColor(getattr(self._theme, tone)) if tone else None
        return None

    def _share(self, item: object) -> float | None:
        return item.bytes / self._total_bytes if isinstance(item, (Site, Leak)) and self._total_bytes else None


def _alignment(text: ColumnText) -> int:
    side = Qt.AlignmentFlag.AlignRight if text.is_number else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)


def frame_text(frame: Frame) -> str:
    """A call in words: "take   leak.c:12"."""
    name = short_name(frame.function) or "?"
    if frame.file:
        file = frame.file if frame.file.startswith("<") else frame.file.rsplit("/", 1)[-1]
        return f"{name}   {file}:{frame.line}" if frame.line else f"{name}   {file}"
    return f"{name}   {frame.module.rsplit('/', 1)[-1]}" if frame.module else name


def _line(frame: Frame) -> str:
    where = f"{frame.file}:{frame.line}" if frame.line else frame.file
    return "  ".join(filter(None, (frame.function or "?", where or frame.module)))


def _fold_text(part: Fold) -> str:
    reasons = {
        "allocator": translate("native", "allocator"),
        "dispatcher": translate("native", "dispatcher"),
        "interpreter": translate("native", "interpreter"),
        "start": translate("native", "start of the program"),
        "unknown": translate("native", "without names"),
    }
    count, why = len(part.frames), reasons.get(part.reason, part.reason)
    if count == 1:
        return translate("native", "… 1 frame: {reason}").format(reason=why)
    return translate("native", "… {count} frames: {reason}").format(count=count, reason=why)


def _text(item: object, column: Column) -> str:
    if column == Column.PLACE:
        if isinstance(item, Site):
            return frame_text(item.frame)
        if isinstance(item, Leak):
            above = caller(item.stack)
            if above is None:
                return translate("native", "one stack")
            return translate("native", "from {call}").format(call=frame_text(above))
        if isinstance(item, Fault):
            return item.text
        return _fold_text(item) if isinstance(item, Fold) else frame_text(item) if isinstance(item, Frame) else ""
    if isinstance(item, Fault):
        return {Column.BLOCKS: fmt.count(item.count), Column.KIND: item.kind}.get(column, "")
    if isinstance(item, (Site, Leak)):
        if column == Column.BYTES:
            return fmt.size(item.bytes)
        if column == Column.BLOCKS:
            return fmt.count(item.count)
        if column == Column.KIND:
            return ", ".join(item.kinds) if isinstance(item, Site) else item.kind
        if column == Column.FROM and isinstance(item, Site) and item.caller is not None:
            more = translate("native", " and {count} more").format(count=item.callers - 1) if item.callers > 1 else ""
            return frame_text(item.caller) + more
    return ""


def _tip(item: object, column: Column, share: float | None) -> str | None:
    if column == Column.SHARE and share is not None:
        return fmt.ratio(share)
    frame = item if isinstance(item, Frame) else item.frame if isinstance(item, Site) else None
    if column == Column.FROM and isinstance(item, Site):
        frame = item.caller
    if frame is not None and column in (Column.PLACE, Column.FROM):
        where = f"{frame.file}:{frame.line}" if frame.line else frame.file
        return "\n".join(part for part in (frame.function, where, frame.module) if part) or None
    return item.text if isinstance(item, Fault) else None


def _tone(item: object, column: Column) -> str:
    if isinstance(item, Fault):
        return "bad" if column == Column.PLACE else ""
    if isinstance(item, Site):
        return "" if item.is_finding and column != Column.FROM else "muted"
    return "muted" if isinstance(item, Fold) else ""
