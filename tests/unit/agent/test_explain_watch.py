"""The survivor watch counts what outlives its step, sees sums that keep their graph, and keeps to its share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from memgui.agent import torch_access
from memgui.agent.actions.action import Point
from memgui.agent.declared import Declared
from memgui.agent.explain import watch
from memgui.agent.explain.allowance import Allowance
from memgui.agent.explain.survivors import census
from memgui.agent.explain.watch import Watch
from memgui.agent.inspect.budget import Budget
from memgui.agent.inspect.models import Models
from memgui.agent.optimizers import Optimizers
from memgui.protocol.watch import Survivors, WatchParams, WatchReport

torch = pytest.importorskip("torch")

SAMPLES = 4
# A fifth is the most that may be asked for; it makes these trainings short.
EAGER = WatchParams(outlive=2, share=0.2, samples=SAMPLES)


class Training:
    """A small one, watched at each of its steps."""

    def __init__(self, asked: WatchParams = EAGER) -> None:
        torch.set_num_threads(1)
        self.layer = torch.nn.Sequential(torch.nn.Linear(32, 32), torch.nn.BatchNorm1d(32))
        self.optimizer = torch.optim.SGD(self.layer.parameters(), lr=0.01)
        optimizers = Optimizers()
        optimizers.saw(self.optimizer)
        self.models = Models(optimizers)
        self.models.learn([self.layer])
        self.reports: list[WatchReport] = []
        self.declared = Declared()
        self.watch = Watch(asked, self.models.belongings, self.declared.tensors, self.reports.append)

    def run(self, after: Callable[[Any, Any], None], steps: int = 20_000) -> WatchReport:
        """Train until the watch ends; `after` is told the output and the loss of each step."""
        for step in range(steps):
            seen = self.watch.visit(Point("optimizer", step), Budget(1.0))
            if seen is not None:
                break
            self.optimizer.zero_grad()
            output = self.layer(torch.ones(256, 32))
            loss = output.square().mean()
            loss.backward()
            self.optimizer.step()
            after(output, loss)
        self.watch.drop()
        self.watch.end()
        assert torch.overrides._get_current_function_mode_stack() == []
        (report,) = self.reports
        return report


def nothing(_output: Any, _loss: Any) -> None:
    """A training that keeps nothing."""


def test_what_is_kept_is_counted_and_what_belongs_to_the_model_is_not() -> None:
    kept: list[Any] = []
    training = Training()
    report = training.run(lambda output, _loss: kept.append(output.detach()))
    assert [(found.shape, found.per_step, found.bytes_per_step) for found in report.survivors] == [
        ("(256, 32)", 1.0, 256 * 32 * 4.0)
    ]
    assert not report.survivors[0].has_graph


class Cache:
    """Declared by the script."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []


def test_what_is_kept_in_a_declared_cache_is_told_as_expected() -> None:
    training, cache = Training(), Cache()
    training.declared.add(cache, "outputs")
    report = training.run(lambda output, _loss: cache.outputs.append(output.detach()))
    assert [(found.per_step, found.expected) for found in report.survivors] == [(1.0, True)]
    (told,) = census(report.survivors)
    assert (told["per_step"], told["bytes_per_step"], told["born"]) == (0, 0, None)
    assert told["expected_bytes_per_step"] == 256 * 32 * 4


def test_a_watch_ends_once_it_has_as_many_samples_as_were_asked_for() -> None:
    assert Training().run(nothing).sampled_steps == SAMPLES


def test_after_a_while_three_samples_are_enough_where_something_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_LONG_S", 0.0)
    asked = WatchParams(share=0.2, samples=1000)
    kept: list[Any] = []
    assert Training(asked).run(lambda output, _loss: kept.append(output.detach())).sampled_steps == 3
    assert Training(asked).run(nothing, steps=500).sampled_steps > 3


def test_nothing_survives_where_nothing_is_kept() -> None:
    assert Training().run(nothing).survivors == ()


def test_a_sum_that_keeps_the_graph_of_every_step_is_told_with_its_line() -> None:
    total: list[Any] = [torch.zeros(())]

    def add(_output: Any, loss: Any) -> None:
        total[0] = total[0] + loss

    report = Training().run(add)
    (found,) = [one for one in report.survivors if one.goes_back]
    assert "total[0] = total[0] + loss" in line_of(found.born)
    # At least one node of the sum a step; how many more, depends on the steps that were sampled.
    assert found.per_step >= 1
    assert census(report.survivors)[0]["has_graph"]


def test_a_graph_that_is_cut_at_each_step_is_no_survivor() -> None:
    state: list[Any] = [torch.zeros(())]

    def carry(_output: Any, loss: Any) -> None:
        state[0] = (state[0] + loss).detach()

    assert not any(found.goes_back for found in Training().run(carry).survivors)


def test_a_second_optimizer_in_the_same_step_is_no_step_of_its_own() -> None:
    training = Training()
    for step in range(200):
        for _ in range(2):
            training.watch.visit(Point("optimizer", step), Budget(1.0))
        kept = torch.ones(2)  # lives until the next step, and no longer
    training.watch.drop()
    training.watch.end()
    assert training.reports[0].survivors == ()
    assert kept is not None


def test_in_a_script_with_modes_of_its_own_it_says_why_it_sees_nothing() -> None:
    class Own(torch.overrides.TorchFunctionMode):
        pass

    training = Training()
    with Own():
        seen = training.watch.visit(Point("optimizer", 1), Budget(1.0))
    assert seen is not None
    assert seen.reason == "the script has a torch function mode of its own in use"


def test_a_training_of_short_steps_pays_for_all_samples() -> None:
    # What the watch does at the boundaries in between would eat up what these steps grant, were it more than nothing.
    asked = WatchParams(samples=6)
    assert Training(asked).run(nothing, steps=3000).sampled_steps == 6


def test_between_its_samples_a_visit_looks_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training()
    looked: list[int] = []
    steps_known = torch_access.loaded

    def counting(name: str) -> Any:
        looked.append(1)
        return steps_known(name)

    monkeypatch.setattr(torch_access, "loaded", counting)
    assert training.watch.visit(Point("optimizer", 1), Budget(1.0)) is None
    assert looked
    looked.clear()
    assert training.watch.visit(Point("optimizer", 2), Budget(1.0)) is None
    assert not looked
    training.watch.drop()
    training.watch.end()


def sampled_at(extra: float, pauses: Callable[[int], float] = lambda _step: 0.0) -> list[int]:
    """Steps of 10 ms at which a sample begins that costs `extra` of a step; `pauses` are seconds more at a step."""
    allowance = Allowance(0.05)
    samples, step = [], 6
    while step < 3000:
        samples.append(step)
        allowance.step_took(0.01 + pauses(step))
        allowance.draw(0.01 * extra)
        allowance.sampled()
        step += max(8, allowance.wait(step))
    assert len(samples) * extra / 3000 <= 0.05
    return samples


@pytest.mark.parametrize(("extra", "apart"), [(0.1, 8), (1.0, 29), (5.0, 143)])
def test_a_step_that_costs_more_to_record_is_recorded_more_seldom(extra: float, apart: int) -> None:
    samples = sampled_at(extra)
    assert (samples[-1] - samples[0]) / (len(samples) - 1) == pytest.approx(apart, rel=0.05)


def test_a_pause_of_the_training_buys_no_burst() -> None:
    assert sampled_at(1.0, lambda step: 60.0 if step > 1000 and step % 5 == 0 else 0.0) == sampled_at(1.0)


def test_a_sample_that_was_dear_once_is_paid_for_once() -> None:
    allowance = Allowance(0.05)
    waits = []
    for step in range(0, 1000, 100):
        allowance.step_took(0.01)
        allowance.draw(0.1 if step == 300 else 0.01)
        allowance.sampled()
        waits.append(allowance.wait(step))
    # Ten steps' worth at 3.5 % are 286 steps, and there are three samples before it and one after it of 29 each.
    assert max(waits) == waits[3] == pytest.approx(286 + 4 * 28.6 - 300, abs=1)
    assert waits[-1] == 0


def test_where_nobody_knows_what_a_step_takes_the_next_sample_waits() -> None:
    allowance = Allowance(0.05)
    allowance.draw(0.01)
    assert allowance.wait(10) == 20


def test_the_census_is_told_by_device_with_the_line_of_most_bytes() -> None:
    found = (
        Survivors("a.py:1", "(8)", "float32", "cuda:0", 1.0, 32.0, has_graph=True),
        Survivors("a.py:2", "(2)", "float32", "cuda:0", 2.0, 8.0),
        Survivors("a.py:3", "(2)", "float32", "cpu", 1.0, 8.0),
    )
    told = {one["device"]: one for one in census(found)}
    assert told["cuda.0"] == {
        "device": "cuda.0", "per_step": 3.0, "bytes_per_step": 40.0, "has_graph": True, "born": "a.py:1",
        "expected_bytes_per_step": 0, "by": "watch",
    }  # fmt: skip
    assert not told["cpu"]["has_graph"]
    (nothing_found,) = census(())
    assert (nothing_found["device"], nothing_found["per_step"], nothing_found["born"]) == ("cpu", 0, None)


def line_of(place: str) -> str:
    file, _, number = place.rpartition(":")
    with open(file) as source:
        return source.read().splitlines()[int(number) - 1]
