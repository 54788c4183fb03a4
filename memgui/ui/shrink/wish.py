"""The wish to shrink a module, from wherever it is shown, to whoever opens the dialog. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class ShrinkWish(QObject):
    """Attributes: wanted: path of the module as `inspect.modules` tells it, and that answer."""

    wanted = Signal(str, object)
