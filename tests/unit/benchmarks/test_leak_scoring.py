"""The corpus of leaks: labels are computed right, curves are what they say, and the scorer looks at the past only."""

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from memgui.analysis.csv_table import read_table
from memgui.analysis.replay import replay

LEAKS = Path(__file__).parents[3] / "benchmarks" / "leaks"
if str(LEAKS) not in sys.path:
    sys.path.append(str(LEAKS))

baselines = import_module("baselines")
growing = import_module("growing")
labels = import_module("labels")
ours = import_module("ours")
score = import_module("score")
sound = import_module("sound")
synthetic = import_module("synthetic")
verdict = import_module("verdict")


def ramp(rate, seconds=60.0, noise=0.2e6, start_s=0.0):
    """A process that takes so many bytes a second more, from a time on."""
    t = np.arange(0.0, seconds, 0.1)
    jitter = np.random.default_rng(3).standard_normal(len(t)) * noise
    rss = 500e6 + rate * np.maximum(t - start_s, 0.0) + jitter
    return {"t_seconds": t, "step": np.floor(t / 0.05), "rss_anon": rss, "rss": rss + 50e6, "shm": np.zeros(len(t))}


def label(*, leak, onset_s=None, rate=0.0, growth_until_s=None):
    return {
        "leak": leak, "family": "ramp", "accept": ["native"], "onset_s": onset_s, "rate_bytes_per_s": rate,
        "growth_until_s": growth_until_s,
    }  # fmt: skip


# ---- labels


def test_the_rate_of_a_label_is_what_the_process_took_when_the_ledger_leaves_much_out():
    assert labels.true_range(1.0e6, 1.1e6) == [1.0e6, 1.1e6]
    assert labels.true_range(0.5e6, 1.0e6) == [0.95e6, 1.05e6]


def test_a_label_is_computed_from_the_ledger():
    columns = ramp(200e3, start_s=10.0, noise=0.0)
    steps = [(t, 200e3 * max(t - 10.0, 0.0)) for t in np.arange(1.0, 60.0, 0.05)]
    found = labels.label_of("ramp", columns, {"leaks": "native", "per_event": False}, steps, 10.0, None)
    assert found["leak"]
    assert found["onset_s"] == 10.0
    assert found["ledger_rate"] == pytest.approx(200e3, rel=1e-3)
    assert found["rate_bytes_per_s"] == pytest.approx(200e3, rel=1e-3)
    assert found["bytes_per_step"] == pytest.approx(10e3, rel=0.01)
    assert "native" in found["accept"]


def test_what_the_heap_keeps_free_does_not_count_as_leaked_unless_it_is_what_the_program_is_about():
    columns = ramp(300e3, noise=0.0)
    columns["host.heap_kept_bytes"] = 200e3 * columns["t_seconds"]
    steps = [(t, 100e3 * t) for t in np.arange(1.0, 60.0, 0.05)]
    found = {
        kind: labels.label_of("ramp", columns, {"leaks": kind, "per_event": False}, steps, 1.0, None)
        for kind in ("native", "arenas")
    }
    assert found["native"]["rate_bytes_per_s"] == pytest.approx(100e3, rel=0.01)
    assert found["arenas"]["rate_bytes_per_s"] == pytest.approx(300e3, rel=0.01)


def test_a_piece_that_an_allocator_takes_once_changes_no_rate():
    t = np.arange(0.0, 60.0, 0.1)
    assert labels.steady_slope(t, 100e3 * t + 20e6 * (t > 20.0)) == pytest.approx(100e3, rel=0.01)


def test_growth_with_a_bound_is_no_leak_and_is_told_until_when_it_was_real():
    steps = [(t, 0.0) for t in np.arange(1.0, 60.0, 0.05)]
    found = labels.label_of("cache", ramp(200e3), {"leaks": None, "per_event": False}, steps, None, 30.0)
    assert not found["leak"]
    assert found["growth_until_s"] == 30.0
    assert found["rate_bytes_per_s"] == 0.0


def test_growth_whose_bound_was_not_reached_is_real_to_the_end():
    steps = [(t, 0.0) for t in np.arange(1.0, 60.0, 0.05)]
    found = labels.label_of("cache", ramp(200e3), {"leaks": None, "per_event": False, "grows": True}, steps, None, None)
    assert found["growth_until_s"] == found["length_s"]


# ---- made-up curves


def test_the_same_seed_makes_the_same_curve():
    (name, first, _), (again, second, _) = (next(synthetic.mix(1, 77)) for _ in range(2))
    assert name == again
    assert all(np.array_equal(first[column], second[column]) for column in first)


@pytest.mark.parametrize("family", [*growing.LEAKS, *sound.SOUND])
def test_each_family_makes_columns_that_a_recording_could_have(family):
    leak = family in growing.LEAKS
    for names in ("short", "memgui"):
        _, columns, truth = synthetic.curve(5, leak=leak, length_s=120.0, family=family, names=names)
        assert (np.diff(columns["t_seconds"]) > 0).all()
        assert (np.diff(columns["step"]) >= 0).all()
        assert all(np.isfinite(values).all() and (values[1:] >= -1).all() for values in columns.values())
        assert truth["leak"] is leak
        assert bool(truth["accept"]) is leak


@pytest.mark.parametrize("seed", range(4))
def test_a_curve_rises_by_what_its_label_says(seed):
    _, columns, truth = synthetic.curve(seed, leak=True, length_s=14_400.0, family="native")
    t, anon = columns["t_seconds"], columns["rss_anon"] if "rss_anon" in columns else columns["rss"]
    late = t > max(truth["onset_s"], 0.3 * t[-1])
    slope = baselines.theil_sen(*baselines.blocks(t[late], anon[late], reduce=np.median))
    assert slope == pytest.approx(truth["rate_bytes_per_s"], rel=0.3)


def test_a_leak_matters_and_slow_growth_does_not():
    least = growing.LIMIT_BYTES / growing.HORIZON_S
    for seed in range(20):
        _, _, truth = synthetic.curve(seed, leak=True)
        assert truth["rate_bytes_per_s"] > least


# ---- the rules of others


@pytest.mark.parametrize("rule", [name for name in baselines.RULES if not name.startswith("Scalene")])
def test_a_rule_finds_a_plain_ramp_and_its_rate(rule):
    found = baselines.RULES[rule](ramp(400e3))
    assert found.leak
    assert found.rate == pytest.approx(400e3, rel=0.1)


def test_scalenes_rule_finds_a_ramp_that_makes_many_new_heights():
    assert baselines.RULES["Scalene's rule"](ramp(2e6, noise=0.05e6)).leak


@pytest.mark.parametrize("rule", list(baselines.RULES))
def test_a_rule_is_silent_on_a_level(rule):
    assert not baselines.RULES[rule](ramp(0.0)).leak


def test_a_rule_sees_only_what_came_after_the_first_step():
    columns = ramp(5e6)
    columns["step"] = np.full(len(columns["step"]), -1.0)
    assert not any(rule(columns).leak for rule in baselines.RULES.values())


# ---- the scorer


def test_a_rule_is_asked_with_the_past_only(monkeypatch):
    seen = []

    def rule(columns):
        seen.append(float(columns["t_seconds"][-1]))
        return verdict.Verdict(leak=seen[-1] > 30.0, kind="native", rate=100e3)

    monkeypatch.setitem(score.DETECTORS, "regression slope", rule)
    row = score.run("regression slope", ("ramp", ramp(100e3), label(leak=True, onset_s=5.0, rate=100e3)))
    assert row.found
    assert row.after_s == pytest.approx(32.5 - 5.0)
    assert seen[1:-1] == sorted(seen[1:-1])
    assert row.rate_error == 0.0
    assert row.kind_right


def test_alarms_of_a_sound_run_count_apart_while_it_really_grows(monkeypatch):
    said = verdict.Verdict(leak=False, spans=((5.0, 9.0), (40.0, 45.0)))
    monkeypatch.setitem(score.DETECTORS, "memgui", lambda columns: said)
    row = score.run("memgui", ("cache", ramp(0.0), label(leak=False, growth_until_s=20.0)))
    assert not row.found
    assert (row.false_alarms, row.late_alarms) == (2, 1)


def test_an_alarm_before_the_onset_is_false(monkeypatch):
    said = verdict.Verdict(leak=True, kind="python", rate=1e6, low=0.9e6, high=1.2e6, spans=((10.0, None),))
    monkeypatch.setitem(score.DETECTORS, "memgui", lambda columns: said)
    row = score.run("memgui", ("ramp", ramp(0.0), label(leak=True, onset_s=20.0, rate=1.5e6)))
    assert row.found
    assert row.false_alarms == 1
    assert row.covered is False
    assert row.kind_right is False
    assert row.rate_error == pytest.approx(1 / 3)


def test_the_summary_counts_what_the_table_says(monkeypatch):
    answers = iter([True, False, True, False])
    monkeypatch.setitem(
        score.DETECTORS, "memgui",
        lambda columns: verdict.Verdict(leak=True, kind="native", rate=2e6, spans=((12.0, None),))
        if next(answers) else verdict.Verdict(leak=False),
    )  # fmt: skip
    leak, sound_run = label(leak=True, onset_s=2.0, rate=2e6), label(leak=False)
    rows = [
        score.run("memgui", (str(at), ramp(0.0), truth)) for at, truth in enumerate([leak, leak, sound_run, sound_run])
    ]
    found = score.summary(rows)
    assert (found["precision"], found["recall"], found["sound_any_alarm"]) == (0.5, 0.5, 0.5)
    assert found["after_median_s"] == 10.0
    assert "| memgui | 4 | 0.50 | 0.50 | 50% |" in score.line("memgui", rows)


def test_the_sample_of_recordings_reads_with_either_set_of_names():
    recorded = json.loads((LEAKS / "sample" / "labels.json").read_text())
    for names, wanted in (("memgui", "host.anon_bytes"), ("short", "rss_anon")):
        traces = list(score.folder_traces(LEAKS / "sample", names))
        assert [name for name, _, _ in traces] == sorted(recorded)
        for _, columns, _ in traces:
            assert wanted in columns
            assert len({("." in name) for name in columns} - {names == "memgui"}) <= 1


def test_memgui_finds_the_leak_of_the_sample_and_is_silent_on_the_sound_run():
    rows = score.score("memgui", list(score.folder_traces(LEAKS / "sample", "memgui")))
    assert {row.leak for row in rows} == {True, False}
    assert all(row.found == row.leak for row in rows)


def test_the_scorer_hears_what_memgui_analyze_says():
    table = read_table(LEAKS / "sample" / "leak_loss_sum-s0.csv.gz")
    said = replay(table)
    heard = ours.judge(score.read_csv(LEAKS / "sample" / "leak_loss_sum-s0.csv.gz"))
    assert heard.spans == said.alarms
    assert heard.kind == said.leak.kind
    assert heard.rate == pytest.approx(said.leak.rate_bytes_per_s)


def test_a_trace_written_out_reads_back_the_same(tmp_path):
    count = synthetic.write(tmp_path, synthetic.mix(2, 9))
    back = list(score.folder_traces(tmp_path, "short"))
    assert count == len(back) == 2
    made = {name: columns for name, columns, _ in synthetic.mix(2, 9)}
    for name, columns, truth in back:
        assert set(columns) == set(made[name])
        assert np.allclose(columns["rss"], made[name]["rss"], atol=1.0)
        assert isinstance(truth["leak"], bool)
