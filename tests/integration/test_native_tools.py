"""The real tools on a small C library that loses memory, built here and loaded by ctypes; nothing else is rebuilt."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from memgui.analysis.native.detect import read
from memgui.attach.native.tools import find_tool
from memgui.protocol.errors import BadInput, Problem

SOURCE = Path(__file__).parents[1] / "data" / "native" / "leak.c"
LOST_BYTES = 80 * 65536
TOOLS = ("memray", "valgrind", "lsan", "asan", "heaptrack")
# They look at what nothing points to any more; the others tell all that was not given back.
SEARCHERS = ("valgrind", "lsan", "asan")
HEAD = """
import ctypes, os, sys
lib = ctypes.CDLL({library!r})
lib.lose.argtypes = [ctypes.c_int, ctypes.c_size_t]
lib.keep.argtypes = lib.overrun.argtypes = [ctypes.c_size_t]
lib.keep.restype = ctypes.c_void_p

def train():
    lib.lose(80, 65536)
    lib.keep(300_000)
"""


def need(*tools: str) -> None:
    """Skip where one of them is not installed."""
    for tool in tools:
        try:
            find_tool(tool)
        except Problem as problem:
            pytest.skip(f"{problem.what}; {problem.next_step}")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library, with debug information."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed; it builds the library that loses memory")
    path = tmp_path_factory.mktemp("library") / "libleak.so"
    flags = ["-g", "-O1", "-fno-builtin", "-fno-omit-frame-pointer", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", str(path), str(SOURCE)], check=True)
    return path


@pytest.fixture
def job(library: Path, tmp_path: Path) -> Any:
    """Writes a script that has the library, and gives its path."""

    def write(body: str) -> Path:
        path = tmp_path / "job.py"
        path.write_text(HEAD.format(library=str(library)) + body)
        return path

    return write


def native(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "memgui", "native", *map(str, words)], capture_output=True, text=True, **options
    )


def document_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    (line,) = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def found_bytes(document: dict[str, Any], function: str) -> int:
    return sum(
        leak["bytes"] for leak in document["leaks"] if any(frame["function"] == function for frame in leak["stack"])
    )


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_finds_what_the_library_loses_and_the_call_that_took_it(tool: str, job: Any) -> None:
    need(tool)
    done = native(tool, "--json", job("train(); lib.lose(1, 64)\nprint('trained')"))
    document = document_of(done)
    assert done.returncode == 1
    assert "trained" in done.stderr, "the program's own output is passed on, beside the document"
    assert document["program"]["status"] == 0
    assert 0.95 * LOST_BYTES <= found_bytes(document, "lose") <= LOST_BYTES + 64
    site = document["sites"][0]
    assert (site["function"], Path(site["file"]).name) == ("take", "leak.c")
    assert site["finding"]
    assert (found_bytes(document, "keep") == 0) == (tool in SEARCHERS)


def test_memray_names_the_python_line(job: Any) -> None:
    need("memray")
    script = job("train()")
    document = document_of(native("memray", "--json", script))
    caller = document["sites"][0]["called_from"]
    line = script.read_text().splitlines().index("    lib.lose(80, 65536)") + 1
    assert (caller["function"], caller["line"], caller["python"]) == ("train", line, True)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_program_that_loses_nothing_has_no_findings(tool: str, job: Any) -> None:
    need(tool)
    done = native(tool, "--json", job("print(sum(range(1000)))"))
    assert document_of(done)["findings"] is False, done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("tool", ["memray", "lsan"])
def test_a_program_that_fails_is_told_from_findings(tool: str, job: Any) -> None:
    need(tool)
    clean = native(tool, job("sys.exit(5)"))
    assert clean.returncode == 3
    assert "the program itself ended with exit status 5" in clean.stderr
    losing = native(tool, "--json", job("train(); lib.lose(1, 64); sys.exit(23)"))
    assert losing.returncode == 1
    assert document_of(losing)["program"] == document_of(losing)["program"] | {"status": 23, "words": "exit status 23"}


def test_a_script_with_a_wrong_name_shows_pythons_own_message(job: Any) -> None:
    need("lsan")
    done = native("lsan", job("import no_such_module"))
    assert done.returncode == 3
    assert "No module named 'no_such_module'" in done.stderr


@pytest.mark.parametrize(("tool", "in_background"), [*((tool, False) for tool in TOOLS), ("lsan", True)])
def test_ctrl_c_ends_the_program_and_what_there_is_is_read(tool: str, in_background: bool, job: Any) -> None:
    need(tool)
    script = job("train(); lib.lose(1, 64)\nprint('waiting', flush=True)\nimport signal; signal.pause()")
    words = [sys.executable, "-m", "memgui", "native", tool, "--json", str(script)]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if in_background else signal.default_int_handler)
    process = subprocess.Popen(words, text=True, **streams)
    signal.signal(signal.SIGINT, before)
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stderr:
            if "waiting" in line:
                break
        process.send_signal(signal.SIGINT)
        output, said = process.communicate(timeout=100)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 1
    assert found_bytes(json.loads(output), "lose") >= 0.95 * LOST_BYTES
    assert json.loads(output)["program"]["stopped"]
    assert "launcher.py" not in said, "the traceback of a Ctrl-C is the script's own"


def test_a_program_that_would_not_end_is_ended_after_so_long(job: Any) -> None:
    need("lsan")
    done = native("lsan", "--json", "--for", "1", job("train(); lib.lose(1, 64)\nimport signal; signal.pause()"))
    assert done.returncode == 1
    assert found_bytes(document_of(done), "lose") >= 0.95 * LOST_BYTES


def test_a_program_that_was_asked_to_end_and_lost_nothing_has_not_failed(job: Any) -> None:
    need("lsan")
    done = native("lsan", "--for", "1", job("import signal; signal.pause()"))
    assert done.returncode == 0
    assert "the program itself" not in done.stderr


def test_on_a_terminal_the_output_stands_above_the_progress_and_ctrl_c_reaches_the_program(job: Any) -> None:
    need("lsan")
    script = job("train(); lib.lose(1, 64)\nprint('waiting', flush=True)\nimport signal; signal.pause()")
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-m", "memgui", "native", "lsan", str(script)])
    output = b""
    sent = False
    with open(terminal, "r+b", buffering=0) as stream:
        while True:
            try:
                output += stream.read(65536)
            except OSError:
                break  # the other end of the terminal is closed
            if b"waiting" in output and b"running" in output and not sent:
                stream.write(b"\x03")
                sent = True
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert b"Ctrl-C ends it" in output
    assert b"take leak.c" in output.partition(b"KeyboardInterrupt")[2]


def test_leaving_by_os_exit_is_told_since_nothing_was_looked_at(job: Any) -> None:
    need("lsan")
    document = document_of(native("lsan", "--json", job("train(); os._exit(0)")))
    assert document["leaks"] == []
    assert document["complete"] is False
    assert "os._exit" in document["warnings"][0]


def test_leaks_of_other_programs_that_it_starts_are_left_out_and_told(job: Any, library: Path, tmp_path: Path) -> None:
    need("lsan")
    other = tmp_path / "other"
    main = tmp_path / "main.c"
    main.write_text("void lose(int, unsigned long); int main(void) { lose(9, 1000000); return 0; }\n")
    subprocess.run(["gcc", "-g", "-o", str(other), str(main), str(SOURCE)], check=True)
    script = job(f"import subprocess\nassert subprocess.run([{str(other)!r}]).returncode == 0")
    document = document_of(native("lsan", "--json", script))
    assert document["leaks"] == []
    assert "left out: other" in document["warnings"][0]


def test_a_kept_report_says_the_same_when_it_is_opened(job: Any, tmp_path: Path) -> None:
    need("lsan")
    kept = tmp_path / "leaks.log"
    ran = native("lsan", "--json", "-o", kept, job("train(); lib.lose(1, 64)"))
    opened = native("open", "--json", kept)
    assert opened.returncode == ran.returncode == 1
    assert document_of(ran)["report"] == str(kept)
    assert document_of(opened)["leaks"] == document_of(ran)["leaks"]


def test_a_wrong_write_is_a_finding_of_address_sanitizer(job: Any) -> None:
    need("asan")
    done = native("asan", job("lib.overrun(24)"))
    assert done.returncode == 1
    assert "heap-buffer-overflow" in done.stdout
    assert "overrun leak.c" in done.stdout


def test_arenas_of_python_objects_are_one_place_and_no_finding(job: Any) -> None:
    need("memray")
    document = document_of(native("memray", "--json", job("kept = [object() for _ in range(200_000)]")))
    (arenas,) = (site for site in document["sites"] if site["function"] == "arenas of small Python objects")
    assert arenas["bytes"] >= 3_000_000
    assert not arenas["finding"]
    assert "--trace-python-allocators" in document["warnings"][0]


def test_memray_tells_the_highest_point_too(job: Any, tmp_path: Path) -> None:
    need("memray")
    kept = tmp_path / "run.bin"
    assert native("memray", "-o", kept, job("block = bytearray(40_000_000); del block; train()")).returncode == 1
    assert read(kept).total_bytes < 20_000_000
    assert read(kept, peak=True).total_bytes >= 40_000_000


def test_a_recording_of_memray_that_is_broken_is_refused_with_the_way_out(tmp_path: Path) -> None:
    need("memray")
    path = tmp_path / "run.bin"
    path.write_bytes(b"memray\0" + b"\xff" * 64)
    with pytest.raises(BadInput) as caught:
        read(path)
    assert "record anew" in caught.value.next_step


def test_a_recording_of_memray_whose_program_was_killed_is_read_as_far_as_it_goes(job: Any, tmp_path: Path) -> None:
    need("memray")
    path = tmp_path / "run.bin"
    script = job("train(); import signal; os.kill(os.getpid(), signal.SIGKILL)")
    done = native("memray", "--json", "-o", path, script)
    assert document_of(done)["program"]["words"] == "killed by SIGKILL"
    assert "killed by signal 9" in document_of(done)["warnings"][0]
    assert read(path).total_bytes >= LOST_BYTES


def test_a_tool_that_is_missing_is_refused_with_the_command_that_installs_it(job: Any) -> None:
    done = native("valgrind", job(""), env={**os.environ, "PATH": ""})
    assert done.returncode == 1
    assert "not installed" in done.stderr
    assert "valgrind" in done.stderr.splitlines()[1]


def test_progress_is_one_json_object_a_line(job: Any) -> None:
    need("lsan")
    done = native("lsan", "--json", "--progress", job("train()"))
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [event["event"] for event in events] == ["progress"] * len(events)
    assert events[-1]["phase"] == "reading the report"
    assert events[-1]["report_bytes"] > 0
