"""Where icons, style sheets and translations lie: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import memgui


@lru_cache(maxsize=1)
def resource_root() -> Path:
    """The folder `resources`.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(memgui.__file__).resolve().parent
    for folder in (package / "resources", package.parent / "resources"):
        if (folder / "themes").is_dir():
            return folder
    raise FileNotFoundError(f"no folder 'resources' in or beside {package}: install memgui again")


def resource_path(*parts: str) -> Path:
    """A file below `resources`, whether it exists or not."""
    return resource_root().joinpath(*parts)
