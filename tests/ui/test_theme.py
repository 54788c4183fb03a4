"""Colours can be read, and the style sheet is whole."""

from __future__ import annotations

import re

import pytest

from memgui.ui.theme import Theme


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [Theme.dark(), Theme.light()], ids=["dark", "light"])
@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        ("text", "window", 7), ("text", "card", 7), ("text", "raised", 7), ("text", "selected", 7),
        ("muted", "panel", 4.5), ("muted", "window", 4.5), ("muted", "raised", 4.2), ("muted", "bad_card", 4.5),
        ("accent_text", "accent", 4.5), ("good", "raised", 3.5), ("bad", "card", 4.5), ("bad_text", "bad", 2.8),
        ("bad_code", "bad_card", 7), ("text", "warn_card", 7), ("text", "good_card", 7),
    ],
)  # fmt: skip
def test_texts_stand_out_from_what_they_stand_on(theme, ink, paper, least):
    assert _contrast(getattr(theme, ink), getattr(theme, paper)) >= least


@pytest.mark.parametrize("theme", [Theme.dark(), Theme.light()], ids=["dark", "light"])
def test_lines_of_one_pixel_stand_out_from_the_card(theme):
    for name, colour in theme.series.items():
        if "." in name or name.endswith("_bytes"):
            assert _contrast(colour, theme.card) >= 2.2, name


def test_both_themes_name_the_same_series():
    assert set(Theme.dark().series) == set(Theme.light().series)


@pytest.mark.parametrize("theme", [Theme.dark(), Theme.light()], ids=["dark", "light"])
def test_the_style_sheet_has_every_name_filled_in_and_its_pictures_exist(theme):
    sheet = theme.style_sheet()
    assert "$" not in sheet
    from pathlib import Path

    pictures = re.findall(r"url\(([^)]+)\)", sheet)
    assert pictures
    assert all(Path(name).is_file() for name in pictures)


def test_devices_share_their_colours():
    theme = Theme.dark()
    assert theme.series_colour("cuda.3.allocated_bytes") == theme.series_colour("xpu.0.allocated_bytes")
    assert theme.series_colour("something.else_bytes") == theme.muted
