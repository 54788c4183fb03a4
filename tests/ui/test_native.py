"""The Native tab: reports that real tools wrote, a tool that runs on a real script, and ten thousand stacks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication

from memgui.analysis.native.detect import read
from memgui.analysis.native.model import DEFINITE, Fault, Frame, Leak, Report
from memgui.analysis.native.sites import sites
from memgui.attach.native import tools
from memgui.protocol.errors import Problem
from memgui.ui.editor import open_in_editor
from memgui.ui.native.job import read_output
from memgui.ui.native.proposal import Proposal
from memgui.ui.native.run_dialog import RunDialog
from memgui.ui.native.tree_model import SHARE_ROLE, Column, LeakTree
from memgui.ui.pages.native import NativePage
from memgui.ui.theme import Theme
from memgui.ui.window_commands import commands_of

RECORDED = Path(__file__).parents[1] / "data" / "native"


def _tree(report: Report) -> LeakTree:
    tree = LeakTree(Theme.dark())
    tree.show_all(report.faults, sites(report))
    return tree


def _big(count: int) -> Report:
    frames = [Frame(f"call_{n}", f"/src/lib_{n % 97}.cc", n + 1, "/usr/lib/libbig.so") for n in range(count)]
    return Report(
        "lsan",
        tuple(
            Leak(count - n, 1, DEFINITE, (frames[n], frames[(n * 7) % count], *frames[n % 50 : n % 50 + 25]))
            for n in range(count)
        ),
    )


def _page(stage) -> NativePage:
    window = stage.open()
    stage.process(7, agent=True)
    window.feed.watch(7)
    stage.speak(7)
    stage.sample(7, {"host.rss_bytes": 1e9})
    window.show_target("7.1")
    stage.until(lambda: window.middle.dock.is_offered(NativePage.tab))
    window.middle.dock.bring_up(NativePage.tab)
    return window.middle.dock.page(NativePage)


@pytest.mark.parametrize("name", ["valgrind.xml", "valgrind-fault.xml", "lsan-deep.log", "heaptrack.gz"])
def test_the_tree_is_a_sound_model(qtmodeltester, name):
    tree = _tree(read(RECORDED / name))
    qtmodeltester.check(tree)
    tree.set_filter("no such call")
    assert tree.rowCount() == 0
    qtmodeltester.check(tree)


def test_a_place_unfolds_to_its_stacks_and_a_fold_to_its_frames():
    tree = _tree(read(RECORDED / "lsan-deep.log"))
    place = tree.index(0, 0)
    assert place.data() == "take   leak.c:12"
    assert place.siblingAtColumn(Column.FROM).data() == "lose   leak.c:20 and 2 more"
    assert place.data(SHARE_ROLE) == 1.0
    stack = tree.index(0, 0, place)
    assert stack.data() == "from lose   leak.c:20"
    texts = [tree.index(row, 0, stack).data() for row in range(tree.rowCount(stack))]
    assert texts[:3] == ["… 1 frame: allocator", "take   leak.c:12", "lose   leak.c:20"]
    assert texts[3].endswith("frames: interpreter")
    fold = tree.index(3, 0, stack)
    assert tree.hasChildren(fold)
    assert "_PyEval_EvalFrameDefault" in "".join(tree.index(row, 0, fold).data() for row in range(tree.rowCount(fold)))
    assert not tree.hasChildren(tree.index(1, 0, stack))


def test_a_stack_can_be_copied_whole():
    tree = _tree(read(RECORDED / "lsan-deep.log"))
    head, *lines = tree.words(tree.index(0, 0)).splitlines()
    assert head.endswith("take   leak.c:12")
    assert lines[1:3] == ["    take  /home/ada/leak.c:12", "    lose  /home/ada/leak.c:20"]
    assert any("_PyEval_EvalFrameDefault" in line for line in lines), "folds are unfolded"


def test_a_fault_stands_above_all_places():
    report = read(RECORDED / "valgrind-fault.xml")
    tree = _tree(report)
    assert tree.index(0, 0).data() == "Invalid write of size 8"
    assert tree.index(0, Column.KIND).data() == "InvalidWrite"
    frame = tree.frame(tree.index(0, 0))
    assert frame is not None
    assert (frame.function, frame.line) == ("overrun", 42)


def test_a_filter_looks_into_folded_frames_too():
    deep, other = (Frame("a"), Frame("b", "/x/deep.c")), (Frame("c"),)
    tree = _tree(Report("lsan", (Leak(9, 1, DEFINITE, deep), Leak(3, 1, DEFINITE, other))))
    tree.set_filter("DEEP.c")
    assert tree.shown() == (9, 1)
    tree.set_filter("")
    assert tree.shown() == (12, 2)


def test_ten_thousand_stacks_are_shown_and_filtered_without_being_unfolded():
    report = _big(10_000)
    places = sites(report)
    tree = LeakTree(Theme.dark())
    began = time.monotonic()
    tree.show_all((), places)
    tree.set_filter("lib_13")
    tree.set_filter("")
    # Generous: it shows that no row is made before somebody looks at it.
    assert time.monotonic() - began < 5.0
    assert tree.rowCount() == 10_000
    made = [node for node in tree._rows if node._children is not None]
    assert made == []


def test_a_report_is_opened_in_a_process_of_its_own_and_shown(stage):
    page = _page(stage)
    page.open_file(str(RECORDED / "valgrind.xml"))
    assert page.job.is_busy
    assert not page.open_button.isVisible()
    stage.until(lambda: not page.job.is_busy)
    assert page.tree.index(0, 0).data() == "take   leak.c:12"
    assert page.total.text().startswith("valgrind: 5.0")
    assert page.open_button.isVisible()
    page.filter.setText("nothing like it")
    stage.until(lambda: page.tree.rowCount() == 0)
    assert ", 0 places" in page.total.text()


def test_a_file_that_is_no_report_is_refused_with_the_reason_and_what_was_shown_stays(stage, tmp_path):
    page = _page(stage)
    page.open_file(str(RECORDED / "lsan.4711"))
    stage.until(lambda: not page.job.is_busy)
    other = tmp_path / "other.csv"
    other.write_text("t_seconds,step\n")
    page.open_file(str(other))
    stage.until(lambda: not page.job.is_busy)
    assert "is no report of a native leak tool" in page.note.text()
    assert page.tree.rowCount() == 1


def test_a_report_can_be_dropped_on_the_page_but_a_script_is_the_windows(stage):
    page = _page(stage)
    for path, wanted in ((RECORDED / "asan.log", True), (Path(__file__), False)):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        button, key = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        page.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, button, key))
        assert page.job.is_busy == wanted
        stage.until(lambda: not page.job.is_busy)
    assert page.total.text().startswith("AddressSanitizer")


def test_the_palette_brings_the_page_up_and_asks(stage):
    page = _page(stage)
    window = stage.windows[-1]
    window.middle.dock.bar.setCurrentIndex(0)
    command = next(one for one in commands_of(window) if one.title == "Find native leaks…")
    command.run()
    stage.until(lambda: QApplication.activeModalWidget() is not None)
    assert page.isVisible()
    QApplication.activeModalWidget().reject()


def _run_dialog(stage, page, tmp_path, body: str) -> RunDialog:
    try:
        tools.find_tool("lsan")
    except Problem as problem:
        pytest.skip(problem.what)
    script = tmp_path / "job.py"
    script.write_text(body)
    page.run_button.click()
    stage.until(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, RunDialog)
    assert dialog.script.text() == "/home/ada/train_7.py", "the target's script is proposed, not run"
    dialog.script.setText(str(script))
    dialog.directory.setText(str(tmp_path))
    dialog.python.clear()
    dialog.tool.setCurrentIndex(dialog.tool.findData("lsan"))
    return dialog


def test_a_tool_is_run_on_a_script_with_progress_and_its_leaks_are_shown(stage, tmp_path):
    page = _page(stage)
    body = "import ctypes\nlibc = ctypes.CDLL(None)\nfor _ in range(9):\n    libc.malloc(100_000)\n"
    dialog = _run_dialog(stage, page, tmp_path, body)
    phases = []
    page.job.progressed.connect(lambda phase, _seconds, _bytes: phases.append(phase))
    dialog.run_button.click()
    assert page.cancel_button.isVisible()
    stage.until(lambda: not page.job.is_busy)
    assert "reading the report" in phases
    assert page.total.text().startswith("LeakSanitizer")
    assert page.tree.shown()[0] >= 8 * 100_000


def test_a_run_that_is_cancelled_still_shows_what_there_is(stage, tmp_path):
    page = _page(stage)
    body = (
        "import ctypes, pathlib, signal\nlibc = ctypes.CDLL(None)\nfor _ in range(9):\n    libc.malloc(100_000)\n"
        "libc.malloc(1)\npathlib.Path('ready').touch()\nsignal.pause()\n"
    )
    dialog = _run_dialog(stage, page, tmp_path, body)
    dialog.run_button.click()
    stage.until((tmp_path / "ready").exists)
    page.cancel_button.click()
    stage.until(lambda: not page.job.is_busy)
    assert page.tree.shown()[0] >= 8 * 100_000


def test_a_tool_that_is_not_installed_says_how_to_get_it_and_cannot_be_run(qtbot, monkeypatch):
    monkeypatch.setattr("memgui.ui.native.run_dialog.installed", lambda: dict.fromkeys(tools.TITLES, "sudo get it"))
    dialog = RunDialog(Proposal("/home/ada/train.py"))
    qtbot.addWidget(dialog)
    assert not dialog.run_button.isEnabled()
    assert "sudo get it" in dialog._about.text()


def test_a_program_that_cannot_be_started_tells_its_own_words():
    with pytest.raises(Problem) as caught:
        read_output(2, b"", 'memgui: there is no script x.py\n        write another\n{"event": "progress"}\n')
    assert (caught.value.what, caught.value.next_step) == ("there is no script x.py", "write another")
    with pytest.raises(Problem, match="Traceback"):
        read_output(1, b"", "Traceback\nSystemError\n")


def test_a_call_opens_in_the_editor_and_one_from_elsewhere_says_so(stage, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("memgui.ui.pages.native.open_in_editor", lambda path, line: opened.append((path, line)))
    page = _page(stage)
    page.open_file(str(RECORDED / "valgrind.xml"))
    stage.until(lambda: not page.job.is_busy)
    page._activated(page.tree.index(0, 0))
    assert opened == [(Path("/home/ada/leak.c"), 12)]
    monkeypatch.setattr("memgui.ui.pages.native.open_in_editor", open_in_editor)
    page._activated(page.tree.index(0, 0))
    assert "not on this machine" in page.note.text()


def test_faults_alone_are_shown_too():
    tree = _tree(Report("asan", (), (Fault("double-free", "attempting double-free", 1, (Frame("f", "/a.c", 1),)),)))
    assert tree.index(0, 0).data() == "attempting double-free"
    assert tree.shown() == (0, 0)


def test_a_report_can_be_opened_where_nothing_is_watched(stage):
    window = stage.open()
    assert window.target is None
    titles = {command.title: command for command in commands_of(window)}
    assert "Find native leaks…" in titles
    window.middle.show_pages()
    window.middle.dock.bring_up(NativePage.tab)
    page = window.middle.dock.page(NativePage)
    assert page.isVisible()
    assert not window.middle.charts.isVisible()
    page.open_file(str(RECORDED / "valgrind.xml"))
    stage.until(lambda: page._opened_report is not None)
    stage.process(7, agent=True)
    window.feed.watch(7)
    window.show_target("7.1")
    assert window.middle.charts.isVisible()
