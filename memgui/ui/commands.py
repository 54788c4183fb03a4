"""Commands of the palette, and how what is typed finds them. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One line of the palette.

    Attributes:
        group: where it belongs, in small letters beside the title.
        unavailable: why it cannot be run now; empty where it can.
    """

    title: str
    group: str
    run: Callable[[], object]
    shortcut: str = ""
    unavailable: str = ""


def fuzzy_score(typed: str, text: str) -> float | None:
    """How well `text` fits what was typed, higher is better; None where its letters do not occur in order.

    Whole words, beginnings of words and unbroken runs count more than scattered letters.
    """
    needle, hay = "".join(typed.lower().split()), text.lower()
    if not needle:
        return 0.0
    place = hay.find(typed.lower().strip())
    if place >= 0:
        start = place == 0 or not hay[place - 1].isalnum()
        return 100.0 + (20.0 if start else 0.0) - 0.1 * place - 0.01 * len(hay)
    score, at, last = 0.0, 0, -2
    for letter in needle:
        found = _next(hay, letter, at)
        if found < 0:
            return None
        score += 3.0 if found == last + 1 else 2.0 if found == 0 or not hay[found - 1].isalnum() else 0.5
        at, last = found + 1, found
    return score - 0.01 * len(hay)


def _next(hay: str, letter: str, at: int) -> int:
    """Where `letter` comes next: in running on, at the next beginning of a word, else anywhere."""
    if at < len(hay) and hay[at] == letter:
        return at
    place = hay.find(letter, at)
    first = place
    while place >= 0:
        if place == 0 or not hay[place - 1].isalnum():
            return place
        place = hay.find(letter, place + 1)
    return first


def matching(commands: Iterable[Command], typed: str) -> list[Command]:
    """Commands that fit, the best first; in their own order where nothing is typed."""
    scored = []
    for number, command in enumerate(commands):
        best = fuzzy_score(typed, command.title)
        if best is None:
            beside = fuzzy_score(typed, f"{command.group} {command.title}")
            best = None if beside is None else beside / 2
        if best is not None:
            scored.append((-best, number, command))
    return [command for _, _, command in sorted(scored, key=_rank)]


def _rank(scored: tuple[float, int, Command]) -> tuple[float, int]:
    return scored[0], scored[1]
