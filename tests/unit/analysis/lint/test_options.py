"""Options of pyproject.toml: which rules look at which files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from memgui.analysis.lint.files import check_files, python_files
from memgui.analysis.lint.options import Options, find_pyproject, read_options, size_of
from memgui.protocol.errors import BadInput

ZERO = "optimizer.zero_grad(set_to_none=False)\n"


def project(folder: Path, options: str) -> Options:
    file = folder / "pyproject.toml"
    file.write_text(f"[tool.memgui.lint]\n{options}\n")
    return read_options(file)


def write(folder: Path, name: str, text: str = ZERO) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_select_and_ignore_take_beginnings_of_codes(tmp_path: Path) -> None:
    options = project(tmp_path, 'select = ["MG00"]\nignore = ["MG001"]')
    rules = options.selection(tmp_path / "train.py").rules
    assert rules == {f"MG{number:03}" for number in range(2, 10)}


def test_rules_are_switched_off_for_some_files(tmp_path: Path) -> None:
    options = project(tmp_path, '[tool.memgui.lint.per-file-ignores]\n"tests/*" = ["MG020"]')
    write(tmp_path, "tests/test_it.py")
    train = write(tmp_path, "train.py")
    assert [hit.path for hit in check_files([tmp_path], options).hits] == [str(train)]


def test_excluded_and_hidden_folders_are_not_searched(tmp_path: Path) -> None:
    options = project(tmp_path, 'exclude = ["vendored", "old/*.py"]')
    kept = write(tmp_path, "src/train.py")
    for name in ("vendored/a.py", "old/b.py", ".venv/c.py", "__pycache__/d.py", "notes.txt"):
        write(tmp_path, name)
    assert list(python_files([tmp_path], options)) == [kept]


def test_a_file_that_is_named_is_checked_whatever_its_name(tmp_path: Path) -> None:
    script = write(tmp_path, "train")
    assert len(check_files([script, script], Options()).hits) == 1


def test_options_are_found_upwards(tmp_path: Path) -> None:
    project(tmp_path, "")
    assert find_pyproject(write(tmp_path, "a/b/train.py")) == tmp_path / "pyproject.toml"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ('selct = ["MG001"]', "no option selct"),
        ('select = ["XY"]', "XY is no rule"),
        ('select = "MG001"', "no list"),
        ('memory = "much"', "no size"),
        ("per-file-ignores = 3", "no table"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        project(tmp_path, options)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        project(tmp_path, "select = [")


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.py"):
        list(python_files([tmp_path / "gone.py"], Options()))


@pytest.mark.parametrize(
    ("text", "value"), [("64GB", 64 * 2**30), ("1.5 GiB", 1.5 * 2**30), ("2048", 2048), ("8k", 8192)]
)
def test_sizes_are_read(text: str, value: float) -> None:
    assert size_of(text) == value


def test_memory_decides_what_a_loader_may_hold(tmp_path: Path) -> None:
    text = (
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "rows = TensorDataset(torch.zeros(1000, 1024, 1024))\nDataLoader(rows, batch_size=64, num_workers=8)\n"
    )
    script = write(tmp_path, "train.py", text)
    assert [hit.rule for hit in check_files([script], Options(memory=2**30)).hits] == ["MG011"]
    assert check_files([script], Options(memory=2**40)).hits == ()
