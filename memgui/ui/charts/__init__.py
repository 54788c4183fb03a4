"""The middle of the window: tiles, charts on one time axis, events lane, crosshair. GUI thread."""

from memgui.ui.charts.area import ChartArea

__all__ = ["ChartArea"]
