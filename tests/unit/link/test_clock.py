"""A time line for the viewer that does not jump with the wall clock."""

from __future__ import annotations

from memgui.link.clock import ViewerClock


class Hands:
    def __init__(self) -> None:
        self.monotonic_s, self.wall_s = 100.0, 1_000_000.0

    def monotonic(self) -> float:
        return self.monotonic_s

    def wall(self) -> float:
        return self.wall_s


def made() -> tuple[Hands, ViewerClock]:
    hands = Hands()
    return hands, ViewerClock(hands.monotonic, hands.wall)


def test_readings_of_the_monotonic_clock_become_unix_seconds() -> None:
    _, clock = made()
    assert clock.now() == 1_000_000.0
    assert clock.unix(90.0) == 999_990.0


def test_a_wall_clock_that_is_set_back_is_not_followed() -> None:
    hands, clock = made()
    hands.monotonic_s, hands.wall_s = 110.0, 900_000.0
    clock.follow()
    assert clock.now() == 1_000_010.0


def test_a_machine_that_slept_finds_the_present_time_again() -> None:
    hands, clock = made()
    hands.monotonic_s, hands.wall_s = 101.0, 1_003_600.0
    clock.follow()
    assert clock.now() == 1_003_600.0


def test_a_wall_clock_that_is_trimmed_moves_nothing() -> None:
    hands, clock = made()
    hands.monotonic_s, hands.wall_s = 110.0, 1_000_010.5
    clock.follow()
    assert clock.now() == 1_000_010.0
