"""pyqtgraph is imported without a copy of all of Qt, and as it comes where that goes wrong; in fresh processes."""

import subprocess
import sys

import pytest

SLIM = """
from PySide6 import QtCore, QtGui, QtWidgets
from memgui.ui import slim_pyqtgraph as library
{before}
library.import_slim()
import pyqtgraph as pg
from PySide6.QtWidgets import QApplication
app = QApplication([])
widget = pg.PlotWidget()
widget.plot([1, 3, 2])
widget.grab()
assert issubclass(pg.GraphicsView, QtWidgets.QGraphicsView)
assert pg.QtWidgets.QLabel is QtWidgets.QLabel
assert "QWizard" in dir(QtWidgets) and "QWizard" in dir(pg.QtWidgets)
print(isinstance(pg.QtWidgets, library.Mirror), "QWizard" in vars(pg.QtWidgets))
"""
BROKEN = """
class Wrong(library.Mirror):
    def __getattr__(self, name):
        raise AttributeError(name)
library.Mirror = Wrong
"""


@pytest.mark.parametrize(("before", "told"), [("", "True False"), (BROKEN, "False True")], ids=["slim", "as it comes"])
def test_either_way_it_works(before, told):
    done = subprocess.run(
        [sys.executable, "-c", SLIM.format(before=before)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout.strip()) == (0, told), done.stderr
