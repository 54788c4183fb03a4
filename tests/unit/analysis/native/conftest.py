"""Reports that the real tools wrote about a small library that loses memory; names of folders were changed."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def recorded() -> Path:
    """The folder of the reports."""
    return Path(__file__).parents[3] / "data" / "native"
