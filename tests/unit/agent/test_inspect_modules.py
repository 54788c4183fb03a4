"""Modules and tensors as they are told, and activations by hooks that are there for one step."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.modules import module as hooks  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

from memgui.agent.actions.action import Point  # noqa: E402
from memgui.agent.inspect.activations import Activations  # noqa: E402
from memgui.agent.inspect.birthplaces import Birthplaces  # noqa: E402
from memgui.agent.inspect.budget import Budget  # noqa: E402
from memgui.agent.inspect.models import Models  # noqa: E402
from memgui.agent.inspect.modules import InspectModules  # noqa: E402
from memgui.agent.inspect.surplus import find_surplus  # noqa: E402
from memgui.agent.inspect.tensors import InspectTensors  # noqa: E402
from memgui.agent.inspect.walk import Walker  # noqa: E402
from memgui.agent.optimizers import Optimizers  # noqa: E402
from memgui.protocol.errors import Refused  # noqa: E402
from memgui.protocol.inspection import Modules, ModulesParams, Tensors, TensorsParams  # noqa: E402

F32 = 4


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    torch.set_num_threads(1)
    gc.collect()
    yield
    gc.collect()
    assert not hooks._global_forward_hooks
    assert not hooks._global_forward_pre_hooks


class Block(nn.Module):  # type: ignore[misc]
    """Has an operation of its own before its child's, and one after."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(10, 10)

    def forward(self, x: Any) -> Any:
        return self.inner(x.exp()).tanh()


class Training:
    def __init__(self, model: Any) -> None:
        self.model = model
        self.optimizer = torch.optim.SGD(model.parameters(), momentum=0.9)
        self.optimizers = Optimizers()
        self.optimizers.saw(self.optimizer)
        self.models = Models(self.optimizers)

    def step(self, count: int = 8) -> None:
        self.model(torch.randn(count, 10, requires_grad=True)).sum().backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def activations(self) -> dict[str, int | None]:
        task = InspectModules(self.optimizers, self.models).task(ModulesParams(activations=True))
        assert task.visit(Point("optimizer", 1), Budget(60.0)) is None
        self.step()
        told = task.visit(Point("optimizer", 2), Budget(60.0))
        task.end()
        assert isinstance(told, Modules)
        return {node.path: node.activations_bytes for node in told.modules if node.path.startswith("Block")}


def test_an_operation_belongs_to_the_module_that_computes_it() -> None:
    # exp saves its result, which the linear layer saves too; tanh saves its own.
    assert Training(Block()).activations() == {"Block": 2 * 8 * 10 * F32, "Block.inner": 0}


def test_a_checkpoint_that_computes_anew_in_backward_counts_once() -> None:
    class Checkpointed(Block):
        def forward(self, x: Any) -> Any:
            return checkpoint(super().forward, x.requires_grad_(), use_reentrant=False)

    training = Training(Checkpointed())
    task = InspectModules(training.optimizers, training.models).task(ModulesParams(activations=True))
    task.visit(Point("optimizer", 1), Budget(60.0))
    training.step()
    told = task.visit(Point("optimizer", 2), Budget(60.0))
    assert isinstance(told, Modules)
    sizes = [node.activations_bytes or 0 for node in told.modules if "Checkpointed" in node.path]
    assert sum(sizes) <= 8 * 10 * F32


def test_the_hooks_keep_no_graph() -> None:
    training = Training(Block())
    found = Activations()
    found.install(torch)
    training.model(torch.randn(8, 10))
    assert found._nodes == {}
    assert found._running == []
    found.remove()


def test_a_step_without_a_forward_has_no_activations() -> None:
    training = Training(Block())
    task = InspectModules(training.optimizers, training.models).task(ModulesParams(activations=True))
    task.visit(Point("optimizer", 1), Budget(60.0))
    with pytest.raises(Refused, match="no module ran forward"):
        task.visit(Point("optimizer", 2), Budget(60.0))
    task.end()


def test_what_was_given_up_does_nothing_and_is_taken_back() -> None:
    training = Training(Block())
    task = InspectModules(training.optimizers, training.models).task(ModulesParams(activations=True))
    task.visit(Point("optimizer", 1), Budget(60.0))
    task.drop()
    training.step()
    assert task._activations.sizes == {}  # type: ignore[attr-defined]
    task.end()


def test_a_compiled_run_is_not_hooked(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler: Any = ModuleType("torch._dynamo.utils")
    compiler.counters = {"frames": {"total": 3}}
    monkeypatch.setitem(sys.modules, "torch._dynamo.utils", compiler)
    with pytest.raises(Refused, match=r"torch\.compile"):
        Activations().install(torch)


def test_two_models_of_a_class_have_two_names_and_the_trained_one_comes_first() -> None:
    other, training = Block(), Training(Block())
    told = InspectModules(training.optimizers, training.models).tree(Budget(60.0), {})
    nodes = [(node.path, node.trained) for node in told.modules if node.path.startswith("Block")]
    assert nodes == [("Block", True), ("Block.inner", True), ("Block#2", False), ("Block#2.inner", False)]
    assert other is not None


def look(inspection: InspectTensors, step: int, limit: int = 100) -> Tensors:
    return inspection.look(TensorsParams(limit=limit), Point("optimizer", step), Budget(60.0))


def test_groups_tell_who_holds_them_and_how_they_change_per_step() -> None:
    training = Training(Block())
    inspection = InspectTensors(Walker(training.optimizers, training.models), Birthplaces())
    history = [torch.zeros(301, 7) for _ in range(3)]
    first = next(group for group in look(inspection, 10).groups if group.shape == (301, 7))
    assert (first.count, first.bytes, first.per_step) == (3, 3 * 301 * 7 * F32, None)
    assert first.holder == "list of 3"
    history += [torch.zeros(301, 7), torch.zeros(301, 7)]
    second = next(group for group in look(inspection, 14).groups if group.shape == (301, 7))
    assert (second.count, second.per_step) == (5, 2 * 301 * 7 * F32 / 4)


def test_an_attribute_and_a_global_are_told_by_name() -> None:
    training = Training(Block())
    inspection = InspectTensors(Walker(training.optimizers, training.models), Birthplaces())

    class Trainer:
        def __init__(self) -> None:
            self.total = torch.zeros(307, 11)

    trainer = Trainer()
    found = next(group for group in look(inspection, 1).groups if group.shape == (307, 11))
    assert found.holder is not None
    assert found.holder.endswith("total")
    assert trainer is not None


def test_the_limit_keeps_the_largest_and_tells_how_many_there_are() -> None:
    training = Training(Block())
    large = torch.zeros(1000, 1000)
    told = look(InspectTensors(Walker(training.optimizers, training.models), Birthplaces()), 1, limit=1)
    assert [group.shape for group in told.groups] == [tuple(large.shape)]
    assert told.groups_count > 1
    assert told.total_bytes > large.nbytes


def test_a_spent_budget_leaves_what_was_found() -> None:
    training = Training(Block())
    others = [torch.zeros(1 + at, 3) for at in range(1000)]
    budget = Budget(0.0)
    told = InspectTensors(Walker(training.optimizers, training.models), Birthplaces()).look(
        TensorsParams(), Point("optimizer", 1), budget
    )
    assert budget.reason is not None
    assert told.groups_count < len(others)


def test_an_optimizer_that_keeps_other_things_than_dictionaries_is_looked_at() -> None:
    training = Training(Block())
    weight = training.model.inner.weight
    training.optimizer.state[weight] = torch.zeros(10, 10)
    told = InspectModules(training.optimizers, training.models).tree(Budget(60.0), {})
    assert [node.optimizer_bytes for node in told.modules if node.path.startswith("Block")] == [0, 0]
    walked = Walker(training.optimizers, training.models).walk(Budget(60.0), keep=True)
    assert list(find_surplus(walked)) == []
    assert walked.ledger.total("optimizer") == 100 * F32


def test_a_line_that_was_seen_making_tensors_is_known_by_shape_type_and_device() -> None:
    births = Birthplaces()
    births.note("(8, 4)", "float32", "cuda:0", "train.py:14")
    births.note("(8, 4)", "float32", None, "train.py:15")
    assert births.line_of((8, 4), "float32", "cuda.0") == "train.py:14"
    assert births.line_of((8, 4), "float32", "host") is None
    births.note("(8, 4)", "float32", "cpu", "train.py:16")
    assert births.line_of((8, 4), "float32", "shared") == "train.py:16"
