"""Numbers for people."""

from __future__ import annotations

import math

import pytest

from memgui.ui import format as fmt

KIB, MIB, GIB = 1024, 1024**2, 1024**3


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (math.nan, "–"), (0, "0 B"), (999, "999 B"), (1023, "1.00 KiB"), (420 * MIB, "420 MiB"),
        (4.12 * GIB, "4.12 GiB"), (41.3 * GIB, "41.3 GiB"), (1023.9 * MIB, "1.00 GiB"), (-11.5 * GIB, "−11.5 GiB"),
    ],
)  # fmt: skip
def test_sizes_have_three_figures_and_a_binary_unit(value, text):
    assert plain(fmt.size(value)) == text


def test_changes_carry_their_sign():
    assert plain(fmt.size_change(-420 * MIB)) == "−420 MiB"
    assert plain(fmt.size_change(3 * MIB)) == "+3.00 MiB"
    assert plain(fmt.size_change(0.2)) == "±0 B"


def test_rates_are_told_in_the_stretch_that_reads_best():
    assert plain(fmt.size_rate(30 * MIB)) == "+30.0 MiB/s"
    assert plain(fmt.size_rate(100)) == "+5.86 KiB/min"
    assert plain(fmt.size_rate(1)) == "+3.52 KiB/h"
    assert plain(fmt.size_per_step(3 * MIB)) == "+3.00 MiB per step"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"), (0, "0 s"), (8e-5, "80.0 µs"), (0.00177, "1.77 ms"), (0.318, "318 ms"), (4.2, "4.2 s"),
        (38, "38 s"), (2280, "38 min"), (7800, "2 h 10 min"), (7200, "2 h"), (274_000, "3 d 4 h"), (-0.318, "−318 ms"),
    ],
)  # fmt: skip
def test_durations_have_two_parts_at_most(seconds, text):
    assert plain(fmt.duration(seconds)) == text


def test_spans_are_exact_to_the_second():
    assert plain(fmt.span(7)) == "7 s"
    assert plain(fmt.span(125)) == "2 min 5 s"
    assert plain(fmt.span(3840)) == "1 h 4 min"


def test_counts_and_shares():
    assert plain(fmt.count(1204)) == "1 204"
    assert plain(fmt.count(12_300_000)) == "12.3 M"
    assert plain(fmt.count(2.5e10)) == "25.0 G"
    assert plain(fmt.ratio(0.0004)) == "0.04 %"
    assert plain(fmt.ratio(0.22)) == "22 %"
    assert plain(fmt.rate_hz(10.02)) == "10 samples/s"
    assert plain(fmt.rate_hz(0.5)) == "0.5 samples/s"


def test_a_metric_is_told_by_the_unit_in_its_name():
    assert fmt.metric_unit("cuda.0.allocated_bytes") == "bytes"
    assert fmt.metric_unit("whatever") == "count"
    assert plain(fmt.quantity(2, "s")) == "2.0 s"
    assert plain(fmt.quantity(0.5, "ratio")) == "50 %"
    assert plain(fmt.quantity(1e6, "count")) == "1 000 000"


def test_intervals_write_a_common_unit_once():
    assert plain(fmt.interval(1860, 2940)) == "31–49 min"
    assert plain(fmt.interval(3600, 46800)) == "1.0–13 h"
    assert plain(fmt.interval(40, 300)) == "40 s–5 min"
    assert plain(fmt.interval(60, 60)) == "1 min"
    assert plain(fmt.sizes(2.9 * MIB, 3.1 * MIB)) == "2.90–3.10 MiB"
    assert plain(fmt.sizes(257 * KIB, 257.2 * KIB)) == "257 KiB"


def test_a_rough_length_of_time_has_one_unit():
    assert [plain(fmt.roughly(s)) for s in (38, 2280, 3575, 17_280, 270_000)] == [
        "38 s", "38 min", "1.0 h", "4.8 h", "3.1 d",
    ]  # fmt: skip
