"""The page that shows who holds what grows, and the ways to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from memgui.analysis.finding import Finding
from memgui.protocol.errors import Refused
from memgui.protocol.explanation import Explanation, Suspect
from memgui.protocol.inspection import InspectionInfo, InspectionList
from memgui.protocol.watch import Survivors, Watching, WatchReport
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.ui import chain_card, editor
from memgui.ui.editor import open_in_editor
from memgui.ui.pages.chain import ChainPage
from memgui.ui.window_commands import commands_of

START = 1_780_000_000.0
SUSPECT = Suspect(
    kind="tensors",
    count=454,
    holder=("__main__.trainer", ".history", "[301]"),
    root="__main__.trainer",
    advice="Keep only the numbers that are needed.",
    confidence=0.95,
    bytes=14_876_672,
    per_step=32_768.0,
    count_per_step=1.0,
    shape="(128, 64)",
    dtype="float32",
    device="cpu",
    held_by=("global",),
    born="/home/ada/train.py:14",
    stored="/home/ada/train.py:31",
    evidence=("253 new in 254 steps, and still there a step later",),
)
GROWING = Finding(
    "steady-growth", "host.anon_bytes", "native", "growing", False, "Host memory is never released", "It grows.",
    0.6, 2e6, 1e6, 3e6, 1e5, 0.9e5, 1.1e5, 100, START - 20, START, 1e9,
)  # fmt: skip


@pytest.fixture
def page(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    stage.until(lambda: window.middle.dock.is_offered(ChainPage.tab))
    window.middle.dock.bring_up(ChainPage.tab)
    return window.middle.dock.page(ChainPage)


def shown(stage):
    return stage.windows[0].feed.target_of(101)


def asked(stage, method):
    stage.until(lambda: any(one.method == method for one in stage.hub.asked))
    return [one for one in stage.hub.asked if one.method == method][-1]


def test_the_pause_to_expect_is_told_before_anybody_asks(stage, page):
    asked(stage, "inspect.list").answer(InspectionList((InspectionInfo("inspect.explain", 640.0),)))
    stage.until(lambda: "about 640 ms" in page.about.text())


def test_an_explanation_becomes_a_card_with_chain_lines_and_advice(stage, page):
    page.start.click()
    assert page.cancel.isVisible()
    assert page.progress.isVisible()
    asked(stage, "inspect.explain").answer(
        Explanation(step=7, pause_ms=412.0, steps=254, seconds=3.0, suspects=(SUSPECT,))
    )
    stage.until(lambda: len(page.cards) == 1)
    (card,) = page.cards
    assert card.strip._words == ("__main__.trainer", ".history", "[301]")
    assert [button.text() for button in card.places] == ["train.py:14", "train.py:31"]
    assert "training paused for 412 ms" in page.about.text()
    assert page.start.text() == "Look again"
    assert not page.progress.isVisible()


def test_a_line_is_opened_in_the_editor(stage, page, monkeypatch):
    opened = []
    monkeypatch.setattr("memgui.ui.pages.chain.open_in_editor", lambda *place: opened.append(place))
    page.start.click()
    asked(stage, "inspect.explain").answer(Explanation(suspects=(SUSPECT,)))
    stage.until(lambda: len(page.cards) == 1)
    page.cards[0].places[0].click()
    assert opened == [(Path("/home/ada/train.py"), 14)]
    monkeypatch.setattr("memgui.ui.pages.chain.open_in_editor", open_in_editor)
    page.cards[0].places[0].click()
    assert "/home/ada/train.py is not on this machine" in page.about.text()


def test_nothing_found_and_a_refusal_are_told_in_words(stage, page):
    page.start.click()
    asked(stage, "inspect.explain").answer(Explanation(steps=20, seconds=2.0))
    stage.until(lambda: page.about.text().startswith("Nothing outlives its step"))
    page.start.click()
    stage.until(lambda: len([one for one in stage.hub.asked if one.method == "inspect.explain"]) == 2)
    asked(stage, "inspect.explain").fail(Refused("no optimizer step seen in 30 s"))
    stage.until(lambda: "no optimizer step seen" in page.about.text())
    assert page.cards == []
    assert page.start.isEnabled()


def test_after_cancel_a_late_answer_changes_nothing(stage, page):
    page.start.click()
    late = asked(stage, "inspect.explain")
    page.cancel.click()
    assert asked(stage, "inspect.cancel").params.method == "inspect.explain"
    assert page.start.isVisible()
    late.answer(Explanation(suspects=(SUSPECT,)))
    stage.qtbot.wait(50)
    assert page.cards == []


def test_a_finding_leads_to_the_chain(stage, finding):
    stage.process(101, agent=True)
    window = stage.open()
    target = stage.speak(101)
    target.told = (finding(),)
    stage.until(lambda: window.right.findings.cards)
    next(iter(window.right.findings.cards.values())).chain.click()
    asked(stage, "inspect.explain")
    assert window.middle.dock.page(ChainPage).isVisible()


def test_the_survivor_watch_is_armed_and_told_by_events(stage, page):
    assert page.watch.toggle.text() == "Watch for survivors"
    page.watch.toggle.click()
    asked(stage, "watch.start").answer(Watching(until_s=300.0))
    stage.send(
        101, events=(MarkedEvent(START + 1, "watch", "survivor watch on", 3, {"on": True, "until_s": START + 301}),)
    )
    stage.until(lambda: page.watch.toggle.text() == "End the watch")
    page.watch.toggle.click()
    asked(stage, "watch.stop").answer(WatchReport())
    found = Survivors("/home/ada/train.py:14", "(128, 64)", "float32", "cpu", 1.0, 32768.0)
    data = {"on": False, **to_wire(WatchReport((found,), 54, 3, 0.015))}
    stage.send(101, events=(MarkedEvent(START + 2, "watch", "survivor watch off", 9, data),))
    stage.until(lambda: "made in train.py:14" in page.watch.about.text())
    assert "54 sampled steps, 1.5% of the time" in page.watch.about.text()
    assert page.watch.toggle.text() == "Watch for survivors"


def test_a_watch_that_is_refused_says_why(stage, page):
    page.watch.toggle.click()
    asked(stage, "watch.start").fail(Refused("too much waits for a step boundary already"))
    stage.until(lambda: "too much waits" in page.watch.about.text())


def test_every_kind_has_a_title():
    kinds = ("graph", "tensors", "python", "cache", "hook", "exception", "workers", "native")
    assert all(chain_card.kind_title(kind) != kind for kind in kinds)


def test_a_place_is_a_file_and_a_line():
    assert editor.split_place("/a/b.py:7") == ("/a/b.py", 7)
    assert editor.split_place("/a/b.py") == ("/a/b.py", None)


def test_a_suspected_growth_arms_the_watch_and_says_why(stage, page):
    shown(stage).told = (GROWING,)
    stage.windows[0].suspicions.look(shown(stage))
    request = asked(stage, "watch.start")
    assert request.params.cause == "host.anon_bytes"
    request.answer(Watching(until_s=120.0))
    on = {"on": True, "until_s": START + 121, "cause": "host.anon_bytes"}
    stage.send(101, events=(MarkedEvent(START + 1, "watch", "survivor watch on", 3, on),))
    stage.until(lambda: "since Anonymous may leak" in page.watch.about.text())


def test_switched_off_it_arms_nothing_and_says_so(stage, page):
    assert page.watch.by_itself.isChecked()
    page.watch.by_itself.click()
    shown(stage).told = (GROWING,)
    stage.windows[0].suspicions.look(shown(stage))
    assert not [one for one in stage.hub.asked if one.method == "watch.start"]
    assert "You have switched off that a suspected growth arms it." in page.watch.about.text()


def test_the_switch_is_remembered_and_is_a_command_too(stage, page):
    window = stage.windows[0]
    titles = [command.title for command in commands_of(window)]
    assert "Survivor watch when growth is suspected: switch off" in titles
    window.suspicions.switch(on=False)
    assert not page.watch.by_itself.isChecked()
    assert not stage.open().suspicions.are_on
