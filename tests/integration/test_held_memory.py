"""A real training whose steps take and give back far more than they keep, with the agent inside."""

import subprocess
import sys
import time

import pytest

from memgui.cli.live import Live

pytest.importorskip("torch")
TRAINING = """
import time, torch
import memgui.agent
from memgui.agent.allocator import find_allocator
torch.set_num_threads(1)
heap = find_allocator().heap
model = torch.nn.Linear(64, 64)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
memgui.agent.start()
step = 0
while True:
    small = [torch.zeros(1500) for _ in range(10_000)]
    model(torch.randn(32, 64)).square().mean().backward()
    time.sleep(0.03)
    if step == 20: most = heap()[0]
    del small
    if step == 20: print(most - heap()[0], flush=True)
    optimizer.step()
    step += 1
"""


def test_held_memory_does_not_see_what_a_step_takes_and_gives_back():
    words = [sys.executable, "-c", TRAINING]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            taken = int(process.stdout.readline())
            rows = []
            with Live(process.pid) as live:
                for batch in live.batches(time.monotonic() + 6.0):
                    rows += batch.rows
        finally:
            process.kill()
    assert taken > 55e6
    begin_s = rows[0].t_s + 2.0
    held = [row.values["host.held_bytes"] for row in rows if row.t_s > begin_s]
    assert len(held) > 20
    assert max(held) - min(held) < taken / 20
    assert rows[-1].step > rows[0].step + 20
