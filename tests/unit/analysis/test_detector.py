"""The rule on curves whose answer is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from memgui.analysis.detector import Detector
from memgui.analysis.finding import Finding
from memgui.analysis.forecast import time_to_limit
from memgui.analysis.wording import duration, size

MIB = 2**20
STEPS_PER_S = 20


def _run(
    curve: Callable[[float], float],
    seconds: float,
    *,
    noise: float = 0.3 * MIB,
    stepped: Callable[[float], float] = lambda t: t * STEPS_PER_S,
    **others: Callable[[float], float],
) -> tuple[Detector, list[tuple[float, Finding]]]:
    """Samples at 10 Hz; returns the detector and every change of its first finding."""
    rng = np.random.default_rng(1)
    detector = Detector()
    detector.set_limit("machine", 64 * 1024 * MIB, 32 * 1024 * MIB)
    heard: list[tuple[float, Finding]] = []
    for t in np.arange(0.0, seconds, 0.1):
        values = {"host.anon_bytes": 500 * MIB + curve(float(t)) + float(rng.normal()) * noise}
        values |= {name.replace("__", "."): other(float(t)) for name, other in others.items()}
        detector.add(float(t), int(stepped(float(t))), values)
        if detector.findings and (not heard or heard[-1][1].state != detector.findings[0].state):
            heard.append((float(t), detector.findings[0]))
    return detector, heard


def _alarms(heard: list[tuple[float, Finding]]) -> list[float]:
    return [t for t, finding in heard if finding.alarm]


@pytest.mark.parametrize("rate", [0.3, 1.0, 20.0])
def test_a_ramp_is_found_with_its_rate_and_its_time_to_the_limit(rate: float) -> None:
    detector, heard = _run(lambda t: rate * MIB * t, 60)
    assert _alarms(heard)
    assert _alarms(heard)[0] < 35
    (finding,) = detector.findings
    assert finding.rate_bytes_per_s == pytest.approx(rate * MIB, rel=0.05)
    assert finding.rate_bytes_per_step == pytest.approx(rate * MIB / STEPS_PER_S, rel=0.05)
    assert finding.rate_low <= rate * MIB <= finding.rate_high
    assert finding.eta_s == pytest.approx(32 * 1024 / rate, rel=0.06)
    assert "per step" in finding.sentence


def test_a_leak_that_the_heap_serves_from_freed_memory_is_found_by_what_is_in_use() -> None:
    detector, heard = _run(lambda t: 0.0, 70, noise=2 * MIB, host__heap_used_bytes=lambda t: 100 * MIB + 0.2 * MIB * t)
    assert _alarms(heard)
    (finding,) = detector.findings
    assert finding.metric == "host.heap_used_bytes"
    assert finding.rate_bytes_per_s == pytest.approx(0.2 * MIB, rel=0.05)


def test_memory_that_the_heap_keeps_though_free_takes_longer_to_be_alarming() -> None:
    def freed(t: float) -> float:
        return 1.0 * MIB * t

    _, held = _run(freed, 90, host__heap_kept_bytes=lambda t: 10 * MIB)
    _, kept = _run(freed, 120, host__heap_kept_bytes=lambda t: 10 * MIB + freed(t))
    assert _alarms(held)[0] < 30
    assert 60 < _alarms(kept)[0] < 90
    assert kept[-1][1].kind == "arenas"


def test_a_leak_below_free_memory_that_comes_and_goes_is_told_with_its_own_rate() -> None:
    def kept(t: float) -> float:
        return 0.7 * MIB * (t % 35)

    def leaked(t: float) -> float:
        return 0.2 * MIB * t

    detector, heard = _run(lambda t: leaked(t) + kept(t), 80, host__heap_kept_bytes=lambda t: 5 * MIB + kept(t))
    assert _alarms(heard)[0] < 35
    (finding,) = detector.findings
    assert finding.metric == "host.anon_bytes"
    assert finding.rate_bytes_per_s == pytest.approx(0.2 * MIB, rel=0.05)
    # It is drawn on the curve of what is taken.
    assert finding.level_bytes == pytest.approx(500 * MIB + leaked(80) + kept(80), abs=3 * MIB)


def test_what_is_held_names_the_kind_where_free_memory_grows_beside_it() -> None:
    detector, _ = _run(lambda t: 1.5 * MIB * t, 70, host__heap_kept_bytes=lambda t: 5 * MIB + 1.0 * MIB * t)
    (finding,) = detector.findings
    assert (finding.kind, finding.alarm) == ("native", True)
    assert finding.rate_bytes_per_s == pytest.approx(0.5 * MIB, rel=0.05)
    # The fit begins on the curve of what is taken, and ends below it by what is free by then.
    begin, end = finding.since_s, finding.until_s
    assert finding.fitted_bytes(begin) == pytest.approx(500 * MIB + 1.5 * MIB * begin, abs=3 * MIB)
    assert finding.level_bytes - finding.fitted_bytes(end) == pytest.approx(1.0 * MIB * (end - begin), rel=0.1)


def test_a_heap_that_keeps_what_it_once_needed_raises_no_alarm_while_it_fills() -> None:
    def ratchet(t: float) -> float:
        return 1.0 * MIB * min(t, 33.0)

    _, heard = _run(ratchet, 90, host__heap_kept_bytes=lambda t: 10 * MIB + ratchet(t))
    assert heard
    assert not _alarms(heard)


def test_free_memory_of_the_heap_that_grows_for_most_of_a_minute_raises_no_alarm() -> None:
    def kept(t: float) -> float:
        return 0.8 * MIB * min(max(t - 10.0, 0.0), 42.0)

    def held(t: float) -> float:
        return 300 * MIB + 0.1 * MIB * min(t, 8.0)

    others = {"host__held_bytes": held, "host__heap_kept_bytes": kept}
    _, heard = _run(lambda t: held(t) + kept(t), 140, **others)
    assert heard
    assert not _alarms(heard)


def test_what_is_left_of_a_fill_and_goes_on_ever_more_slowly_takes_longer() -> None:
    def filled(t: float) -> float:
        return MIB * (0.75 * min(t, 12.0) + 0.17 * min(max(t - 12.0, 0.0), 43.0))

    def leaked(t: float) -> float:
        return 0.22 * MIB * t

    _, filling = _run(filled, 120, noise=0.02 * MIB)
    _, leaking = _run(leaked, 60, noise=0.02 * MIB)
    _, both = _run(lambda t: leaked(t) + 0.5 * MIB * min(t, 12.0), 90, noise=0.02 * MIB)
    assert filling
    assert not _alarms(filling)
    assert 24 < _alarms(leaking)[0] < 32 < _alarms(both)[0] < 60


def test_one_leap_does_not_make_a_growth_a_rest_of_a_fill() -> None:
    def leaked(t: float) -> float:
        started, leap = 6.0 * MIB * min(t, 12.0), 12.0 * MIB * (t > 15.0)
        return started + leap + 0.22 * MIB * max(t - 16.0, 0.0)

    _, heard = _run(leaked, 70, noise=0.02 * MIB, stepped=lambda t: -1 if t < 12.0 else (t - 12.0) * STEPS_PER_S)
    assert 40 < _alarms(heard)[0] < 46


@pytest.mark.parametrize(("part", "kind"), [("host__shmem_bytes", "shm"), ("pinned__reserved_bytes", "pinned")])
def test_a_part_of_the_host_s_memory_is_found_though_the_rest_scatters_and_told_on_the_host_s_curve(
    part: str, kind: str
) -> None:
    def grown(t: float) -> float:
        return 5 * MIB + 0.5 * MIB * t

    detector, heard = _run(lambda t: 0.0, 60, noise=120 * MIB, **{part: grown})
    assert 12 < _alarms(heard)[0] < 35
    (finding,) = detector.findings
    assert (finding.metric, finding.kind) == ("host.anon_bytes", kind)
    assert finding.rate_bytes_per_s == pytest.approx(0.5 * MIB, rel=0.05)
    assert finding.level_bytes > 60 * MIB
    _, quiet = _run(lambda t: 0.0, 60, noise=120 * MIB, **{part: lambda t: 5 * MIB})
    assert not quiet


def test_with_more_than_a_day_left_an_alarm_takes_half_as_long_again() -> None:
    _, hurried = _run(lambda t: 0.6 * MIB * t, 60, noise=0.05 * MIB)
    _, unhurried = _run(lambda t: 0.3 * MIB * t, 60, noise=0.05 * MIB)
    assert _alarms(hurried)[0] < 24
    assert 24 < _alarms(unhurried)[0] < 32


def test_what_two_series_show_does_not_wait() -> None:
    def slow(t: float) -> float:
        return 0.25 * MIB * t

    _, once = _run(slow, 60, host__heap_used_bytes=lambda t: 100 * MIB)
    _, twice = _run(slow, 60, host__heap_used_bytes=lambda t: 100 * MIB + slow(t))
    assert _alarms(twice)[0] < 24
    assert _alarms(once)[0] > 26


def test_long_steps_need_fewer_of_them_before_anything_is_said() -> None:
    _, heard = _run(lambda t: 2.0 * MIB * t, 90, stepped=lambda t: t / 2)
    assert _alarms(heard)[0] < 55


def test_of_long_steps_that_bring_as_much_each_eight_are_enough() -> None:
    def level(t: float) -> float:
        # Read where a step of 2.5 s ends, and told until the next one does.
        return 400 * MIB + 0.8 * MIB * (t // 2.5)

    others = {"host__held_bytes": level, "host__heap_kept_bytes": lambda t: 9 * MIB + 50 * MIB * (t % 2.5)}
    detector, heard = _run(
        lambda t: level(t) + 60 * MIB * (t % 2.5), 90, stepped=lambda t: t / 2.5, noise=MIB, **others
    )
    assert _alarms(heard)[0] < 46
    (finding,) = detector.findings
    assert (finding.metric, finding.kind) == ("host.anon_bytes", "native")
    assert finding.rate_bytes_per_step == pytest.approx(0.8 * MIB, rel=0.02)


def test_growth_goes_on_while_its_steps_take_longer() -> None:
    def stepped(t: float) -> float:
        return STEPS_PER_S * (min(t, 60.0) + 0.25 * max(t - 60.0, 0.0))

    _, heard = _run(lambda t: 0.05 * MIB * stepped(t), 110, stepped=stepped)
    assert _alarms(heard)
    assert all(finding.state != "resolved" for _, finding in heard)


def test_growth_that_waits_for_its_alarm_is_told_as_growing_and_not_as_slow() -> None:
    detector, _ = _run(lambda t: 0.3 * MIB * t, 25, noise=0.05 * MIB)
    (finding,) = detector.findings
    assert finding.state == "growing"
    assert not finding.slow


def test_of_two_series_about_the_same_growth_one_is_told() -> None:
    rng = np.random.default_rng(3)
    detector = Detector()
    detector.set_limit("machine", 64 * 1024 * MIB, 32 * 1024 * MIB)
    for t in np.arange(0.0, 60.0, 0.1):
        # The heap's own count is calm, and rings long before anonymous memory does.
        values = {
            "host.anon_bytes": 500 * MIB + MIB * (0.6 * t + 4.0 * rng.normal()),
            "host.heap_used_bytes": 100 * MIB + 0.6 * MIB * t,
        }
        detector.add(float(t), int(t * STEPS_PER_S), values)
        assert len(detector.findings) <= 1, t
    assert detector.rings


def test_the_heap_in_use_alone_is_not_called_tensors() -> None:
    _, heard = _run(lambda t: 0.0, 70, noise=2 * MIB, host__heap_used_bytes=lambda t: 100 * MIB + 0.2 * MIB * t)
    assert heard[-1][1].kind == "native"


def test_what_goes_on_more_slowly_than_it_stopped_takes_longer_to_be_believed() -> None:
    def filling(slower: float) -> Callable[[float], float]:
        return lambda t: MIB * (2.0 * min(t, 40.0) + 2.0 / slower * max(t - 80.0, 0.0))

    def rings_again(slower: float) -> float:
        _, heard = _run(filling(slower), 200, noise=0.05 * MIB)
        return next(t for t in _alarms(heard) if t > 80)

    assert rings_again(2.0) > rings_again(1.0) + 15


def test_a_rate_whose_interval_holds_zero_raises_no_alarm() -> None:
    # Leaps at irregular times: a slope can be laid through them, but hardly a rate.
    stages = [0.5, 6.5, 13.5, 20.5, 26.5, 26.5, 26.5, 27.0, 33.0, 39.0, 45.0, 52.0]
    detector = Detector()
    detector.set_limit("machine", 64 * 1024 * MIB, 32 * 1024 * MIB)
    noise = np.random.default_rng(1).normal(0.0, 0.3 * MIB, 600)
    for at, t in enumerate(np.arange(0.0, 60.0, 0.1).tolist()):
        level = 500 * MIB + stages[int(t / 5)] * MIB + float(noise[at])
        detector.add(t, int(t * STEPS_PER_S), {"host.anon_bytes": level})
        assert not any(finding.alarm and finding.rate_low <= 0 for finding in detector.findings), t


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("flat", lambda t: 0.0),
        ("sawtooth of the collector", lambda t: (t % 7) * 6 * MIB),
        ("sawtooth of epochs", lambda t: (t % 16) * 5 * MIB),
        ("one step up", lambda t: 80 * MIB * (t > 20)),
        ("two steps up", lambda t: 80 * MIB * (t > 20) + 80 * MIB * (t > 60)),
        ("warm-up", lambda t: 300 * MIB * (1 - np.exp(-t / 2))),
        ("cache that fills in 10 s", lambda t: min(t, 10.0) * 8 * MIB),
        ("checkpoint spikes", lambda t: 400 * MIB * (t % 15 < 1)),
        ("slow wander", lambda t: 3 * MIB * np.sin(t / 9)),
        ("falling", lambda t: -t * MIB),
    ],
)
def test_what_is_no_leak_raises_no_alarm(name: str, curve: Callable[[float], float]) -> None:
    _, heard = _run(curve, 120)
    assert not _alarms(heard), name


def test_a_growth_that_stops_is_resolved() -> None:
    detector, heard = _run(lambda t: min(t, 50.0) * 2 * MIB, 160)
    assert _alarms(heard)
    assert detector.findings[0].state == "resolved"
    assert not detector.findings[0].alarm


def test_a_leak_below_a_sawtooth_is_found() -> None:
    _, heard = _run(lambda t: t * MIB + (t % 5) * 4 * MIB, 60)
    assert _alarms(heard)


def test_growth_that_takes_more_than_a_week_is_no_alarm() -> None:
    detector, _ = _run(lambda t: 0.04 * MIB * t, 300, noise=0.02 * MIB)
    (finding,) = detector.findings
    assert not finding.alarm
    assert finding.title.startswith("Slow growth")


def test_a_second_witness_confirms() -> None:
    detector, _ = _run(lambda t: t * MIB, 60, host__heap_used_bytes=lambda t: 100 * MIB + t * MIB)
    assert detector.findings[0].state == "confirmed"


@pytest.mark.parametrize(
    ("witness", "curve", "kind", "action"),
    [
        ("host__heap_kept_bytes", lambda t: t * MIB, "arenas", "trim_heap"),
        ("host__shmem_bytes", lambda t: 9 * t * MIB, "shm", "collect_garbage"),
        ("python__blocks_count", lambda t: 1e6 + t * MIB / 80, "python", "collect_garbage"),
    ],
)
def test_the_kind_follows_what_rises_along(
    witness: str, curve: Callable[[float], float], kind: str, action: str
) -> None:
    detector, _ = _run(lambda t: t * MIB, 60, **{witness: curve})
    assert (detector.findings[0].kind, detector.findings[0].action) == (kind, action)


def test_workers_and_devices_are_judged_too() -> None:
    others = {
        "children__anon_bytes": lambda t: 900 * MIB + 2 * MIB * t,
        "cuda__0__allocated_bytes": lambda t: 3 * MIB * t,
    }
    names = {name.replace("__", "."): curve for name, curve in others.items()}
    detector = Detector()
    for t in np.arange(0.0, 60.0, 0.1):
        detector.add(float(t), int(t * 20), {name: curve(float(t)) for name, curve in names.items()})
    assert {finding.kind for finding in detector.findings if finding.alarm} == {"workers", "tensor"}


def test_nothing_is_said_before_the_first_step_nor_while_steps_stand_still() -> None:
    detector = Detector()
    for t in np.arange(0.0, 100.0, 0.1):
        detector.add(float(t), -1, {"host.anon_bytes": t * MIB})
    assert detector.findings == ()
    still = Detector()
    for t in np.arange(0.0, 100.0, 0.1):
        still.add(float(t), min(int(t * 20), 100), {"host.anon_bytes": t * MIB})
    assert not any(finding.alarm for finding in still.findings)


def test_gaps_and_missing_values_are_survived() -> None:
    detector = Detector()
    for t in [*np.arange(0.0, 20.0, 0.1), *np.arange(500.0, 560.0, 0.1)]:
        detector.add(float(t), int(t * 20), {"host.anon_bytes": None if int(t) % 7 == 0 else 1e9})
    assert detector.findings == ()


def test_the_forecast_has_an_interval_and_may_have_no_end() -> None:
    assert time_to_limit(100.0, 2.0, 1.0, 4.0) == (50.0, 25.0, 100.0)
    assert time_to_limit(100.0, 2.0, 0.0, 2.0) == (50.0, 50.0, None)
    assert time_to_limit(-5.0, 2.0, 1.0, 2.0) == (0.0, 0.0, 0.0)


def test_numbers_are_written_for_people() -> None:
    assert [size(value) for value in (0, 900, 3 * MIB, 420 * MIB, 41.3 * 1024 * MIB)] == [
        "0 B",
        "900 B",
        "3.0 MiB",
        "420 MiB",
        "41.3 GiB",
    ]
    assert [duration(value) for value in (38, 900, 19_000, 800_000)] == ["38 s", "15 min", "5.3 h", "9 days"]
