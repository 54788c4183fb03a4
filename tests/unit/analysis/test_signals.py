"""What is made of the counters of a sample before it is judged."""

from __future__ import annotations

import math

from memgui.analysis.signals import Held, series_of

MIB = 2**20


def _sample(anon: float, kept: float | None, used: float | None = 100 * MIB) -> dict[str, float | None]:
    return {"host.anon_bytes": anon, "host.heap_kept_bytes": kept, "host.heap_used_bytes": used}


def test_a_trim_that_the_heap_has_not_told_yet_frees_nothing_that_is_held() -> None:
    held = Held()
    assert held.take(0.0, _sample(500 * MIB, 40 * MIB)) == 460 * MIB
    assert held.take(0.1, _sample(465 * MIB, 40 * MIB)) == 460 * MIB
    assert held.take(0.2, _sample(465 * MIB, 5 * MIB)) == 460 * MIB


def test_a_heap_that_rests_does_not_hide_what_grows_outside_of_it() -> None:
    held = Held()
    held.take(0.0, _sample(500 * MIB, 40 * MIB))
    assert held.take(2.0, _sample(510 * MIB, 40 * MIB)) == 470 * MIB


def test_without_a_reading_of_the_heap_nothing_is_known_of_what_is_held() -> None:
    held = Held()
    held.take(0.0, _sample(500 * MIB, 40 * MIB))
    assert math.isnan(held.take(0.1, _sample(500 * MIB, None, None)))


def test_what_enters_the_heap_untouched_was_never_taken_and_is_no_loss_of_what_is_held() -> None:
    held = Held()
    held.take(0.0, _sample(500 * MIB, 10 * MIB))
    assert held.take(1.0, _sample(500 * MIB, 40 * MIB)) == 490 * MIB
    # Touched later, and given back at last.
    assert held.take(2.0, _sample(520 * MIB, 41 * MIB)) == 490 * MIB
    assert held.take(3.0, _sample(499 * MIB, 10 * MIB)) == 490 * MIB


def test_buffers_that_are_freed_outside_of_the_heap_are_no_longer_held() -> None:
    held = Held()
    held.take(0.0, _sample(500 * MIB, 10 * MIB))
    assert held.take(1.0, _sample(480 * MIB, 10.5 * MIB)) == 469.5 * MIB


def test_what_an_agent_says_is_held_counts_and_not_what_is_taken_later_in_the_step() -> None:
    held = Held()
    told = {**_sample(500 * MIB, 10 * MIB), "host.held_bytes": 450 * MIB}
    assert held.take(0.0, told) == 450 * MIB
    # The same reading for ten seconds, amid a step that takes much.
    assert held.take(10.0, {**told, "host.anon_bytes": 900 * MIB}) == 450 * MIB
    assert held.take(10.1, {**told, "host.held_bytes": 451 * MIB}) == 451 * MIB


def test_an_agent_that_cannot_tell_what_is_held_leaves_it_to_what_is_taken() -> None:
    held = Held()
    assert held.take(0.0, {**_sample(500 * MIB, 10 * MIB), "host.held_bytes": None}) == 490 * MIB


def test_what_enters_the_heap_untouched_is_left_out_of_what_an_agent_tells_too() -> None:
    held = Held()
    held.take(0.0, {**_sample(500 * MIB, 10 * MIB), "host.held_bytes": 490 * MIB})
    assert held.take(1.0, {**_sample(500 * MIB, 40 * MIB), "host.held_bytes": 460 * MIB}) == 490 * MIB


def test_what_is_held_is_one_series_whoever_tells_it() -> None:
    names = ["host.anon_bytes", "host.heap_kept_bytes", "host.heap_used_bytes"]
    for told in (names, [*names, "host.held_bytes"]):
        assert series_of(told).count("host.held_bytes") == 1
