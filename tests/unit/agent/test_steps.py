"""The step clock beside torch's real optimizers."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
import torch

from memgui.agent import steps
from memgui.agent.actions.action import Point
from memgui.agent.steps import StepClock


class Recorder:
    """A safe point at which something always waits."""

    def __init__(self) -> None:
        self.points: list[tuple[str, int, str, str | None]] = []
        self.idle = False

    def visit(self, point: Point) -> None:
        self.points.append((point.kind, point.step, type(point.optimizer).__name__, point.unsafe))

    def is_idle(self) -> bool:
        return self.idle


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def clock(recorder: Recorder) -> Iterator[StepClock]:
    made = StepClock(recorder.visit, recorder.is_idle)
    assert made.attach()
    yield made
    made.detach()


def parameter() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.ones(3))


def ready(part: torch.nn.Parameter) -> torch.nn.Parameter:
    part.grad = torch.ones(3)
    return part


def test_before_the_first_step_there_is_none(clock: StepClock) -> None:
    assert clock.step == -1
    assert clock.place is None


@pytest.mark.parametrize("kind", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop])
def test_each_step_counts_once_and_is_a_safe_point(
    clock: StepClock, recorder: Recorder, kind: type[torch.optim.Optimizer]
) -> None:
    optimizer = kind([ready(parameter())], lr=0.1)  # type: ignore[call-arg]
    for _ in range(3):
        optimizer.step()
    assert clock.step == 3
    assert recorder.points == [("optimizer", number, kind.__name__, None) for number in (1, 2, 3)]
    assert clock.place == f"after {kind.__name__}.step()"


def test_the_clock_knows_how_long_the_last_step_took(clock: StepClock, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 107.5, 110.0])
    monkeypatch.setattr("memgui.agent.steps.time.monotonic", lambda: next(times))
    took = []
    for _ in range(3):
        clock.script_stepped({})
        took.append(clock.recent_step_s(1) or 0.0)
    assert took == [0.0, 7.5, 2.5]


def test_who_asked_is_called_once_where_the_next_step_ends_and_before_it_is_counted(clock: StepClock) -> None:
    generator = torch.optim.SGD([ready(parameter())], lr=0.1)
    discriminator = torch.optim.SGD([ready(parameter())], lr=0.1)
    generator.step()
    seen: list[int] = []
    clock.at_next_end = lambda: seen.append(clock.step)
    discriminator.step()
    # Of two optimizers one makes the steps, so that it is always the same place of the loop.
    assert seen == []
    for _ in range(3):
        generator.step()
        discriminator.step()
    assert seen == [1]
    clock.at_next_end = lambda: seen.append(clock.step)
    clock.script_stepped({})
    assert seen == [1, 4]


def test_lbfgs_counts_once_a_step_however_often_it_evaluates(clock: StepClock) -> None:
    part = parameter()
    optimizer = torch.optim.LBFGS([part])

    def closure() -> float:
        optimizer.zero_grad()
        loss = (part**2).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    optimizer.step(closure)
    assert clock.step == 1


class Outer(torch.optim.Optimizer):
    """Steps another optimizer inside its own step, as ZeRO does."""

    def __init__(self, inner: torch.optim.Optimizer) -> None:
        self.inner = inner
        super().__init__(inner.param_groups[0]["params"], {})

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        self.inner.step()


def test_of_nested_optimizers_the_outermost_counts(clock: StepClock, recorder: Recorder) -> None:
    outer = Outer(torch.optim.SGD([ready(parameter())], lr=0.1))
    outer.step()
    outer.step()
    assert clock.step == 2
    assert [name for _, _, name, _ in recorder.points] == ["Outer", "Outer"]


def test_a_step_that_raises_hides_no_later_step(clock: StepClock) -> None:
    class Moody(Outer):
        raises = True

        def step(self, closure: None = None) -> None:  # type: ignore[override]
            self.inner.step()
            if self.raises:
                raise RuntimeError("out of memory")

    inner = torch.optim.SGD([ready(parameter())], lr=0.1)
    moody = Moody(inner)
    with pytest.raises(RuntimeError):
        moody.step()
    assert clock.step == -1
    inner.step()
    assert clock.step == 1


def test_a_round_of_several_optimizers_is_one_step(clock: StepClock, recorder: Recorder) -> None:
    first = torch.optim.SGD([ready(parameter())], lr=0.1)
    second = torch.optim.Adam([ready(parameter())], lr=0.1)
    for _ in range(4):
        first.step()
        second.step()
    assert clock.step == 4
    assert len(recorder.points) == 8


def test_when_the_leading_optimizer_is_gone_another_leads(clock: StepClock) -> None:
    first = torch.optim.SGD([ready(parameter())], lr=0.1)
    second = torch.optim.SGD([ready(parameter())], lr=0.1)
    first.step()
    second.step()
    assert clock.step == 1
    del first
    gc.collect()
    second.step()
    assert clock.step == 2


def test_an_optimizer_that_is_out_of_use_stops_leading(clock: StepClock) -> None:
    warm_up = torch.optim.SGD([ready(parameter())], lr=0.1)
    main = torch.optim.SGD([ready(parameter())], lr=0.1)
    warm_up.step()
    for _ in range(300):
        main.step()
    assert clock.step > 90


def test_inside_backward_is_no_safe_point_and_no_step(clock: StepClock, recorder: Recorder) -> None:
    part = parameter()
    optimizer = torch.optim.SGD([part], lr=0.1)

    def step_now(_part: torch.Tensor) -> None:
        optimizer.step()

    part.register_post_accumulate_grad_hook(step_now)
    (part * 2).sum().backward()  # type: ignore[no-untyped-call]
    assert clock.step == -1
    assert clock.steps_in_backward == 1
    (_, _, _, unsafe) = recorder.points[0]
    assert unsafe is not None
    assert "inside backward" in unsafe


def test_a_script_that_tells_its_steps_is_believed(clock: StepClock, recorder: Recorder) -> None:
    optimizer = torch.optim.SGD([ready(parameter())], lr=0.1)
    optimizer.step()
    clock.script_stepped({"tokens": 512, "loss": 2.5})
    optimizer.step()
    clock.script_stepped({})
    assert clock.step == 3
    assert clock.observed == {"tokens": 512, "loss": 2.5}
    assert [kind for kind, *_ in recorder.points] == ["optimizer", "script", "optimizer", "script"]


def test_what_is_no_plain_number_is_not_observed(clock: StepClock) -> None:
    strange = {"tensor": torch.ones(1), "flag": True, "nan": float("nan"), "inf": float("inf"), "fine": 1}
    clock.script_stepped(strange)  # type: ignore[arg-type]
    assert clock.observed == {"fine": 1}


def test_a_script_cannot_make_metrics_without_end(clock: StepClock) -> None:
    for number in range(100):
        clock.script_stepped({f"loss_{number}": 1.0})
    assert len(clock.observed) == 16


def test_nothing_is_visited_while_nothing_waits(clock: StepClock, recorder: Recorder) -> None:
    recorder.idle = True
    torch.optim.SGD([ready(parameter())], lr=0.1).step()
    assert recorder.points == []
    assert clock.step == 1


def test_a_defect_of_the_visit_does_not_reach_the_training(recorder: Recorder) -> None:
    def visit(_point: Point) -> None:
        raise ValueError("defect")

    clock = StepClock(visit, recorder.is_idle)
    clock.attach()
    optimizer = torch.optim.SGD([ready(parameter())], lr=0.1)
    for _ in range(10):
        optimizer.step()
    clock.detach()
    assert clock.failures == 4


def test_optimizers_and_their_parameters_are_not_kept_alive(clock: StepClock) -> None:
    part = ready(parameter())
    optimizer = torch.optim.SGD([part], lr=0.1)
    optimizer.step()
    gone = [weakref.ref(optimizer), weakref.ref(part)]
    assert clock.optimizers.live() == [optimizer]
    del optimizer, part
    gc.collect()
    assert [reference() for reference in gone] == [None, None]
    assert clock.optimizers.live() == []


def test_a_forgotten_clock_leaves_an_idle_hook(clock: StepClock) -> None:
    steps.forget()
    torch.optim.SGD([ready(parameter())], lr=0.1).step()
    assert clock.step == -1


@pytest.mark.filterwarnings("default")
def test_a_compiled_step_counts_and_makes_torch_complain_of_nothing_more(
    clock: StepClock, recwarn: pytest.WarningsRecorder
) -> None:
    part = ready(parameter())
    optimizer = torch.optim.SGD([part], lr=0.1)
    step = torch.compile(lambda: optimizer.step(), backend="eager")
    step()
    step()
    assert (clock.step, clock.failures) == (2, 0)
    assert part[0].item() == pytest.approx(0.8)
    assert [str(warning.message) for warning in recwarn if "memgui" in str(warning.message)] == []
    assert [str(warning.message) for warning in recwarn if "_getframe" in str(warning.message)] == []


def test_losses_are_bit_equal_with_and_without_a_clock(recorder: Recorder) -> None:
    def train() -> list[float]:
        torch.manual_seed(0)
        model = torch.nn.Linear(8, 8)
        optimizer = torch.optim.Adam(model.parameters())
        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = model(torch.randn(4, 8)).square().mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    alone = train()
    clock = StepClock(recorder.visit, recorder.is_idle)
    clock.attach()
    watched = train()
    clock.detach()
    assert alone == watched
