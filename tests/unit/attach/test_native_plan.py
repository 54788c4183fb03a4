"""How a program is started under each tool, and what is said where a tool is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from memgui.attach.native.plan import make_plan
from memgui.attach.native.tools import ASAN, HEAPTRACK, LSAN, MEMRAY, TITLES, VALGRIND, Tool, find_tool, how_to_install
from memgui.protocol.errors import BadInput, Problem


@pytest.mark.parametrize(
    ("release", "name", "command"),
    [
        ("ID=debian\n", VALGRIND, "sudo apt-get install valgrind"),
        ("ID=debian\n", LSAN, "sudo apt-get install gcc"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', HEAPTRACK, "sudo apt-get install heaptrack"),
        ("ID=fedora\n", ASAN, "sudo dnf install libasan"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', LSAN, "sudo dnf install liblsan"),
        ("ID=arch\n", ASAN, "sudo pacman -S gcc-libs"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', VALGRIND, "sudo zypper install valgrind"),
        ("ID=plan9\n", VALGRIND, "your package manager; the package is called valgrind"),
        ("", LSAN, "your package manager; the package is called gcc, which brings liblsan"),
    ],
)
def test_a_missing_tool_names_the_command_of_this_distribution(
    tmp_path: Path, release: str, name: str, command: str
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "os-release").write_text(release)
    assert how_to_install(name, root=str(tmp_path)) == command


def test_memray_is_installed_for_the_interpreter_of_the_script() -> None:
    assert how_to_install(MEMRAY, "/opt/run/bin/python") == "/opt/run/bin/python -m pip install memray"
    with pytest.raises(Problem, match="memray is not installed"):
        find_tool(MEMRAY, "/no/such/python")


def test_the_newest_library_is_taken_and_a_linker_script_is_none(tmp_path: Path) -> None:
    folder = tmp_path / "usr" / "lib" / "x86_64-linux-gnu"
    folder.mkdir(parents=True)
    (folder / "libasan.so").write_text("INPUT ( libasan.so.8 )")
    for number in ("6.0.0", "10.0.0"):
        (folder / f"libasan.so.{number}").write_bytes(b"\x7fELF")
    assert find_tool(ASAN, root=str(tmp_path)).path == str(folder / "libasan.so.10.0.0")
    with pytest.raises(Problem) as caught:
        find_tool(LSAN, root=str(tmp_path))
    assert "install it with" in caught.value.next_step


def test_an_unknown_tool_names_the_known_ones() -> None:
    with pytest.raises(BadInput) as caught:
        find_tool("purify")
    assert all(name in caught.value.next_step for name in TITLES)


def test_the_users_own_settings_stay_and_ours_come_last(tmp_path: Path) -> None:
    own = {"LSAN_OPTIONS": "verbosity=1:exitcode=23", "LD_PRELOAD": "/opt/lib/libjemalloc.so"}
    plan = make_plan(Tool(LSAN, "/lib/liblsan.so.0"), ["job.py"], tmp_path, environment=own)
    options = plan.environment["LSAN_OPTIONS"]
    assert options.startswith("verbosity=1:exitcode=23:")
    assert options.rindex("exitcode=0") > options.index("exitcode=23")
    assert plan.environment["LD_PRELOAD"] == "/lib/liblsan.so.0 /opt/lib/libjemalloc.so"
    assert plan.environment["PYTHONMALLOC"] == "malloc"


def test_the_users_own_suppressions_are_not_replaced(tmp_path: Path) -> None:
    own = {"LSAN_OPTIONS": "suppressions=/home/ada/my.supp"}
    plan = make_plan(Tool(LSAN, "/lib/liblsan.so.0"), ["job.py"], tmp_path, environment=own)
    assert plan.environment["LSAN_OPTIONS"].count("suppressions=/") == 1


def test_whole_stacks_are_recorded_only_where_they_are_asked_for(tmp_path: Path) -> None:
    quick, deep = (
        make_plan(Tool(ASAN, "/lib/libasan.so.8"), ["job.py"], tmp_path, deep=deep, environment={})
        for deep in (False, True)
    )
    assert "fast_unwind_on_malloc=1" in quick.environment["ASAN_OPTIONS"]
    assert "fast_unwind_on_malloc=0" in deep.environment["ASAN_OPTIONS"]


@pytest.mark.parametrize("name", [VALGRIND, HEAPTRACK, MEMRAY])
def test_arguments_of_the_script_come_last_and_a_module_is_told_from_a_script(tmp_path: Path, name: str) -> None:
    plan = make_plan(Tool(name, f"/usr/bin/{name}"), ["package.train", "--lr", "0.1"], tmp_path, module=True)
    assert plan.argv[-4:] == ("-m", "package.train", "--lr", "0.1")
    assert sys.executable in plan.argv


def test_the_suppressions_that_are_shipped_are_there(tmp_path: Path) -> None:
    plan = make_plan(Tool(VALGRIND, "/usr/bin/valgrind"), ["job.py"], tmp_path)
    (option,) = (word for word in plan.argv if word.startswith("--suppressions="))
    assert Path(option.partition("=")[2]).read_text().count("Memcheck:") >= 8
