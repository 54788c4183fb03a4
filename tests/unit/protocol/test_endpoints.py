"""Where sockets live, who owns the place, and which of them are stale."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from memgui.protocol import endpoints
from memgui.protocol.errors import Problem, Refused


def test_the_directory_is_found_in_the_documented_order() -> None:
    both = {"MEMGUI_RUNTIME_DIR": "/a", "XDG_RUNTIME_DIR": "/run/user/7"}
    assert endpoints.runtime_directory(both, 7) == Path("/a")
    assert endpoints.runtime_directory({"XDG_RUNTIME_DIR": "/run/user/7"}, 7) == Path("/run/user/7/memgui")
    assert endpoints.runtime_directory({}, 7) == Path("/tmp/memgui-7")
    assert endpoints.runtime_directory({"MEMGUI_RUNTIME_DIR": "", "XDG_RUNTIME_DIR": ""}, 7) == Path("/tmp/memgui-7")


def test_a_new_directory_is_for_its_owner_only(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "memgui"
    endpoints.ensure_runtime_directory(directory)
    assert directory.stat().st_mode & 0o777 == 0o700
    endpoints.ensure_runtime_directory(directory)


def test_a_directory_that_others_may_enter_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(Refused) as caught:
        endpoints.ensure_runtime_directory(tmp_path)
    assert caught.value.next_step == f"run: chmod 700 {tmp_path}"


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(Refused):
        endpoints.ensure_runtime_directory(tmp_path / "link")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_the_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, -1)
    with pytest.raises(Refused, match="not a directory of yours"):
        endpoints.ensure_runtime_directory(tmp_path)


def test_a_place_that_cannot_be_made_is_a_problem_with_a_next_step(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Problem) as caught:
        endpoints.ensure_runtime_directory(tmp_path / "file" / "memgui")
    assert "MEMGUI_RUNTIME_DIR" in caught.value.next_step


def test_a_path_that_is_too_long_for_a_socket_is_told_before_bind(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="longer than the 107 bytes"):
        endpoints.endpoint_for(tmp_path / ("x" * 120), 1, 2)


def test_only_sockets_of_agents_are_listed(tmp_path: Path) -> None:
    for name in ("20.5.sock", "3.77.sock", "notes.txt", "x.5.sock", "20.5.sock.bak"):
        (tmp_path / name).touch()
    assert [(point.pid, point.start_time) for point in endpoints.list_endpoints(tmp_path)] == [(3, 77), (20, 5)]
    assert endpoints.list_endpoints(tmp_path / "missing") == []


def test_an_endpoint_is_stale_when_its_process_is_gone_or_another_one(tmp_path: Path) -> None:
    started = endpoints.process_start_time(os.getpid())
    assert started is not None
    assert not endpoints.is_stale(endpoints.endpoint_for(tmp_path, os.getpid(), started))
    assert endpoints.is_stale(endpoints.endpoint_for(tmp_path, os.getpid(), started - 1))
    assert endpoints.is_stale(endpoints.endpoint_for(tmp_path, 2**22 + 1, 5))


def test_the_start_time_is_read_behind_a_name_with_blanks_and_parentheses(tmp_path: Path) -> None:
    (tmp_path / "9").mkdir()
    fields = " ".join(str(number) for number in range(3, 53))
    (tmp_path / "9" / "stat").write_text(f"9 (a) b (c d) {fields}\n")
    assert endpoints.process_start_time(9, tmp_path) == 22


def test_connect_reaches_who_listens_and_says_when_nobody_does(tmp_path: Path) -> None:
    point = endpoints.endpoint_for(tmp_path, 1, 2)
    with pytest.raises(FileNotFoundError):
        endpoints.connect(point)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(point.path))
        server.listen()
        with endpoints.connect(point) as client:
            peer, _ = server.accept()
            with peer:
                client.sendall(b"hi")
                assert peer.recv(2) == b"hi"
    with pytest.raises(ConnectionRefusedError):
        endpoints.connect(point)


def test_a_socket_behind_a_path_that_is_too_long_is_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.chdir(deep)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind("7.8.sock")
        listener.listen()
        before = set(os.listdir("/proc/self/fd"))
        with endpoints.connect(endpoints.Endpoint(7, 8, deep / "7.8.sock")) as client:
            accepted, _ = listener.accept()
            with accepted:
                client.sendall(b"here")
                assert accepted.recv(4) == b"here"
        assert set(os.listdir("/proc/self/fd")) == before
