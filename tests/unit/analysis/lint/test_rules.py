"""Each rule on functions that break it, on near misses that do not, and on the examples it is explained with."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from memgui.analysis.lint.check import Selection, check_source
from memgui.analysis.lint.rule import Settings
from memgui.analysis.lint.rules import RULES

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = Settings(memory_bytes=64 * 2**30)
HEADER = """\
import gc
import threading
import numpy as np
import torch
from concurrent.futures import ThreadPoolExecutor
"""


def parts(code: str) -> tuple[set[str], set[str], set[str]]:
    """Names of the bad and good parts of a rule's fixture, and those in which the rule finds something."""
    path = FIXTURES / f"{code.lower()}.py"
    text = path.read_text()
    report = check_source(str(path), text, Selection(frozenset({code}), SETTINGS))
    named = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    hit = {
        node.name
        for node in named
        for found in report.hits
        if min([node.lineno, *(item.lineno for item in node.decorator_list)]) <= found.line <= (node.end_lineno or 0)
    }
    bad, good = ({node.name for node in named if node.name.startswith(kind)} for kind in ("bad_", "good_"))
    return bad, good, hit


@pytest.mark.parametrize("code", RULES)
def test_a_rule_finds_each_bad_part(code: str) -> None:
    bad, _, hit = parts(code)
    assert len(bad) >= 3
    assert bad - hit == set()


@pytest.mark.parametrize("code", RULES)
def test_a_rule_is_silent_on_each_near_miss(code: str) -> None:
    _, good, hit = parts(code)
    assert len(good) >= 3
    assert good & hit == set()


@pytest.mark.parametrize("code", RULES)
def test_the_examples_of_a_rule_break_it_and_no_other(code: str) -> None:
    rule = RULES[code]
    selection = Selection(frozenset(RULES), SETTINGS)
    assert {hit.rule for hit in check_source("bad.py", HEADER + rule.bad, selection).hits} == {code}
    assert check_source("good.py", HEADER + rule.good, selection).hits == ()


def test_rules_are_numbered_without_a_gap_and_named_differently() -> None:
    assert list(RULES) == [f"MG{number:03}" for number in range(1, 24)]
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
