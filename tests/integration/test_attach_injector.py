"""The injector and its refusals with real processes: every Python on the machine, blocked threads, signals, users."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from memgui.attach import gdb, inject, targets
from memgui.attach.arrival import Cancelled
from memgui.attach.inject import attach, inject_text
from memgui.attach.process import ProcessView
from memgui.protocol.endpoints import list_endpoints
from memgui.protocol.errors import BadInput, Refused, Unreachable

REPOSITORY = Path(inject.__file__).parents[2]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
DEBIAN_PYTHON = "/usr/bin/python3"
Start = Callable[..., "subprocess.Popen[str]"]

# Says "up", works until a line comes in, then tells what it finds in itself.
WORK = """
import json, select, sys
path = list(sys.path)
before = set(sys.modules)
names = set(globals()) | {"names"}
print("up", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    sum(range(1000))
foreign = sorted({name.partition(".")[0] for name in set(sys.modules) - before} - set(
    getattr(sys, "stdlib_module_names", ())))
print(json.dumps([foreign, sorted(set(globals()) - names - {"foreign"}), sys.path == path]), flush=True)
"""


def interpreters() -> list[str]:
    found = [str(path) for minor in range(9, 14) for path in sorted(PYENV.glob(f"3.{minor}.*/bin/python3"))[-1:]]
    return [*found, *([DEBIAN_PYTHON] if os.path.exists(DEBIAN_PYTHON) else []), sys.executable]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program of the given text and returns when it has said "up"."""
    started: list[subprocess.Popen[str]] = []

    def run(text: str, python: str = sys.executable, *arguments: str, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [python, "-c", textwrap.dedent(text), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            **options,  # type: ignore[call-overload]
        )
        started.append(process)
        assert process.stdout.readline() == "up\n"
        return process  # type: ignore[no-any-return]

    yield run
    # All at once: the end of a traced one is told only when its tracer has ended too.
    for process in started:
        process.kill()
    for process in started:
        process.communicate()


def until(holds: Callable[[], bool], what: str, limit_s: float = 20.0) -> None:
    deadline = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


@pytest.mark.parametrize("python", interpreters())
def test_the_agent_comes_into_every_python_and_brings_only_itself(python: str, start: Start) -> None:
    process = start(WORK, python, env={key: os.environ[key] for key in ("MEMGUI_RUNTIME_DIR", "PATH", "HOME")})
    assert targets.check(process.pid).method == targets.INJECTOR
    attached = attach(process.pid, timeout_s=30)
    assert attached.method == targets.INJECTOR
    assert attached.agent_version
    assert targets.check(process.pid).method == targets.CONNECT
    assert attach(process.pid).method == targets.CONNECT
    said, _ = process.communicate("tell\n", timeout=30)
    assert process.returncode == 0
    foreign, names, path_is_as_before = json.loads(said)
    if "3.9" not in python:  # which has no list of its standard library
        assert foreign == ["memgui"]
    assert names == []
    assert path_is_as_before


def test_the_socket_goes_where_the_viewer_looks_whatever_the_target_was_told(
    start: Start, tmp_path: Path, runtime_directory: Path
) -> None:
    process = start(WORK, env={**os.environ, "MEMGUI_RUNTIME_DIR": str(tmp_path / "elsewhere")})
    attached = attach(process.pid)
    assert [point.path for point in list_endpoints(runtime_directory)] == [attached.socket]
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("call", "where"),
    [
        ("import time; time.sleep(600)", "clock_nanosleep"),
        ("import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()", "futex"),
        ("import select, sys; select.select([sys.stdin], [], [])", "pselect6"),
        ("import ctypes, os; ctypes.PyDLL(None).read(os.pipe()[0], ctypes.create_string_buffer(1), 1)", "read"),
    ],
)
def test_a_blocked_main_thread_is_named_and_waiting_for_it_can_be_cancelled(
    call: str, where: str, start: Start
) -> None:
    process = start(f"print('up', flush=True)\n{call}")
    until(lambda: ProcessView(process.pid).waits_in() is not None, "it does not block")
    said: list[str] = []
    with pytest.raises(Cancelled) as caught:
        attach(process.pid, progress=said.append, cancelled=lambda: any(where in line for line in said))
    assert f"waiting for the main thread to reach Python code (in {where})" in said
    assert "by itself" in caught.value.next_step
    assert process.poll() is None


def test_a_blocked_main_thread_ends_in_a_timeout_and_the_agent_comes_when_it_returns(start: Start) -> None:
    process = start("import sys; print('up', flush=True); sys.stdin.readline(); sys.stdin.readline()")
    until(lambda: ProcessView(process.pid).waits_in() is not None, "it does not block")
    with pytest.raises(Unreachable, match=r"in read\)"):
        attach(process.pid, timeout_s=0.2)
    process.stdin.write("\n")  # type: ignore[union-attr]
    process.stdin.flush()  # type: ignore[union-attr]
    until(lambda: targets.check(process.pid).method == targets.CONNECT, "the agent did not come")


def test_an_interrupted_system_call_goes_on_where_it_was(start: Start) -> None:
    """Each is interrupted ten times; none may return early, fail, or wait anew."""
    process = start("""
        import ctypes, sys, time
        libc = ctypes.CDLL(None, use_errno=True)
        class Moment(ctypes.Structure):
            _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]
        print("up", flush=True)
        began = time.monotonic()
        slept = libc.nanosleep(ctypes.byref(Moment(0, 700_000_000)), None)
        sleep_s = time.monotonic() - began
        began = time.monotonic()
        polled = libc.poll(None, 0, 700)
        poll_s = time.monotonic() - began
        print(slept, polled, 0.69 < sleep_s < 1.3, 0.69 < poll_s < 1.3, flush=True)
        sys.stdin.readline()
    """)
    for _ in range(20):
        inject_text(ProcessView(process.pid), "1\n")
        time.sleep(0.05)
    assert process.stdout.readline() == "0 0 True True\n"  # type: ignore[union-attr]


def test_no_signal_is_lost_or_doubled_while_the_injector_works(start: Start) -> None:
    process = start("""
        import signal, sys
        came = [0] * 64
        def count(number, frame): came[number] += 1
        for number in (signal.SIGUSR1, signal.SIGRTMIN): signal.signal(number, count)
        done = []
        print("up", flush=True)
        while not done:
            sum(range(1000))
        print(came[signal.SIGRTMIN], came[signal.SIGUSR1] > 0, flush=True)
    """)
    view = ProcessView(process.pid)
    for _ in range(60):
        # Queued signals: the kernel keeps each one; Python's flag may merge two, so the next waits for the handler.
        os.kill(process.pid, signal.SIGUSR1)
        inject_text(view, "1\n")
    sent = 0
    for _ in range(40):
        os.kill(process.pid, signal.SIGRTMIN)
        sent += 1
        ran = inject_text(view, "1\n")
        until(ran.has_run, "the text was not run")
    inject_text(view, "done.append(1)\n")
    assert process.stdout.readline() == f"{sent} True\n"  # type: ignore[union-attr]


def test_control_c_during_an_attach_reaches_the_training(start: Start) -> None:
    process = start("""
        print("up", flush=True)
        try:
            while True: sum(range(1000))
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """)
    inject_text(ProcessView(process.pid), "1\n")
    os.kill(process.pid, signal.SIGINT)
    attach_error = None
    try:
        attach(process.pid)
    except (Unreachable, Refused) as error:
        attach_error = error
    assert process.stdout.readline() == "interrupted\n"  # type: ignore[union-attr]
    # Where the signal hit the text itself, Python remembers that as an interrupt that nobody caught, and ends by one.
    assert process.wait(10) in (0, -signal.SIGINT), attach_error


def test_no_control_c_is_lost_that_comes_while_the_text_is_compiled(start: Start) -> None:
    process = start("""
        print("up", flush=True)
        while True:
            try:
                print("works", flush=True)
                while True: sum(range(1000))
            except KeyboardInterrupt:
                print("interrupted", flush=True)
    """)
    said, view = process.stdout, ProcessView(process.pid)
    for late in range(300):
        assert said.readline() == "works\n"  # type: ignore[union-attr]
        inject_text(view, "1\n")
        sum(range(late * 4))  # up to some ten microseconds later
        process.send_signal(signal.SIGINT)
        assert select.select([said], [], [], 10)[0], f"number {late} was lost"
        assert said.readline() == "interrupted\n"  # type: ignore[union-attr]


def test_a_full_queue_of_pending_calls_is_refused_and_leaves_nothing_behind(start: Start) -> None:
    process = start("""
        import ctypes, sys, os
        print("up", flush=True)
        # The interpreter lock is kept, so that nothing pending is run.
        ctypes.PyDLL(None).read(0, ctypes.create_string_buffer(1), 1)
        print("on", flush=True)
        sys.stdin.readline()
    """)
    view = ProcessView(process.pid)
    until(lambda: view.waits_in() == "read", "it does not block")
    taken = 0
    with pytest.raises(Refused, match="full"):  # noqa: PT012 - how many fit depends on the version
        while taken < 400:
            inject_text(view, "1\n")
            taken += 1
    assert taken > 0
    process.stdin.write("x\n\n")  # type: ignore[union-attr]
    process.stdin.flush()  # type: ignore[union-attr]
    assert process.stdout.readline() == "on\n"  # type: ignore[union-attr]
    assert process.wait(10) == 0


def test_an_agent_that_cannot_start_is_told_with_its_reason_and_the_program_goes_on(
    start: Start, runtime_directory: Path
) -> None:
    process = start("""
        import sys, types
        sys.modules["memgui"] = types.ModuleType("memgui")
        print("up", flush=True)
        while True: sum(range(1000))
    """)
    with pytest.raises(Exception, match=r"could not start: .*memgui") as caught:
        attach(process.pid)
    assert "memgui run" in str(caught.value)
    assert list(runtime_directory.iterdir()) == []
    assert process.poll() is None


def test_a_stopped_process_is_refused(start: Start) -> None:
    process = start(WORK)
    process.send_signal(signal.SIGSTOP)
    until(lambda: ProcessView(process.pid).state() == "T", "it does not stop")
    with pytest.raises(Refused, match="stopped") as caught:
        attach(process.pid)
    assert f"kill -CONT {process.pid}" in caught.value.next_step


def test_a_traced_process_is_refused_and_its_tracer_named(start: Start) -> None:
    process = start(WORK)
    start(
        f"""
        import sys
        sys.path.insert(0, {str(REPOSITORY)!r})
        from memgui.attach.ptrace import Tracee
        tracee = Tracee({process.pid})
        print("up", flush=True)
        sys.stdin.readline()
        """
    )
    with pytest.raises(Refused, match=r"being traced by process .*python"):
        attach(process.pid)


def test_a_program_that_is_not_python_is_refused() -> None:
    program = shutil.which("sleep")
    assert program is not None
    with subprocess.Popen([program, "600"]) as process:
        try:
            until(lambda: not targets.check(process.pid).python, "it is still this Python")
            found = targets.check(process.pid)
        finally:
            process.kill()
    assert not found.attachable
    assert found.reason == f"process {process.pid} (sleep) is not CPython"


def test_a_process_that_has_ended_is_unreachable(start: Start) -> None:
    process = start("print('up')")
    until(lambda: ProcessView(process.pid).state() == "Z", "it does not end")
    assert "has ended" in (targets.check(process.pid).reason or "")
    process.wait()
    with pytest.raises(Unreachable, match="no process"):
        attach(process.pid)


def test_a_way_in_that_does_not_exist_is_bad_input() -> None:
    with pytest.raises(BadInput, match="magic"):
        attach(os.getpid(), method="magic")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes its user")

# Checks, as an ordinary user, a child of its own and the process whose pid it is given.
ORDINARY_USER = """
import os, sys
sys.path.insert(0, sys.argv[1])
import dataclasses, json, pwd
from memgui.attach import targets
ready, tell = os.pipe()
child = os.fork()
os.setuid(65534)
if not child:
    os.write(tell, b"x")
    os.read(0, 1)
    os._exit(0)
os.read(ready, 1)
# A process that has changed its user is closed to others (PR_SET_DUMPABLE is 0) until it executes a program.
found = [dataclasses.asdict(targets.check(pid)) for pid in (child, int(sys.argv[2]))]
os.kill(child, 9)
print("up")
print(json.dumps(found))
"""


@needs_root
def test_a_closed_process_and_one_of_another_user_are_refused_by_name(start: Start) -> None:
    other = start(WORK)
    user = start(ORDINARY_USER, sys.executable, str(REPOSITORY), str(other.pid))
    closed, foreign = json.loads(user.stdout.readline())  # type: ignore[union-attr]
    assert not closed["attachable"]
    assert "PR_SET_DUMPABLE" in closed["reason"]
    assert not foreign["attachable"]
    assert "belongs to root, and you are " in foreign["reason"]
    assert "sudo" in foreign["next_step"]


@needs_root
@pytest.mark.skipif(not os.path.exists(DEBIAN_PYTHON), reason="needs a Python that everyone may read")
def test_root_attaches_to_the_process_of_an_ordinary_user(
    start: Start, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if any(not os.stat(folder).st_mode & 0o001 for folder in (REPOSITORY, *REPOSITORY.parents)):
        pytest.skip("this checkout is closed to other users")
    directory = Path("/tmp") / f"memgui-test-{os.getpid()}"
    process = start(WORK, DEBIAN_PYTHON, user=65534, env={"MEMGUI_RUNTIME_DIR": str(directory)})
    try:
        attached = attach(process.pid)
        assert attached.socket.parent == directory
        assert attached.socket.stat().st_uid == 65534
        process.communicate("tell\n", timeout=30)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@needs_root
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_process_in_a_container_is_reached_through_its_own_tree_of_files(start: Start, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir(mode=0o700)
    script = tmp_path / "work.py"
    script.write_text(WORK)
    hide = f"mount -t tmpfs none {inside} && chmod 700 {inside} && exec {sys.executable} {script}"
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", hide],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "MEMGUI_RUNTIME_DIR": str(inside)},
    ) as process:
        assert process.stdout is not None
        if process.stdout.readline() != "up\n":
            pytest.skip("no mount namespace can be made here")
        try:
            attached = attach(process.pid)
            assert attached.socket.is_relative_to(f"/proc/{process.pid}/root")
            assert attached.socket.exists()
            assert list(inside.iterdir()) == []
        finally:
            process.kill()


@pytest.mark.slow
@pytest.mark.skipif(gdb.unavailable() is not None, reason=str(gdb.unavailable()))
def test_gdb_brings_the_agent_in_when_it_is_asked_for_and_says_its_price(start: Start) -> None:
    process = start(WORK)
    said: list[str] = []
    attached = attach(process.pid, method=targets.GDB, timeout_s=30, progress=said.append)
    assert attached.method == targets.GDB
    assert any("stands still" in line for line in said)
    process.communicate("tell\n", timeout=30)
    assert process.returncode == 0
