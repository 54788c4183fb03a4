"""Two real ranks that average their gradients by hand are changed at the same step, or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import pytest

from memgui.cli.live import Live
from memgui.protocol.meeting import MeetParams
from memgui.protocol.payloads import RunParams

pytest.importorskip("torch_pruning")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# Each rank sees other data. One whose layers came out different, or who changed at another step, would end both by the
# next all_reduce; one whose weights came out different, by the comparison. The agent of rank 1 comes later, so that it
# has counted fewer steps.
SCRIPT = """
import hashlib, os, sys, torch
import torch.distributed as dist
import memgui.agent
torch.manual_seed(0); torch.set_num_threads(1)
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
dist.init_process_group("gloo", init_method=f"file://{sys.argv[1]}", rank=rank, world_size=world)
model = torch.nn.Sequential(torch.nn.Linear(64, 512), torch.nn.ReLU(), torch.nn.Linear(512, 8))
make = {"adamw": torch.optim.AdamW, "sgd": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9)}[sys.argv[2]]
optimizer = make(model.parameters(), lr=1e-3)
data = torch.Generator().manual_seed(rank)
if rank: memgui.agent.stop()
total = torch.zeros(2)
for step in range(10**9):
    if rank and step == 3: memgui.agent.start()
    x = torch.randn(32, 64, generator=data)
    optimizer.zero_grad()
    (model(x) - x[:, :8].sin()).square().mean().backward()
    total[0] = sum(float(p.detach().double().sum()) for p in model.parameters())
    total[1] = -total[0]
    dist.all_reduce(total, dist.ReduceOp.MAX)
    assert total[0] == -total[1], "the ranks' weights differ"
    for parameter in model.parameters():
        dist.all_reduce(parameter.grad)
        parameter.grad /= world
    optimizer.step()
    if step == 20: print("trains", flush=True)
    if step % 50 == 49:
        digest = hashlib.blake2b(b"".join(p.detach().numpy().tobytes() for p in model.parameters())).hexdigest()[:8]
        print(step, digest, tuple(model[0].weight.shape), flush=True)
"""
Process = subprocess.Popen[str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., list[Process]]]:
    """Two ranks that train."""
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    started: list[Process] = []

    def begin(optimizer: str = "adamw", folders: tuple[str, str] = ("a", "b")) -> list[Process]:
        store, ranks = tmp_path / f"store{len(started)}", []
        for rank in range(2):
            words = [sys.executable, "-m", "memgui", "run", str(script), str(store), optimizer]
            run = {"RANK": str(rank), "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": f"{tmp_path.name}-{store.name}"}
            env = {**os.environ, "MEMGUI_BACKUP_DIR": str(tmp_path / folders[rank]), **run}
            ranks.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=env))
            started.append(ranks[-1])
        for process in ranks:
            assert "trains\n" in _lines(process)
        return ranks

    yield begin
    for process in started:
        process.kill()
    for process in started:
        process.communicate()


def _lines(process: Process) -> Iterator[str]:
    assert process.stdout is not None
    return iter(process.stdout.readline, "")


def _act(target: object, *words: str) -> tuple[int, Any]:
    command = [sys.executable, "-m", "memgui", "act", str(target), *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def _train_on(ranks: list[Process], shape: str) -> None:
    """Both go on with the first weight in this shape; the script compares their weights at each step."""
    for process in ranks:
        assert any(shape in line for line in _lines(process)), "the rank has ended"


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_ranks_that_average_by_hand_are_pruned_at_the_same_step_and_taken_back_together(
    start: Callable[..., list[Process]], optimizer: str
) -> None:
    ranks = start(optimizer)
    status, outcome = _act(ranks[1].pid, "prune_structured", "ratio=0.5", "--all-ranks")
    assert (status, outcome["outcome"]) == (0, "done"), outcome
    own = {receipt["step"] for receipt in outcome["ranks"].values()}
    assert len(own) == 2, "the agents count alike, so that this shows nothing"
    _train_on(ranks, "(256, 64)")
    undo = next(iter(outcome["ranks"].values()))["undo"]
    if optimizer == "adamw":
        status, outcome = _act(ranks[0].pid, "quantize_optimizer", "--all-ranks")
        assert (status, outcome["outcome"]) == (0, "done"), outcome
        later = next(iter(outcome["ranks"].values()))["undo"]
        assert _act(ranks[0].pid, "--undo", later, "--all-ranks")[0] == 0
    status, undone = _act(ranks[0].pid, "--undo", undo, "--all-ranks")
    assert (status, undone["outcome"]) == (0, "done"), undone
    _train_on(ranks, "(512, 64)")


def test_a_rank_that_fails_leaves_all_of_them_bit_equal_to_a_run_that_nobody_touched(
    start: Callable[..., list[Process]], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ranks = start(folders=("a", "file/none"))
    status, outcome = _act(ranks[0].pid, "prune_structured", "ratio=0.5", "--all-ranks")
    assert (status, outcome["outcome"]) == (4, "refused")
    assert "rank 1" in outcome["reason"]
    assert "the backup cannot be written" in outcome["reason"]
    assert outcome["reason"].endswith("no rank was changed")
    assert {receipt["outcome"] for receipt in outcome["ranks"].values()} == {"refused"}
    at = max(receipt["step"] for receipt in outcome["ranks"].values())
    after = next(line for line in _lines(ranks[0]) if int(line.split()[0]) > at)
    for process in ranks:
        process.kill()
    assert after in _lines(start()[0])


def test_a_rank_that_is_killed_amid_the_change_leaves_nothing_half_done(start: Callable[..., list[Process]]) -> None:
    ranks = start()
    with Live(ranks[0].pid) as first, Live(ranks[1].pid) as second:
        first.wait_for_agent()
        second.wait_for_agent()
        body = RunParams("prune_structured", {}, meeting="0" * 16)
        runs = [_ask(live, "actions.run", body) for live in (first, second)]
        count = max(_order(live, "count").result()["count"] for live in (first, second))
        standing = [_order(live, "stand", at=count + 100) for live in (first, second)]
        assert {one.result()["count"] for one in standing} == {count + 100}
        assert _order(first, "change").result()["state"] == "changed"
        ranks[1].send_signal(signal.SIGKILL)
        wait([runs[1]])
        assert runs[0].done() is False
        _order(first, "drop", reason="rank 1 is gone")
        receipt = runs[0].result()
        assert receipt["outcome"] == "refused"
        assert "it was taken back before any rank went on" in receipt["reason"]
        assert first.hub.request(first.target.key, "actions.list", None, timeout_s=5).result()["undos"] == []
    # What ends the other is its own all_reduce.
    assert ranks[0].wait(60) != 0


def _ask(live: Live, method: str, params: object) -> Future[Any]:
    return live.hub.request(live.target.key, method, params, timeout_s=60)


def _order(live: Live, order: str, **more: Any) -> Future[Any]:
    return _ask(live, "actions.meet", MeetParams("0" * 16, order, **more))
