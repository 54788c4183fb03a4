"""Records of a black box come back whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgui.protocol import black_box as form
from memgui.protocol.errors import BadInput

bodies = st.lists(st.binary(max_size=60), min_size=1, max_size=8)


def content(bodies: list[bytes]) -> bytes:
    return form.head() + b"".join(form.pack(number, form.EVENT, body) for number, body in enumerate(bodies))


@given(bodies)
def test_records_come_back_as_they_were(given_bodies: list[bytes]) -> None:
    found = list(form.scan(content(given_bodies)))
    assert [record.body for record in found] == given_bodies
    assert [record.number for record in found] == list(range(len(given_bodies)))


@given(bodies, st.data())
def test_what_is_cut_or_overwritten_is_left_out(given_bodies: list[bytes], data: st.DataObject) -> None:
    whole = content(given_bodies)
    at = data.draw(st.integers(form.HEAD_BYTES, len(whole) - 1))
    spoilt = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
    given_records = dict(enumerate(given_bodies))
    found = {record.number: record.body for record in form.scan(spoilt)}
    assert len(found) >= len(given_bodies) - 1
    assert all(given_records[number] == body for number, body in found.items())
    cut = list(form.scan(whole[:at]))
    assert [record.body for record in cut] == given_bodies[: len(cut)]


def test_rank_and_run_are_in_the_name() -> None:
    name = form.file_name("train.py", run_id="exp 7/b", rank=3, pid=41, start_time=900)
    assert name == "train.py-exp-7-b-rank3-41.900.blackbox"
    assert form.file_name("-m", run_id=None, rank=None, pid=41, start_time=9) == "m-41.9.blackbox"


def test_a_foreign_file_and_a_later_version_are_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.blackbox"
    with pytest.raises(BadInput, match="cannot be read"):
        form.read(path)
    path.write_bytes(b"something else")
    with pytest.raises(BadInput, match="is no black box"):
        form.read(path)
    path.write_bytes(form.MAGIC + b"9\n")
    with pytest.raises(BadInput, match="version 9 of the format, and this memgui reads version 1"):
        form.read(path)
    assert form.is_black_box(path)
    assert not form.is_black_box(tmp_path)


def test_kills_are_counted_by_the_cgroup_that_can_be_read(tmp_path: Path) -> None:
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    proc.mkdir()
    root.mkdir()
    assert form.memory_events(proc, root) is None
    (proc / "cgroup").write_text("0::/somewhere/on/the/host\n")
    (root / "memory.events").write_text("low 0\noom 2\noom_kill 5\n")
    found = form.memory_events(proc, root)
    assert found == root / "memory.events"
    assert form.oom_kills(root / "memory.events") == 5
    assert form.oom_kills(root / "none") is None
