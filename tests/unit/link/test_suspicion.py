"""A survivor watch is armed once for each growth that tensors may explain, and for nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from memgui.analysis.finding import Finding
from memgui.link.batch import CONNECTED, LOST, Batch
from memgui.link.suspicion import AGAIN_S, SAMPLES, Suspicion
from memgui.link.target import LiveTarget
from memgui.store.events import MarkedEvent

KEY = "4242.99"
NOW = 1_780_000_000.0
GROWING = Finding(
    "steady-growth", "host.anon_bytes", "native", "growing", False, "Host memory is never released", "It grows.",
    0.6, 2e6, 1e6, 3e6, 1e5, 0.9e5, 1.1e5, 100, NOW - 20, NOW, 1e9,
)  # fmt: skip


class Target(LiveTarget):
    """Its findings are what a test says."""

    def __init__(self, *told: Finding, state: str = CONNECTED) -> None:
        super().__init__(KEY)
        self.told = told
        self.apply(Batch(KEY, state=state, state_text=state))

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.told


def suspicion(at_s: list[float]) -> Suspicion:
    return Suspicion(lambda: at_s[0])


def test_a_suspected_growth_arms_the_watch_once() -> None:
    asked = suspicion([NOW])
    target = Target(GROWING)
    first = asked.consider(target)
    assert first is not None
    assert (first.cause, first.samples, first.share) == ("host.anon_bytes", SAMPLES, 0.05)
    assert asked.consider(target) is None


def test_the_same_growth_never_arms_it_again_and_a_new_one_does() -> None:
    at_s = [NOW]
    asked, target = suspicion(at_s), Target(GROWING)
    asked.consider(target)
    at_s[0] += 2 * AGAIN_S
    assert asked.consider(target) is None
    target.told = (replace(GROWING, since_s=NOW + AGAIN_S),)
    assert asked.consider(target) is not None


def test_another_growth_soon_afterwards_waits() -> None:
    at_s = [NOW]
    asked, target = suspicion(at_s), Target(GROWING)
    asked.consider(target)
    target.told = (replace(GROWING, metric="cuda.0.allocated_bytes", kind="tensor"),)
    at_s[0] += AGAIN_S - 1
    assert asked.consider(target) is None
    at_s[0] += 2
    assert asked.consider(target) is not None


def test_a_watch_that_somebody_else_has_armed_counts_as_well() -> None:
    target = Target(GROWING)
    target.apply(Batch(KEY, events=(MarkedEvent(NOW - 30, "watch", "survivor watch off", 90, {"on": False}),)))
    assert suspicion([NOW]).consider(target) is None


@pytest.mark.parametrize(
    "finding",
    [
        replace(GROWING, kind="workers", metric="children.rss_bytes"),
        replace(GROWING, kind="arenas"),
        replace(GROWING, state="resolved"),
        replace(GROWING, signals=("curve", "survivors")),
        replace(GROWING, event="checkpoint"),
    ],
    ids=["workers", "arenas", "resolved", "counted already", "by event"],
)
def test_what_survivors_cannot_explain_arms_nothing(finding: Finding) -> None:
    assert suspicion([NOW]).consider(Target(finding)) is None


def test_what_a_person_wants_to_hear_nothing_of_arms_nothing() -> None:
    assert suspicion([NOW]).consider(Target(GROWING), lambda _finding: True) is None


def test_a_target_that_does_not_answer_is_not_asked() -> None:
    assert suspicion([NOW]).consider(Target(GROWING, state=LOST)) is None
