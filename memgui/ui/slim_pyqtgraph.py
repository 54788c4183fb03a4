"""pyqtgraph, imported without a copy of all of Qt. GUI thread.

It copies every name of QtCore, QtGui and QtWidgets into modules of its own. PySide6 makes a class when it is first
named, so that copying makes Python classes of all of Qt: 7 MB and a third of the time that the import takes. Given
modules that look a name up in PySide6 when it is asked for, and while PySide6's modules list nothing, it copies nothing
and finds everything all the same.

Source: pyqtgraph 0.14, Qt/__init__.py, `_copy_attrs`. Where that goes wrong, it is imported as it comes.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_COPIED = ("QtCore", "QtGui", "QtWidgets")


class Mirror(ModuleType):
    """Stands for a module and has what that one has."""

    def __init__(self, name: str, source: ModuleType) -> None:
        super().__init__(name)
        self._source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._source)})


def import_slim() -> None:
    """Import it, once, as small as it can be had."""
    if "pyqtgraph" in sys.modules:
        return
    try:
        _import_with(Mirror)
    except Exception:  # noqa: BLE001 - another version of it may do anything
        for name in [name for name in sys.modules if name.partition(".")[0] == "pyqtgraph"]:
            del sys.modules[name]
        importlib.import_module("pyqtgraph")


def _import_with(mirror: type[Mirror]) -> None:
    sources = [importlib.import_module(f"PySide6.{name}") for name in _COPIED]
    # PySide6's own lists the classes that are still to be made as well.
    listings = [vars(source).pop("__dir__", None) for source in sources]
    for name, source in zip(_COPIED, sources, strict=True):
        sys.modules[f"pyqtgraph.Qt.{name}"] = mirror(f"pyqtgraph.Qt.{name}", source)
        vars(source)["__dir__"] = list
    try:
        importlib.import_module("pyqtgraph")
    finally:
        for source, listing in zip(sources, listings, strict=True):
            del vars(source)["__dir__"]
            if listing is not None:
                vars(source)["__dir__"] = listing
