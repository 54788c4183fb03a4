"""Real trainings shrunk from a real window, and all ranks of a run from the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from memgui.ui.appearance import Appearance
from memgui.ui.options import Options
from memgui.ui.settings import Settings
from memgui.ui.sources import LocalSources
from memgui.ui.window import MainWindow

pytestmark = [
    pytest.mark.slow,
    pytest.mark.qt_log_ignore("propagateSizeHints", "does not support raise", "grabbing the", extend=True),
]
pytest.importorskip("torch_pruning")

# Each rank sees other data; they average their gradients by hand, so that a rank whose layers came out different, or
# who shrank at another step, would end both.
SCRIPT = """
import os, sys, time, torch
import torch.distributed as dist
torch.manual_seed(0); torch.set_num_threads(1)
rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
if world > 1:
    dist.init_process_group("gloo", init_method=f"file://{sys.argv[1]}", rank=rank, world_size=world)
model = torch.nn.Sequential(torch.nn.Linear(64, 512), torch.nn.ReLU(), torch.nn.Linear(512, 8))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
data = torch.Generator().manual_seed(rank)
for step in range(10**9):
    x = torch.randn(32, 64, generator=data)
    optimizer.zero_grad()
    loss = (model(x) - x[:, :8].sin()).square().mean()
    loss.backward()
    if world > 1:
        for parameter in model.parameters():
            dist.all_reduce(parameter.grad)
            parameter.grad /= world
    optimizer.step()
    time.sleep(0.01)
    if step == 3: print("trains", flush=True)
"""
Process = subprocess.Popen[str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts trainings with the agent inside; returns at once."""
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    started: list[Process] = []

    def begin(**environment: str) -> Process:
        words = [sys.executable, "-m", "memgui", "run", str(script), str(tmp_path / "store")]
        env = {**os.environ, "MEMGUI_BACKUP_DIR": str(tmp_path / "undo"), **environment}
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
    for process in started:
        process.communicate()


def _trains(process: Process) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "trains\n"


def _act(target: object, *words: str) -> tuple[int, Any]:
    command = [sys.executable, "-m", "memgui", "act", str(target), *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Callable[[int], MainWindow]]:
    """A window on processes of this host."""
    made: list[MainWindow] = []
    app = QApplication.instance()
    assert isinstance(app, QApplication)

    def bring(pid: int) -> MainWindow:
        settings = Settings(tmp_path / f"settings{len(made)}.ini")
        options = Options(attach=(pid,), size=(1024, 700))
        made.append(MainWindow(LocalSources(settings), Appearance(app, "dark"), settings, options))
        made[-1].show()
        return made[-1]

    yield bring
    for each in made:
        each.close()
        each.deleteLater()


def test_a_training_is_shrunk_from_the_window_and_taken_back_from_the_next(
    qtbot: QtBot, start: Callable[..., Process], window: Callable[[int], MainWindow]
) -> None:
    process = start()
    _trains(process)
    first = window(process.pid)

    def wait(holds: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(holds()), timeout=60_000)

    wait(lambda: first.target is not None and any(a.name == "prune_structured" for a in first.target.actions))
    wait(lambda: first.target.actions[-1].unavailable is None)
    first.open_shrink("prune_structured")
    dialog: Any = QApplication.activeModalWidget()
    wait(lambda: dialog.scope.model.roots)
    dialog.parameters.field("ratio").setValue(0.5)
    wait(dialog.run_button.isEnabled)
    promised = dialog._previewer.answer.would_free_bytes
    assert promised > 100_000
    dialog.run_button.click()
    wait(lambda: dialog.outcome.cards)
    (entry,) = dialog._run.entries
    assert entry.receipt.freed_bytes == pytest.approx(promised, rel=0.01)
    wait(lambda: "settled" in dialog._run.entries[0].receipt.details)
    assert len(dialog._run.entries[0].receipt.details["settled"]["losses"]) >= 19
    first.close()

    second = window(process.pid)
    wait(lambda: second.right.undos.buttons)
    undo = next(iter(second.right.undos.buttons))
    assert undo == entry.receipt.undo
    second.right.undos.buttons[undo].click()
    wait(lambda: second.target.undos == ())
    wait(lambda: not second.right.undos.isVisible())
    assert process.poll() is None


def test_both_ranks_are_shrunk_by_the_box_of_the_dialog_and_taken_back_by_its_button(
    qtbot: QtBot, start: Callable[..., Process], window: Callable[[int], MainWindow]
) -> None:
    run = {"WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "job"}
    ranks = [start(RANK=str(rank), **run) for rank in range(2)]
    for process in ranks:
        _trains(process)
    shown = window(ranks[0].pid)

    def wait(holds: Callable[[], object]) -> None:
        qtbot.waitUntil(lambda: bool(holds()), timeout=60_000)

    wait(lambda: shown.target is not None and any(a.name == "prune_structured" for a in shown.target.actions))
    wait(lambda: sum(target.state == "connected" and bool(target.actions) for target in shown.feed.targets) >= 2)
    shown.open_shrink("prune_structured")
    dialog: Any = QApplication.activeModalWidget()
    assert dialog.everywhere.text() == "on all 2 ranks, at the same step"
    dialog.everywhere.setChecked(True)
    wait(lambda: dialog.scope.model.roots)
    wait(dialog.run_button.isEnabled)
    dialog.run_button.click()
    wait(lambda: len(dialog.outcome.cards) == 2)
    assert dialog._run.said.startswith("Done on 2 ranks after step")
    entries = dialog._run.entries
    assert {entry.receipt.outcome for entry in entries} == {"done"}
    assert len({entry.receipt.details["meeting"] for entry in entries}) == 1
    names = [card.accessibleName() for card in dialog.outcome.cards]
    assert ["rank 0" in names[0], "rank 1" in names[1]] == [True, True]
    dialog._run.undo(entries[0])
    wait(lambda: dialog._run.said == "Taken back on every rank.")
    assert [process.poll() for process in ranks] == [None, None]


def test_memory_is_freed_on_all_ranks_after_the_same_step(start: Callable[..., Process]) -> None:
    run = {"WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "job"}
    ranks = [start(RANK=str(rank), **run) for rank in range(2)]
    for process in ranks:
        _trains(process)
    status, outcome = _act(ranks[1].pid, "collect_garbage", "--all-ranks")
    assert (status, outcome["outcome"]) == (0, "done"), outcome
    assert {receipt["step"] for receipt in outcome["ranks"].values()} == {outcome["at_step"]}
    assert [process.poll() for process in ranks] == [None, None]
