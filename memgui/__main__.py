"""`python -m memgui` is the command `memgui`."""

from memgui.cli import script

script()
