"""Qt's own tester on each model, and what the models say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QModelIndex, Qt

from memgui.collect.children import ChildProcess
from memgui.link.batch import Batch
from memgui.link.target import LiveTarget
from memgui.protocol.payloads import Hello
from memgui.store.timeline import Row
from memgui.ui.commands import Command
from memgui.ui.journal import Entry
from memgui.ui.pages import events, journal, metrics, workers
from memgui.ui.palette import CommandsModel
from memgui.ui.table_model import Cell, TableModel
from memgui.ui.targets_model import Role, TargetsModel
from memgui.ui.theme import Theme


def _target(pid: int, *, rank: int | None = None, run: str | None = None, workers: int = 0) -> LiveTarget:
    target = LiveTarget(f"{pid}.1")
    hello = Hello(
        (1,), "0.1", pid, 1, 0.0, 0.0, "here", "train.py", (), "ada", "3.11", script="train.py", rank=rank,
        world_size=4 if rank is not None else None, run_id=run,
    )  # fmt: skip
    children = tuple(
        ChildProcess(pid * 10 + n, "python", ("python",), "loader worker", 1e6, 1e6) for n in range(workers)
    )
    rows = tuple(Row(100.0 + n, n, {"host.rss_bytes": 1e9}) for n in range(3))
    target.apply(Batch(target.key, rows=rows, state="connected", hello=hello, children=children))
    return target


def test_the_tree_of_targets_is_a_sound_model_while_rows_come_move_and_go(qtmodeltester):
    model = TargetsModel()
    one, two = _target(1, workers=2), _target(2)
    ranks = [_target(10 + n, rank=n, run="job", workers=n) for n in range(3)]
    steps = [(), (one,), (one, two), (one, two, *ranks), (*reversed(ranks), two), (two, ranks[1]), (ranks[0],), ()]
    for targets in steps:
        model.update(targets)
        qtmodeltester.check(model)


def test_ranks_of_one_run_stand_in_order_below_it_with_their_sum():
    model = TargetsModel()
    model.update(tuple(_target(10 + n, rank=n, run="job") for n in (2, 0, 1)))
    run = model.index(0, 0)
    assert model.rowCount() == 1
    assert run.data() == "train.py"
    assert run.data(Role.DETAIL) == "3 of 3 ranks alive"
    assert run.data(Role.VALUE) == "2.79\u00a0GiB"
    assert [model.index(row, 0, run).data() for row in range(3)] == ["rank 0", "rank 1", "rank 2"]


def test_a_worker_row_tells_its_pid_and_command():
    model = TargetsModel()
    model.update((_target(1, workers=2),))
    worker = model.index(1, 0, model.index(0, 0))
    assert worker.data() == "loader worker"
    assert worker.data(Role.DETAIL) == "pid 11"
    assert worker.data(Role.KEY) == "1.1"
    assert not model.index(0, 0, worker).isValid()


def test_only_rows_that_changed_are_announced(qtbot):
    model = TargetsModel()
    one, two = _target(1), _target(2)
    model.update((one, two))
    with qtbot.assertNotEmitted(model.dataChanged):
        model.update((one, two))
    changed = []
    model.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    two.apply(Batch(two.key, rows=(Row(200.0, 9, {"host.rss_bytes": 2e9}),)))
    model.update((one, two))
    assert changed == [1]


@pytest.mark.parametrize(
    ("columns", "texts"),
    [
        (journal.JournalColumn, journal.journal_columns()),
        (events.EventColumn, events.event_columns()),
        (workers.WorkerColumn, workers.worker_columns()),
        (metrics.MetricColumn, metrics.metric_columns(interval=False)),
    ],
)
def test_each_table_is_a_sound_model(qtmodeltester, columns, texts):
    model = TableModel(columns, texts, Theme.dark())
    for count in (0, 3, 5, 2, 0):
        model.set_rows([{column: Cell(f"{number} {column}") for column in columns} for number in range(count)])
        assert model.rowCount() == count
        qtmodeltester.check(model)
    assert set(texts) == set(columns)


def test_a_table_announces_only_rows_that_differ(qtbot):
    model = TableModel(events.EventColumn, events.event_columns(), Theme.dark())
    rows = [{column: Cell(str(number)) for column in events.EventColumn} for number in range(3)]
    model.set_rows(rows)
    with qtbot.assertNotEmitted(model.dataChanged):
        model.set_rows(list(rows))
    with qtbot.waitSignal(model.dataChanged, check_params_cb=lambda first, _last, _roles: first.row() == 1):
        model.set_rows([rows[0], {**rows[1], events.EventColumn.TEXT: Cell("other")}, rows[2]])


def test_numbers_stand_on_the_right_and_texts_on_the_left():
    model = TableModel(metrics.MetricColumn, metrics.metric_columns(interval=False), Theme.dark())
    role, side = Qt.ItemDataRole.TextAlignmentRole, Qt.Orientation.Horizontal
    assert model.headerData(metrics.MetricColumn.VALUE, side, role) & Qt.AlignmentFlag.AlignRight.value
    assert model.headerData(metrics.MetricColumn.NAME, side, role) & Qt.AlignmentFlag.AlignLeft.value


def test_metrics_come_in_the_order_of_the_catalogue_and_unknown_ones_last():
    target = _target(1)
    values = {"loss_ratio": 0.25, "step.duration_s": 0.318, "host.rss_bytes": 1e9, "host.anon_bytes": 1e9}
    target.apply(Batch(target.key, rows=(Row(200.0, 9, values),)))
    rows = metrics.metric_rows(target, None)
    assert [row[metrics.MetricColumn.NAME].text for row in rows] == ["Resident", "Anonymous", "Step time", "loss_ratio"]
    assert [row[metrics.MetricColumn.VALUE].text for row in rows][2:] == ["318\u00a0ms", "25\u00a0%"]


def test_the_commands_are_a_sound_model(qtmodeltester):
    model = CommandsModel((Command("Trim heap", "Free memory", print), Command("Quit", "memgui", print)))
    qtmodeltester.check(model)
    model.filter("heap")
    qtmodeltester.check(model)
    assert [model.index(row).data() for row in range(model.rowCount())] == ["Trim heap"]
    assert model.rowCount(model.index(0)) == 0
    assert model.data(QModelIndex()) is None


def test_a_journal_row_shows_a_remark_without_a_receipt():
    row = journal.journal_rows((Entry(0.0, "k", "train.py", "Attached", None, "at once", "good"),))[0]
    assert row[journal.JournalColumn.WHAT].text == "Attached"
    assert row[journal.JournalColumn.EFFECT].text == ""
    assert row[journal.JournalColumn.ABOUT].text == "at once"


def test_workers_are_listed_by_size():
    children = tuple(ChildProcess(n, "python", (), "child", float(n), 0.0) for n in (1, 3, 2))
    rows = workers.worker_rows(SimpleNamespace(children=children))
    assert [row[workers.WorkerColumn.PID].text for row in rows] == ["3", "2", "1"]
