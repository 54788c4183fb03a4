"""Modules with everything below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memgui.protocol.inspection import ModuleNode


@dataclass
class ModuleTotal:
    """Sums over a module and all below it; activations are None where they were not looked at."""

    parameters_bytes: int = 0
    gradients_bytes: int = 0
    optimizer_bytes: int = 0
    buffers_bytes: int = 0
    activations_bytes: int | None = None

    @property
    def total_bytes(self) -> int:
        """All of it."""
        lasting = self.parameters_bytes + self.gradients_bytes + self.optimizer_bytes + self.buffers_bytes
        return lasting + (self.activations_bytes or 0)

    def add(self, node: ModuleNode) -> None:
        """Count a module in."""
        self.parameters_bytes += node.parameters_bytes
        self.gradients_bytes += node.gradients_bytes
        self.optimizer_bytes += node.optimizer_bytes
        self.buffers_bytes += node.buffers_bytes
        if node.activations_bytes is not None:
            self.activations_bytes = (self.activations_bytes or 0) + node.activations_bytes


def totals(nodes: Sequence[ModuleNode]) -> list[ModuleTotal]:
    """One for each node, in their order."""
    by_path = {node.path: ModuleTotal() for node in nodes}
    for node in nodes:
        path = node.path
        while True:
            total = by_path.get(path)
            if total is not None:
                total.add(node)
            if "." not in path:
                break
            path = path.rsplit(".", 1)[0]
    return [by_path[node.path] for node in nodes]


@dataclass(eq=False)
class ModuleBranch:
    """A module in the tree.

    Attributes:
        name: the last word of its path.
        total: with everything below.
    """

    name: str
    node: ModuleNode
    total: ModuleTotal
    parent: ModuleBranch | None
    children: list[ModuleBranch]

    @property
    def row(self) -> int:
        """Its place among its siblings."""
        return self.parent.children.index(self) if self.parent is not None else 0


def tree_of(nodes: Sequence[ModuleNode]) -> list[ModuleBranch]:
    """The outermost modules, each with what is below it, in the order in which they were told."""
    branches: dict[str, ModuleBranch] = {}
    roots: list[ModuleBranch] = []
    for node, total in zip(nodes, totals(nodes), strict=True):
        above, _, name = node.path.rpartition(".")
        parent = branches.get(above)
        branch = ModuleBranch(name if parent is not None else node.path, node, total, parent, [])
        branches[node.path] = branch
        (roots if parent is None else parent.children).append(branch)
    return roots
