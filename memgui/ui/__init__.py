"""The window. Qt and pyqtgraph are imported here and nowhere else."""

from memgui.ui.imports import leave_sources_unread

leave_sources_unread()
