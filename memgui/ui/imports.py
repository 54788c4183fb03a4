"""What Qt does at every import after its own, and how to have it do less. Imported before everything else in `ui`."""

from __future__ import annotations

import sys
from typing import Any

import PySide6.QtCore  # noqa: F401 - it is what looks into the modules


def leave_sources_unread() -> None:
    """Keep PySide6 from reading the source of every module that is imported from now on.

    It searches each for its own name, so that `from __feature__ import …` can hold for the modules that use it, and
    `linecache` keeps what was read: 20 MB for the window, and a sixth of the time that importing pyqtgraph takes.
    Nothing here uses `__feature__`, so that no module needs to be told apart.

    Source: shibokensupport/feature.py of PySide6 6.11, `_mod_uses_pyside`. Where it is called otherwise, sources are
    read as before.
    """
    feature: Any = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = _uses_no_feature


def _uses_no_feature(_module: object) -> bool:
    return False
