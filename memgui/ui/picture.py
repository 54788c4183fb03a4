"""The charts as a picture, as they are shown: PNG at twice the size of the screen, or SVG. GUI thread."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QRegion
from PySide6.QtWidgets import QWidget

from memgui.protocol.errors import BadInput
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_SCALE = 2
_MARGIN_PX = 12
ENDINGS = (".png", ".svg")


def save_picture(widget: QWidget, path: Path, theme: Theme) -> None:
    """Write what a widget shows into a file; by its ending a picture of pixels or of lines.

    Raises:
        BadInput: the ending is another one, or the file cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise BadInput(f"{path} has no ending of a picture", f"end it in one of: {', '.join(ENDINGS)}")
    size = widget.size() + QSize(2 * _MARGIN_PX, 2 * _MARGIN_PX)
    written = _svg(widget, path, size, theme) if path.suffix.lower() == ".svg" else _png(widget, path, size, theme)
    if not written:
        raise BadInput(f"{path} cannot be written", "choose a folder of your own with room in it")


def _png(widget: QWidget, path: Path, size: QSize, theme: Theme) -> bool:
    image = QImage(size * _SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(_SCALE)
    image.fill(QColor(theme.window))
    painter = QPainter(image)
    _render(widget, painter)
    painter.end()
    return image.save(str(path))


def _svg(widget: QWidget, path: Path, size: QSize, theme: Theme) -> bool:
    from PySide6.QtSvg import QSvgGenerator

    from memgui.ui.charts.plot import PlotView

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(0, 0), size))
    generator.setResolution(96)
    generator.setTitle("memgui")
    painter = QPainter()
    if not painter.begin(generator):
        return False
    painter.fillRect(QRect(QPoint(0, 0), size), QColor(theme.window))
    with ExitStack() as stack:
        for plot in widget.findChildren(PlotView):
            stack.enter_context(plot.in_lines())
        _render(widget, painter)
    painter.end()
    return True


def _render(widget: QWidget, painter: QPainter) -> None:
    # Without the widget's own ground, which is the window's.
    widget.render(painter, QPoint(_MARGIN_PX, _MARGIN_PX), QRegion(), QWidget.RenderFlag.DrawChildren)


def picture_of(target: LiveTarget, path: Path, *, theme_name: str, size: tuple[int, int]) -> None:
    """Write the charts of all that a target has, without a window.

    Raises:
        BadInput: as `save_picture`.
    """
    from PySide6.QtWidgets import QApplication

    from memgui.ui.appearance import Appearance
    from memgui.ui.charts import ChartArea

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["memgui"])
    appearance = Appearance(app, theme_name)
    appearance.dress()
    charts = ChartArea(appearance.theme)
    charts.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    charts.resize(*size)
    charts.set_span(None)
    charts.show_target(target)
    charts.show()
    app.processEvents()
    try:
        save_picture(charts, path, appearance.theme)
    finally:
        charts.close()
