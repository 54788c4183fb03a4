"""The middle of the window: tiles, charts on one time axis, events lane, crosshair. GUI thread.

The only package that imports pyqtgraph, and of it only `plot`.
"""

from memgui.ui.charts.area import ChartArea

__all__ = ["ChartArea"]
