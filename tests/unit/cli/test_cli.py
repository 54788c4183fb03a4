"""Commands without a target: what they import, what they refuse, how they end."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from memgui.cli import COMMANDS, main
from memgui.cli.act import find_action, parse_parameters
from memgui.cli.window import has_display, parse_size
from memgui.protocol.errors import BadInput
from memgui.protocol.payloads import ActionInfo

HEAVY = "{'PySide6', 'torch', 'numpy', 'rich', 'msgspec', 'psutil', 'pyqtgraph'}"
ACTION = ActionInfo(
    "set_depth",
    "Set depth",
    "pools",
    "",
    {
        "type": "object",
        "properties": {
            "depth": {"type": "integer", "minimum": 1, "maximum": 8},
            "ratio": {"type": "number"},
            "pinned": {"type": "boolean"},
            "policy": {"type": "string", "enum": ["lru", "lfu"]},
        },
        "required": ["depth"],
    },
)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from memgui.cli import main; main(['--help']); "
        f"print(sorted(set(sys.modules) & {HEAVY}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in COMMANDS)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_explains_itself_without_qt_or_torch(name: str) -> None:
    code = (
        f"import sys; from memgui.cli import main; main(['{name}', '--help']); "
        "print(sorted(set(sys.modules) & {'PySide6', 'torch', 'rich'}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: memgui" in done.stdout
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["watch", "4194999"], 3, "there is no process 4194999"),
        (["watch", "no-such-run.py"], 2, "neither a pid"),
        (["act", "node7/4711", "trim_heap"], 2, "another host"),
        (["attach", "4194999"], 3, "memgui ps"),
        (["run", "no-such-script.py"], 2, "there is no script"),
        (["frobnicate"], 2, "No such command"),
        (["--size", "big", "--screenshot", "x.png"], 2, "is no size"),
        (["watch", "/tmp/not-a-socket.sock"], 2, "not the socket of an agent"),
    ],
)
def test_bad_input_names_the_cause_and_ends_with_its_status(
    arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == status
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


def test_ps_prints_one_document_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ps", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert isinstance(json.loads(line), list)


def test_parameters_are_read_as_the_schema_wants_them() -> None:
    words = ("depth=4", "ratio=0.5", "pinned=yes", "policy=lfu")
    assert parse_parameters(ACTION, words) == {"depth": 4, "ratio": 0.5, "pinned": True, "policy": "lfu"}


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (("depth=9",), "allowed: 1 to 8"),
        (("depth=x",), "allowed: 1 to 8"),
        (("depth=1", "policy=fifo"), "allowed: lru, lfu"),
        (("depth=1", "pinned=perhaps"), "allowed: any boolean"),
        (("deep=1",), "depth, ratio, pinned, policy"),
        (("depth",), "write k=v"),
        ((), "for example: depth=…"),
    ],
)
def test_a_wrong_parameter_names_what_is_allowed(words: tuple[str, ...], allowed: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_parameters(ACTION, words)
    assert allowed in caught.value.next_step


def test_an_action_that_is_not_offered_names_those_that_are() -> None:
    with pytest.raises(BadInput) as caught:
        find_action((ACTION,), "trim")
    assert "set_depth" in caught.value.next_step


def test_a_display_is_needed_only_where_windows_need_one() -> None:
    assert not has_display({}, "linux")
    assert has_display({"DISPLAY": ":0"}, "linux")
    assert has_display({"QT_QPA_PLATFORM": "offscreen"}, "linux")
    assert has_display({}, "darwin")


def test_the_demo_without_a_display_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["demo"]) == 2
    error = capsys.readouterr().err
    assert "--screenshot" in error
    assert "--no-window" in error


def test_a_size_is_two_numbers() -> None:
    assert parse_size("1440x900") == (1440, 900)
    assert parse_size(None) is None
    for text in ("1440", "0x5", "axb", "x"):
        with pytest.raises(BadInput):
            parse_size(text)
