"""The page that compares two moments: metrics always, roles and all else by the nearest looks."""

from __future__ import annotations

import pytest

from memgui.protocol.errors import Refused
from memgui.protocol.inspection import RoleBytes
from memgui.protocol.marking import Marked, Tally
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.ui.pages.compare import CompareColumn, ComparePage
from tests.ui.conftest import MIB

START = 1_780_000_000.0


@pytest.fixture
def page(stage):
    stage.process(101, agent=True)
    window = stage.open()
    stage.speak(101)
    for second in range(10):
        stage.sample(101, {"host.anon_bytes": (100 + second) * MIB}, count=1, t_s=START + second)
    stage.until(lambda: window.middle.dock.is_offered(ComparePage.tab))
    window.middle.dock.bring_up(ComparePage.tab)
    return window.middle.dock.page(ComparePage)


def look(t_s, step, kept):
    found = Marked(
        roles=(RoleBytes("host", "other_tensors", kept * 32768, kept),),
        tensors=(Tally("(128, 64) float32 host other_tensors", kept, kept * 32768),),
        types=(Tally("torch.Tensor", 60 + kept),),
    )
    return MarkedEvent(t_s, "look", f"look at step {step}", step, to_wire(found))


def names(page):
    return [page.model.index(row, CompareColumn.NAME).data() for row in range(page.model.rowCount())]


def mark(stage, first, last):
    stage.windows[0].middle.charts.interval_marked.emit(START + first, START + last)


def test_two_clicks_bring_the_page_to_the_front_and_compare_the_metrics(stage, page):
    mark(stage, 2, 8)
    assert page.isVisible()
    assert names(page) == ["Anonymous"]
    assert page.model.index(0, CompareColumn.CHANGE).data() == "+6.00\u00a0MiB"
    assert "There are no two looks" in page.moments.text()


def test_looks_near_by_are_compared_and_say_how_far_away_they_are(stage, page):
    mark(stage, 2, 8)
    stage.send(101, events=(look(START + 2.5, 3, 10), look(START + 8, 7, 30)))
    stage.until(lambda: "(128, 64) float32 host other_tensors" in names(page))
    assert "torch.Tensor" in names(page)
    assert "“look at step 3”" in page.moments.text()
    assert "later" in page.moments.text()


def test_without_clicks_the_last_two_looks_are_compared(stage, page):
    assert page.model.rowCount() == 0
    stage.send(101, events=(look(START + 2, 2, 10), look(START + 8, 8, 30)))
    stage.until(lambda: "torch.Tensor" in names(page))
    page.filter.setText("type")
    assert names(page) == ["torch.Tensor"]


def test_mark_here_takes_a_look_that_stays(stage, page):
    page.button.click()
    stage.until(lambda: any(one.method == "inspect.mark" for one in stage.hub.asked))
    request = [one for one in stage.hub.asked if one.method == "inspect.mark"][-1]
    assert request.params.keep
    request.answer(Marked(step=9, pause_ms=120.0))
    stage.until(lambda: "pause 0.12" in page.about.text() or "120" in page.about.text())
    assert page.button.text() == "Mark here"


def test_a_mark_that_is_refused_says_why(stage, page):
    page.button.click()
    stage.until(lambda: any(one.method == "inspect.mark" for one in stage.hub.asked))
    [one for one in stage.hub.asked if one.method == "inspect.mark"][-1].fail(Refused("no optimizer step seen"))
    stage.until(lambda: "no optimizer step seen" in page._empty.text())
