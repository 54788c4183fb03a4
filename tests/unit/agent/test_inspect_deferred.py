"""What explains is imported when somebody first asks, and not with the agent."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import memgui.agent.agent
from memgui.agent.inspect.deferred import Deferred
heavy = {"decimal", "memgui.agent.explain.suspects.found", "memgui.agent.explain.watch"}
print(sorted(heavy & set(sys.modules)))
inspection = Deferred("inspect.holders", "memgui.agent.explain.holders:FindHolders", looks=3)
print(inspection.expected_pause_ms() > 0, "memgui.agent.explain.holders" in sys.modules)
print(inspection.params.__name__, "memgui.agent.explain.holders" in sys.modules, inspection.task(None) is not None)
"""


def test_the_agent_starts_without_what_explains() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "True False", "HoldersParams True True"]
