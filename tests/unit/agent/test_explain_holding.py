"""Survivors are told by what holds them, and the same one stands for all of them each time."""

from __future__ import annotations

import types
from typing import Any

import pytest

from memgui.agent.explain.births import nearest_line
from memgui.agent.explain.holding import sort
from memgui.agent.explain.search import Search
from memgui.agent.inspect.budget import Budget

FAILURES: list[Any] = []


class Thing:
    """What is held."""


def check(given: Thing) -> None:
    made = Thing()
    raise ValueError(made is given)


def fail(given: Thing) -> None:
    try:
        check(given)
    except ValueError as error:
        FAILURES.append(error)


@pytest.mark.parametrize("first", ["given", "made"])
def test_a_kept_frame_is_told_by_what_its_function_made(first: str) -> None:
    FAILURES.clear()
    fail(Thing())
    # Without the frame of fail(), which is nearer and was only given it.
    FAILURES[0].__traceback__ = FAILURES[0].__traceback__.tb_next
    frame = FAILURES[0].__traceback__.tb_frame
    names = ["given", "made"] if first == "given" else ["made", "given"]
    survivors = {id(frame.f_locals[name]): frame.f_locals[name] for name in names}
    search = Search(float("inf"))
    search.ignore(survivors)
    (holding,) = sort(survivors, search, {}, Budget(10.0))
    FAILURES.clear()
    assert holding.path.text.endswith("FAILURES[0].__traceback__ → frame check() local made")
    assert len(holding.members) == 2


MADE, BESIDE = (check.__code__.co_filename, check.__code__.co_firstlineno + 1), (__file__, 1)


@pytest.mark.parametrize(
    ("sizes", "codes", "named"),
    [
        ({("other.py", 9): 100, MADE: 100}, [check.__code__], MADE),
        ({("other.py", 9): 100, MADE: 30}, [check.__code__], ("other.py", 9)),
        ({("other.py", 9): 100, BESIDE: 90}, [], BESIDE),
        ({("other.py", 9): 90, ("another.py", 9): 100}, [], ("another.py", 9)),
        ({("b.py", 9): 100, ("a.py", 9): 100}, [], ("a.py", 9)),
    ],
    ids=["in a kept frame", "by far the most", "in the file that stores", "the most", "the first by name"],
)
def test_of_lines_that_made_about_as_much_the_one_nearest_to_the_holder_is_named(
    sizes: dict[tuple[str, int], int], codes: list[types.CodeType], named: tuple[str, int]
) -> None:
    assert nearest_line(sizes, codes, f"{__file__}:40") == named
    assert nearest_line(dict(reversed(sizes.items())), codes, f"{__file__}:40") == named
