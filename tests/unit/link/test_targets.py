"""What runs here, and what a person means by a TARGET."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memgui.attach.targets import Attachability
from memgui.collect.facts import ProcessFacts, process_facts
from memgui.link import targets
from memgui.protocol import endpoints
from memgui.protocol.errors import BadInput, Unreachable

FACTS = ProcessFacts(
    7, 70, "train.py", "/home/ada/train.py", ("python", "train.py"), "/home/ada", "ada", 1000, "3.11", "2.6.0", 1,
    0, 0, 2, "run", 1e9,
)  # fmt: skip


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[ProcessFacts]:
    """What discovery finds; all but pid 8 can be attached to."""
    present: list[ProcessFacts] = [FACTS]

    def check(pid: int) -> Attachability:
        if pid == 8:
            return Attachability(pid, False, reason="it is being traced", next_step="end the debugger")
        return Attachability(pid, True, "injector")

    monkeypatch.setattr(targets, "torch_processes", lambda: present)
    monkeypatch.setattr(targets, "check", check)
    monkeypatch.setattr(targets, "_seen_attachable", {})
    return present


def test_a_torch_process_is_listed_with_how_it_stands(found: list[ProcessFacts]) -> None:
    found.append(replace(FACTS, pid=8))
    free, traced = targets.list_targets()
    assert (free.pid, free.attachable, free.reason, free.agent) == (7, True, None, None)
    assert (free.rank, free.world_size, free.parent, free.rss_bytes) == (0, 2, 1, 1e9)
    assert not traced.attachable
    assert traced.reason == "it is being traced; end the debugger"


def test_what_can_be_attached_to_is_not_checked_at_every_listing(
    found: list[ProcessFacts], monkeypatch: pytest.MonkeyPatch
) -> None:
    found.append(replace(FACTS, pid=8))
    targets.list_targets()
    checked = []

    def check(pid: int) -> Attachability:
        checked.append(pid)
        return Attachability(pid, False, reason="it has changed")

    monkeypatch.setattr(targets, "check", check)
    free, traced = targets.list_targets()
    assert (checked, free.attachable, traced.reason) == ([8], True, "it has changed")
    monkeypatch.setattr(targets, "_STAYS_TRUE_S", 0.0)
    assert [info.attachable for info in targets.list_targets()] == [False, False]


def test_a_process_with_an_agent_comes_first_and_is_not_attached_to_again(found: Any, agent: Any) -> None:
    first, second = targets.list_targets()
    assert (first.pid, first.agent) == (agent.point.pid, str(agent.point.path))
    assert not first.attachable
    assert second.pid == 7


def test_stale_sockets_are_removed_and_deaf_ones_left_out(agent: Any, runtime_directory: Path) -> None:
    stale = endpoints.endpoint_for(runtime_directory, agent.point.pid, 1)
    stale.path.touch()
    assert targets.live_endpoints() == [agent.point]
    assert not stale.path.exists()
    agent.listener.close()
    assert targets.live_endpoints() == []
    assert agent.point.path.exists()


def test_a_pid_means_a_live_process(process: subprocess.Popen[bytes]) -> None:
    assert targets.resolve(str(process.pid)) == process.pid
    with pytest.raises(Unreachable, match="no process 4194999"):
        targets.resolve("4194999")


def test_a_socket_means_its_process_as_long_as_somebody_listens(agent: Any, tmp_path: Path) -> None:
    path = agent.point.path
    assert targets.resolve(str(path)) == agent.point.pid
    assert targets.resolve_endpoint(path) == agent.point
    agent.listener.close()
    with pytest.raises(Unreachable, match="nobody listens"):
        targets.resolve(str(path))
    with pytest.raises(Unreachable, match="is gone"):
        targets.resolve(str(path.with_name("4194999.1.sock")))
    with pytest.raises(BadInput, match="not the socket of an agent"):
        targets.resolve(str(tmp_path / "other.sock"))


@pytest.mark.parametrize("text", ["train.py", "/home/ada/train.py"])
def test_the_name_of_one_script_means_its_process(found: list[ProcessFacts], text: str) -> None:
    assert targets.resolve(text) == 7
    found.append(replace(FACTS, pid=8))
    with pytest.raises(BadInput, match=r"2 processes are called .*: 7, 8"):
        targets.resolve(text)


@pytest.mark.parametrize("text", ["gpu-box/4123", "user@node7/1", "cmd:docker exec -i job memgui bridge/12"])
def test_another_host_is_told_to_be_out_of_reach(found: object, text: str) -> None:
    with pytest.raises(BadInput, match="remote targets are not available in this version"):
        targets.resolve(text)


def test_what_means_nothing_is_bad_input(found: object) -> None:
    with pytest.raises(BadInput, match="neither a pid") as caught:
        targets.resolve("nonsense")
    assert "memgui ps" in caught.value.next_step


def test_an_agent_of_a_process_without_torch_is_listed_by_what_is_known(found: list[Any], agent: Any) -> None:
    found.clear()
    (info,) = targets.list_targets()
    facts = process_facts(agent.point.pid)
    assert facts is not None
    assert (info.name, info.start_time, info.torch) == (facts.name, facts.start_time, None)
