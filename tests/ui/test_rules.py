"""What the window shows of docs/verdicts.md."""

from __future__ import annotations

import re
from pathlib import Path

import memgui.analysis
from memgui.analysis.finding import Finding
from memgui.ui import rules


def test_a_section_is_the_text_under_its_heading_only(monkeypatch):
    monkeypatch.setattr(
        rules, "page", lambda: "# Page\n\n## one\n\nFirst.\n\n### Why\n\nBecause.\n\n## `two`\nSecond.\n"
    )
    assert rules.section("one") == "First.\n\n### Why\n\nBecause."
    assert rules.section("two") == "Second."
    assert rules.section("Why") == "Because."
    assert rules.section("three") == ""


def test_a_kind_is_explained_before_the_rule(monkeypatch):
    monkeypatch.setattr(
        rules, "page", lambda: "## rule\n\nHow.\n\n## Kinds\n\n### tensor\n\nWhat.\n\n### graph\n\nOther.\n"
    )
    assert rules.explanation("tensor", "rule") == "What.\n\n---\n\nHow."
    assert rules.explanation("rule", "rule") == rules.explanation("unknown", "rule") == "How."


def test_every_section_that_a_finding_may_name_is_on_the_page():
    """The rules name their sections as `section="…"`, in the source or by the field's default."""
    sources = Path(memgui.analysis.__file__).parent.glob("*.py")
    named = {name for path in sources for name in re.findall(r'section(?:: str)?\s*=\s*"([^"]+)"', path.read_text())}
    assert Finding.section in named
    for name in named:
        assert "why am i told this" in rules.section(name).lower(), name
