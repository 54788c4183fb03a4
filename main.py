"""Starts the desktop application, as the command `memgui` does."""

from memgui.cli import script

if __name__ == "__main__":
    script()
