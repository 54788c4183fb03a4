"""`memgui lint`: what it prints, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from memgui.cli import main

BAD = "for x in loader:\n    loss = model(x).sum()\n    optimizer.zero_grad(set_to_none=False)\n    loss.backward()\n"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "train.py"
    file.write_text(BAD)
    return file


def test_findings_end_with_1_and_are_summed_up(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "train.py"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("train.py:3:5: MG020 ")
    assert lines[-1] == "1 finding in 1 file (MG020 1)"


def test_clean_code_ends_with_0(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text("x = 1\n")
    assert main(["lint", str(script)]) == 0
    assert capsys.readouterr().out == "nothing found in 1 file\n"


def test_json_is_a_list_of_findings(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--json", str(script)]) == 1
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["rule"], document["path"]) == ("MG020", str(script))
    assert (document["line"], document["column"]) == (3, 5)
    assert all(document[name] for name in ("message", "fix"))


def test_sarif_names_rules_and_places(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--format", "sarif", "train.py"]) == 1
    log = json.loads(capsys.readouterr().out)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert log["version"] == "2.1.0"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "MG020"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "train.py"
    assert place["region"] == {"startLine": 3, "startColumn": 5}


def test_a_syntax_error_is_told_and_the_rest_goes_on(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (script.parent / "broken.py").write_text("def f(:\n")
    assert main(["lint", "."]) == 2
    captured = capsys.readouterr()
    assert "broken.py:1:7: syntax error" in captured.err
    assert "train.py:3:5: MG020" in captured.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["gone.py"], "no file or folder gone.py"),
        ([], "needs files"),
        (["--select", "MG999", "train.py"], "MG999 is no rule"),
        (["--explain", "E501"], "E501 is no rule"),
        (["--memory", "lots", "train.py"], "is no size"),
    ],
)
def test_bad_input_ends_with_2_and_names_the_cause(
    script: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_rule_is_explained_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--explain", "mg001"]) == 0
    text = capsys.readouterr().out
    assert "total += loss\n" in text
    assert "What to do: " in text


def test_options_of_the_project_count_and_can_be_left_out(script: Path) -> None:
    (script.parent / "pyproject.toml").write_text('[tool.memgui.lint]\nignore = ["MG020"]\n')
    assert main(["lint", "train.py"]) == 0
    assert main(["lint", "--isolated", "train.py"]) == 1


def test_fix_changes_the_file_and_tells_how_much(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("libcst")
    assert main(["lint", "--fix", "train.py"]) == 0
    assert "1 changed" in capsys.readouterr().out
    assert "set_to_none" not in script.read_text()


def test_a_check_imports_neither_torch_nor_qt_nor_numpy(script: Path) -> None:
    code = (
        "import sys; from memgui.cli import main; main(['lint', 'train.py']); heavy = {'torch', 'PySide6', 'numpy', "
        "'psutil', 'msgspec', 'libcst'}; print(sorted(set(sys.modules) & heavy), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=script.parent)
    assert done.stderr == "[]\n"
