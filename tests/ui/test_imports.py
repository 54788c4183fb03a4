"""What an import costs beside Qt."""

import linecache
import sys
from pathlib import Path

import pytest

import memgui.ui  # noqa: F401 - what is tested happens at its import


def test_the_source_of_a_module_imported_after_qt_is_neither_read_nor_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "imported_after_qt.py"
    source.write_text("from PySide6.QtCore import QObject\n")
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, object] = {}
    exec("import imported_after_qt", names)  # the statement goes through PySide6's own __import__
    del sys.modules["imported_after_qt"]
    assert "imported_after_qt" in names
    assert str(source) not in linecache.cache
