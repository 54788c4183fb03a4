"""docs/lint.md says what the rules say, and knows every option of the command."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from memgui.analysis.lint.rules import RULES
from memgui.cli.lint import command

PAGE = (Path(__file__).parents[4] / "docs" / "lint.md").read_text()


@pytest.mark.parametrize("code", RULES)
def test_the_page_has_each_rule_in_its_own_words(code: str) -> None:
    rule = RULES[code]
    section = PAGE.partition(f"### {code} {rule.name}\n")[2].partition("\n### ")[0]
    for words in (rule.title, rule.why, rule.bad.rstrip(), rule.good.rstrip(), rule.fix):
        assert words in section
    assert ("`--fix`" in section) is rule.fixable


def test_the_page_has_each_option() -> None:
    options = [name for parameter in command.params if isinstance(parameter, click.Option) for name in parameter.opts]
    assert [name for name in options if name not in PAGE] == []
