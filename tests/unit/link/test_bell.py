"""Waking a thread that sleeps in select."""

from __future__ import annotations

import os
import select

from memgui.link.bell import Bell


def is_ready(bell: Bell) -> bool:
    return bool(select.select([bell], [], [], 0)[0])


def test_any_number_of_rings_is_one_wake_up() -> None:
    bell = Bell()
    assert not is_ready(bell)
    for _ in range(200_000):  # more than a pipe holds
        bell.ring()
    while is_ready(bell):
        bell.drain()
    bell.ring()
    assert is_ready(bell)
    bell.close()


def test_a_closed_bell_rings_nowhere() -> None:
    bell = Bell()
    bell.close()
    bell.close()
    read, write = os.pipe()  # these take the numbers that became free
    bell.ring()
    assert not select.select([read], [], [], 0)[0]
    os.close(read)
    os.close(write)
