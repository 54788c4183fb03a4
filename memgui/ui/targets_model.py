"""The tree of targets as a Qt model: runs, their ranks, and loader workers under their parent. GUI thread.

Nodes are looked up by number, never by pointer: a Python object behind a model index would have to outlive it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.i18n import metric_title, translate

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What the delegate and the panel ask for beside the name."""

    KEY = Qt.ItemDataRole.UserRole + 1
    DETAIL = Qt.ItemDataRole.UserRole + 2
    VALUE = Qt.ItemDataRole.UserRole + 3
    SPARK = Qt.ItemDataRole.UserRole + 4
    BADGE = Qt.ItemDataRole.UserRole + 5
    TONE = Qt.ItemDataRole.UserRole + 6
    KIND = Qt.ItemDataRole.UserRole + 7


@dataclass
class Node:
    """One row. kind: "run", "target" or "worker"; ident tells it apart from its siblings."""

    number: int
    kind: str
    ident: Any
    parent: Node | None
    children: list[Node] = field(default_factory=list)
    name: str = ""
    detail: str = ""
    value: str = ""
    spark: tuple[float, ...] = ()
    # Of what the sparkline was read.
    stamp: object = None
    badge: view.Badge | None = None
    tip: str = ""
    key: Any = None


class TargetsModel(QAbstractItemModel):
    """Adapts the live targets; `update` takes in what has changed, row by row."""

    def __init__(self, parent: QObject | None = None, hides: view.Hides = view.hides_nothing) -> None:
        """`hides` tells of which findings nothing is to be said."""
        super().__init__(parent)
        self._hides = hides
        self._root = Node(0, "root", None, None)
        self._nodes: dict[int, Node] = {0: self._root}
        self._last_number = 0

    # Qt's side.

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Index of a child row."""
        node = self._node(parent)
        if column != 0 or not 0 <= row < len(node.children):
            return QModelIndex()
        return self.createIndex(row, 0, node.children[row].number)

    def parent(self, index: _Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """Index of the parent row; invalid at the top."""
        above = self._node(index).parent
        return QModelIndex() if above is None or above is self._root else self._index_of(above)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of rows below."""
        return 0 if parent.isValid() and parent.column() > 0 else len(self._node(parent).children)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Always one; the delegate lays the parts out."""
        return 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Parts of a row, by Qt's roles and `Role`."""
        if not index.isValid():
            return None
        node = self._node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return node.name
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            return node.tip
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = [node.name, node.badge.text if node.badge else "", node.detail, node.value]
            return ", ".join(word for word in words if word)
        parts = {
            Role.KEY: node.key,
            Role.DETAIL: node.detail,
            Role.VALUE: node.value,
            Role.SPARK: node.spark,
            Role.BADGE: node.badge.text if node.badge else "",
            Role.TONE: node.badge.tone if node.badge else "",
            Role.KIND: node.kind,
        }
        return parts.get(role)  # type: ignore[call-overload]

    # The panel's side.

    def index_of_key(self, key: object) -> QModelIndex:
        """Where a target's row is; invalid where it has none."""
        for node in self._nodes.values():
            if node.kind == "target" and node.key == key:
                return self._index_of(node)
        return QModelIndex()

    def keys(self) -> list[Any]:
        """Targets in the order of the tree."""
        return [node.key for top in self._root.children for node in (top, *top.children) if node.kind == "target"]

    def update(self, targets: tuple[LiveTarget, ...]) -> None:
        """Take in the present targets: rows come and go, and changed rows are announced."""
        groups: dict[str, list[LiveTarget]] = {}
        for target in targets:
            run = view.run_of(target)
            groups.setdefault(f"run {run}" if run else f"target {target.key}", []).append(target)
        wanted: list[tuple[str, Any]] = []
        for name, members in groups.items():
            wanted.append(("run", name) if len(members) > 1 else ("target", members[0].key))
        self._arrange(self._root, wanted)
        for node, members in zip(self._root.children, groups.values(), strict=True):
            if node.kind == "run":
                ordered = sorted(members, key=_rank_order)
                self._arrange(node, [("target", target.key) for target in ordered])
                self._fill_run(node, ordered)
                for child, target in zip(node.children, ordered, strict=True):
                    self._fill_target(child, target)
            else:
                self._fill_target(node, members[0])

    def _fill_run(self, node: Node, members: list[LiveTarget]) -> None:
        values = [target.timeline.latest(view.main_metric(target)) for target in members]
        known = [value for value in values if value is not None]
        alive = sum(target.state != "ended" for target in members)
        self._fill(
            node,
            name=view.plain_name(members[0]),
            detail=translate("target", "{alive} of {all} ranks alive").format(alive=alive, all=len(members)),
            value=fmt.size(sum(known)) if known else fmt.MISSING,
            tip=translate("target", "Sum over the ranks of this run that are watched here."),
        )

    def _fill_target(self, node: Node, target: LiveTarget) -> None:
        node.key = target.key
        metric = metric_title(view.main_metric(target))
        below = node.parent is not None and node.parent.kind == "run"
        rank = view.rank_of(target)
        self._fill(
            node,
            name=translate("target", "rank {rank}").format(rank=rank[0]) if below and rank else view.title(target),
            detail=view.detail(target),
            value=view.value_text(target),
            spark=self._spark(node, target),
            badge=view.badge(target, self._hides),
            tip=f"{view.title(target)} · {target.state_text or view.state_words(target)}\n"
            + translate("target", "Shown: {metric}, the last two minutes").format(metric=metric),
        )
        self._arrange(node, [("worker", child.pid) for child in target.children])
        for row, child in zip(node.children, target.children, strict=True):
            row.key = target.key
            self._fill(
                row,
                name=child.role or child.name,
                detail=translate("target", "pid {pid}").format(pid=child.pid),
                value=fmt.size(child.rss_bytes),
                tip=" ".join(child.cmdline),
            )

    def _spark(self, node: Node, target: LiveTarget) -> tuple[float, ...]:
        """Read anew where something came, once a second at most: a point of it stands for four."""
        timeline = target.timeline
        stamp = (target.key, timeline.rewritten, int(timeline.last_t or 0.0))
        if node.stamp == stamp:
            return node.spark
        node.stamp = stamp
        return view.spark(target)

    def _fill(self, node: Node, **parts: Any) -> None:
        changed = False
        for name, value in parts.items():
            old = getattr(node, name)
            # NaN differs from itself: sparklines are compared by their text.
            if old != value and not (name == "spark" and repr(old) == repr(value)):
                setattr(node, name, value)
                changed = True
        if changed:
            index = self._index_of(node)
            self.dataChanged.emit(index, index)

    def _arrange(self, parent: Node, wanted: list[tuple[str, Any]]) -> None:
        """Make the children of `parent` those wanted, in that order, with the fewest changes."""
        have = [(node.kind, node.ident) for node in parent.children]
        if have == wanted:
            return
        above = QModelIndex() if parent is self._root else self._index_of(parent)
        for row in reversed(range(len(parent.children))):
            if have[row] not in wanted:
                self.beginRemoveRows(above, row, row)
                self._drop(parent.children.pop(row))
                self.endRemoveRows()
        for row, (kind, ident) in enumerate(wanted):
            present = [(node.kind, node.ident) for node in parent.children]
            if row < len(present) and present[row] == (kind, ident):
                continue
            if (kind, ident) in present:
                old = present.index((kind, ident))
                self.beginMoveRows(above, old, old, above, row)
                parent.children.insert(row, parent.children.pop(old))
                self.endMoveRows()
                continue
            self._last_number += 1
            node = Node(self._last_number, kind, ident, parent)
            self.beginInsertRows(above, row, row)
            self._nodes[node.number] = node
            parent.children.insert(row, node)
            self.endInsertRows()

    def _drop(self, node: Node) -> None:
        self._nodes.pop(node.number, None)
        for child in node.children:
            self._drop(child)

    def _node(self, index: _Index) -> Node:
        return self._nodes.get(int(index.internalId()), self._root) if index.isValid() else self._root

    def _index_of(self, node: Node) -> QModelIndex:
        above = node.parent or self._root
        return self.createIndex(above.children.index(node), 0, node.number)


def _rank_order(target: LiveTarget) -> int:
    rank = view.rank_of(target)
    return rank[0] if rank else 0
