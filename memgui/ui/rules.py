"""The page on verdicts as the window shows it: the section of one rule. No Qt.

The page docs/verdicts.md is the one source: a checkout has it in its place, a wheel among the resources.
"""

from __future__ import annotations

from functools import lru_cache

from memgui.ui.resources import resource_path, resource_root


@lru_cache(maxsize=1)
def page() -> str:
    """docs/verdicts.md, Markdown; empty where the installation lacks it."""
    for path in (resource_path("rules", "verdicts.md"), resource_root().parent / "docs" / "verdicts.md"):
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return ""


def section(name: str) -> str:
    """The part of the page under the heading of that name, whatever its level, Markdown; empty where there is none."""
    lines: list[str] = []
    depth = 0
    for line in page().splitlines():
        level = len(line) - len(line.lstrip("#")) if line.startswith("#") else 0
        if level and depth and level <= depth:
            break
        if level and not depth and line[level:].strip().strip("`").lower() == name.lower():
            depth = level
        elif depth:
            lines.append(line)
    return "\n".join(lines).strip()


def explanation(kind: str, rule: str) -> str:
    """What is to be said of this kind of memory, then how the rule reaches its verdict; Markdown."""
    return "\n\n---\n\n".join(part for part in (section(kind), section(rule) if rule != kind else "") if part)
