"""The Source tab: the target's script, findings beside their lines, and the editor."""

from __future__ import annotations

import os
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from memgui.protocol.explanation import Explanation, Suspect
from memgui.ui.editor import command_for
from memgui.ui.named_lines import NamedLine
from memgui.ui.pages.chain import lines_of
from memgui.ui.pages.source import SourcePage
from memgui.ui.source.code_view import CodeView
from memgui.ui.source.colouring import COMMENT, KEYWORD, NAME, STRING, spans_by_line
from memgui.ui.source.reader import ScriptReader
from memgui.ui.source.script import Place, read_script

TRAIN = """\
def train(model, loader, criterion):
    total = 0  # of all steps
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
        total += loss
    return total
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "train.py"
    file.write_text(TRAIN)
    os.utime(file, (1, 1))
    return file


def open_page(stage: Any, script: Path, **hello: object) -> SourcePage:
    pid = os.getpid()
    stage.process(pid, agent=True)
    window = stage.open()
    words = {"host": socket.gethostname(), "cwd": str(script.parent), "script": script.name, **hello}
    stage.speak(pid, **words)
    stage.until(lambda: window.middle.dock.is_offered(SourcePage.tab))
    window.middle.dock.bring_up(SourcePage.tab)
    return window.middle.dock.page(SourcePage)


def texts(page: SourcePage) -> list[str]:
    return [page.list.item(row).text() for row in range(page.list.count())]


def test_the_script_is_shown_with_findings_beside_their_lines(stage: Any, script: Path) -> None:
    page = open_page(stage, script)
    stage.until(lambda: page.code.toPlainText() == TRAIN)
    mark = page.code.mark_at(6)
    assert mark is not None
    assert mark.tone == "warn"
    assert "MG001" in mark.text
    assert page.code.mark_at(5) is None
    assert [text.split()[:2] for text in texts(page)] == [["6", "MG001"]]
    assert "1 findings in 8 lines" in page.note.text()


def test_a_click_on_a_finding_shows_its_line(stage: Any, script: Path) -> None:
    script.write_text("#\n" * 400 + TRAIN)
    page = open_page(stage, script)
    stage.until(lambda: page.list.count() == 1)
    where = page.list.visualItemRect(page.list.item(0)).center()
    QTest.mouseClick(page.list.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert page.code.named_line == 406
    assert page.code.textCursor().blockNumber() == 405


def test_a_long_script_opens_at_its_first_finding(stage: Any, script: Path) -> None:
    script.write_text("#\n" * 400 + TRAIN)
    page = open_page(stage, script)
    stage.until(lambda: page.list.count() == 1)
    assert page.code.textCursor().blockNumber() == 405
    assert page.code.named_line == 0


def test_a_line_that_makes_and_keeps_is_named_once() -> None:
    suspect = Suspect("graph", 9, ("total",), "train", "Detach it.", 0.9, born="/x/train.py:4", stored="/x/train.py:4")
    (line,) = lines_of(Explanation(suspects=(suspect,)))
    assert "made and kept" in line.text


def test_lines_that_an_explanation_names_are_marked_before_all_others(stage: Any, script: Path) -> None:
    page = open_page(stage, script)
    stage.until(lambda: page.list.count() == 1)
    suspect = Suspect(
        "graph", 9, ("train.total",), "train", "Detach it.", 0.9, born=f"{script}:4", stored="model.py:20"
    )
    page.desk.lines.tell(page.target.key, lines_of(Explanation(suspects=(suspect,))))
    page.refresh()
    mark = page.code.mark_at(4)
    assert mark is not None
    assert mark.tone == "bad"
    assert texts(page)[0].startswith("4 ")
    assert texts(page)[1].startswith("model.py:20 ")
    page.desk.lines.tell(page.target.key, ())
    page.refresh()
    assert page.code.mark_at(4) is None


def test_a_named_line_of_another_file_opens_that_file(stage: Any, script: Path) -> None:
    (script.parent / "model.py").write_text("x = 1\n" * 30)
    page = open_page(stage, script)
    stage.until(lambda: page.list.count() == 1)
    page.desk.lines.tell(page.target.key, [NamedLine("model.py", 20, "Tensors", "What grows is made on this line.")])
    page.refresh()
    page.list.itemClicked.emit(page.list.item(0))
    stage.until(lambda: page.code.toPlainText().startswith("x = 1"))
    mark = page.code.mark_at(20)
    assert mark is not None
    assert mark.tone == "bad"
    assert page.code.named_line == 20


def test_a_line_of_another_file_is_shown_and_the_way_back_too(stage: Any, script: Path) -> None:
    other = script.parent / "model.py"
    other.write_text("x = 1\n" * 30)
    page = open_page(stage, script)
    stage.until(lambda: page.code.toPlainText() == TRAIN)
    page.window().middle.dock.bar.setCurrentIndex(0)
    page.show_line(str(other), 20)
    stage.until(lambda: page.code.toPlainText().startswith("x = 1"))
    assert page.isVisible()
    assert page.code.named_line == 20
    page.back.click()
    stage.until(lambda: page.code.toPlainText() == TRAIN)
    assert page.back.isHidden()


def test_a_change_after_the_start_is_told_and_taken_in(stage: Any, script: Path) -> None:
    pid_started = int(Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19])
    page = open_page(stage, script, start_time=pid_started)
    stage.until(lambda: page.code.toPlainText() == TRAIN)
    assert "Changed" not in page.note.text()
    script.write_text(TRAIN + "# new\n")
    later = time.time() + 10
    os.utime(script, (later, later))
    page._looked_s = 0.0
    page.refresh()
    stage.until(lambda: "# new" in page.code.toPlainText())
    assert "after the run had started" in page.note.text()


def test_a_syntax_error_is_told_and_the_code_is_shown(stage: Any, script: Path) -> None:
    script.write_text("x = 1\ndef f(:\n")
    page = open_page(stage, script)
    stage.until(lambda: "Line 2" in page.note.text())
    assert page.code.toPlainText().startswith("x = 1")


@pytest.mark.parametrize(
    ("prepare", "hello", "words"),
    [
        (lambda file: file.unlink(), {}, "is not there"),
        (lambda file: file.write_bytes(b"\xff\xfe"), {}, "no text"),
        (lambda file: file.write_text("#" * (4 * 2**20 + 1)), {}, "longer than 4 MB"),
        (lambda file: None, {"host": "node7"}, "is on node7"),
    ],
)
def test_a_file_that_cannot_be_shown_says_why(
    stage: Any, script: Path, prepare: Callable[[Path], object], hello: dict[str, object], words: str
) -> None:
    prepare(script)
    page = open_page(stage, script, **hello)
    stage.until(lambda: words.split()[-1] in page.message.text())
    assert str(script) in page.message.text()
    assert page.message.isVisible()
    assert page.edit.isHidden()


def test_a_process_without_a_script_has_no_tab(stage: Any) -> None:
    stage.process(4711, agent=True, script=None)
    window = stage.open()
    stage.speak(4711, script=None)
    stage.sample(4711, {"host.rss_bytes": 1e9})
    stage.until(lambda: window.middle.dock.isVisible())
    assert not window.middle.dock.is_offered(SourcePage.tab)


def test_a_double_click_opens_the_editor_at_the_line(stage: Any, script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = script.parent / "told"
    editor = script.parent / "my-editor"
    editor.write_text(f'#!/bin/sh\necho "$@" > {told}.new && mv {told}.new {told}\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("VISUAL", str(editor))
    page = open_page(stage, script)
    stage.until(lambda: page.code.toPlainText() == TRAIN)
    where = page.code.cursorRect(page.code.textCursor()).center()
    QTest.mouseDClick(page.code.viewport(), Qt.MouseButton.LeftButton, pos=where)
    stage.until(told.exists)
    assert told.read_text().split() == ["+6", str(script)]  # where the first finding is


def test_no_editor_is_told_with_what_to_set(stage: Any, script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.setattr("memgui.ui.editor.QDesktopServices.openUrl", lambda url: False)
    page = open_page(stage, script)
    stage.until(lambda: page.code.toPlainText() == TRAIN)
    page.edit.click()
    assert "$VISUAL" in page.note.text()


@pytest.mark.parametrize(
    ("environment", "command"),
    [
        ({"VISUAL": "code -n"}, ["code", "-n", "--goto", "/x/train.py:7"]),
        ({"VISUAL": "subl"}, ["subl", "/x/train.py:7"]),
        ({"VISUAL": "gedit", "EDITOR": "vim"}, ["gedit", "+7", "/x/train.py"]),
        ({"VISUAL": "kate"}, ["kate", "--line", "7", "/x/train.py"]),
        ({"VISUAL": "not-installed", "EDITOR": "gedit"}, ["gedit", "+7", "/x/train.py"]),
        ({"EDITOR": "vim"}, ["xterm", "-e", "vim", "+7", "/x/train.py"]),
        ({"EDITOR": "vim -g"}, ["vim", "-g", "+7", "/x/train.py"]),
        ({"VISUAL": "broken '"}, []),
        ({}, []),
    ],
)
def test_editors_are_called_as_they_want_it(tmp_path: Path, environment: dict[str, str], command: list[str]) -> None:
    for name in ("code", "subl", "gedit", "kate", "vim", "xterm"):
        (tmp_path / name).touch(mode=0o755)
    assert command_for(Path("/x/train.py"), 7, {**environment, "PATH": str(tmp_path)}) == command


def test_a_terminal_editor_without_a_terminal_is_left_to_the_desktop(tmp_path: Path) -> None:
    (tmp_path / "vim").touch(mode=0o755)
    assert command_for(Path("/x/train.py"), 7, {"EDITOR": "vim", "PATH": str(tmp_path)}) == []


def test_code_is_coloured_also_where_it_is_broken() -> None:
    spans = spans_by_line('@cache\ndef f(x):\n    """Two\n    lines."""\n    return "a # b"  # c\nx = "open\n')
    kinds = {line: [kind for _, _, kind in parts] for line, parts in spans.items()}
    assert kinds[1] == [KEYWORD, NAME]
    assert kinds[2] == kinds[3] == [STRING]
    assert kinds[4] == [KEYWORD, STRING, COMMENT]
    assert kinds[5] == [STRING]


def test_only_lines_in_sight_are_coloured(qtbot: object, stage: Any) -> None:
    text = "def f(x):\n    return 1\n" * 10_000
    window = stage.open()
    view = CodeView(window.middle.dock._theme, window)
    view.resize(500, 300)
    view.show()
    view.show_code(text, spans_by_line(text))
    assert view.document().findBlockByNumber(0).layout().formats()
    assert not view.document().findBlockByNumber(15_000).layout().formats()
    view.show_line(15_001)
    stage.until(lambda: view.document().findBlockByNumber(15_000).layout().formats())


def test_hovering_a_marked_line_tells_the_finding(stage: Any, script: Path) -> None:
    page = open_page(stage, script)
    stage.until(lambda: page.list.count() == 1)
    page.code.tell(QPoint(10, 10), 6)
    stage.until(lambda: "MG001" in QToolTip.text())
    QToolTip.hideText()


def test_both_themes_are_worn(stage: Any, script: Path) -> None:
    page = open_page(stage, script)
    stage.until(lambda: page.code.toPlainText() == TRAIN)
    from memgui.ui.theme import Theme

    page.set_theme(Theme.light())
    formats = page.code.document().findBlockByNumber(0).layout().formats()
    assert formats[0].format.foreground().color().name() == Theme.light().accent


def test_the_newest_wish_wins(stage: Any, tmp_path: Path) -> None:
    stage.open()
    reader = ScriptReader()
    came: list[object] = []
    reader.done.connect(came.append)
    places = [Place(str(tmp_path / name), 0, None, 0) for name in ("a.py", "b.py", "c.py")]
    for place in places:
        reader.read(place, None)
    stage.until(lambda: came and not reader.is_busy)
    assert [script.place for script in came] == [places[-1]]


def test_a_file_that_has_not_changed_is_not_read_again(script: Path) -> None:
    place = Place(str(script), 0, None, 0)
    first = read_script(place)
    assert read_script(place, first.stamp).state == "same"
