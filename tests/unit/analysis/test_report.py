"""A report is one file that needs nothing else and says what there is to say."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from memgui.analysis.report.page import page
from memgui.analysis.report.run import Run
from memgui.store.events import MarkedEvent
from memgui.store.timeline import Timeline
from tests.recordings import T0, growing_rows, told

_VOID = {"meta", "rect", "line", "path", "i"}


class Reader(HTMLParser):
    """Sees that what is opened is closed, and collects what points elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [str(value) for name, value in attrs if name in ("src", "href", "action")]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closed at once."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


@pytest.fixture
def run() -> Run:
    timeline = Timeline()
    for row in growing_rows(0, 900):
        timeline.append(row.t_s, row.step, row.values)
    freed = {"action": "trim_heap", "outcome": "done", "freed_bytes": 420e6, "cost_ms": 12.0}
    return Run(
        name="<train>.py",
        timeline=timeline,
        facts={"Host": "node7", "Command": "train.py --name '</script>'"},
        end="was killed by the kernel for lack of memory",
        ended_badly=True,
        findings=(told(T0 + 440, "confirmed"),),
        told=((T0 + 300, told(T0 + 300, "probable")),),
        events=(
            MarkedEvent(T0 + 100, "mark", "epoch <1>", 200),
            MarkedEvent(T0 + 200, "receipt", "freed", 400, freed),
        ),
        limit=("cgroup", 6e9),
    )


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def test_it_loads_nothing_and_every_element_is_closed(run: Run) -> None:
    text = page([run, run], source="a.memgui", version="1")
    assert read(text).links == []
    assert not re.search(r"https?://|@import|url\(", text)


def test_it_says_what_was_found_told_freed_and_how_it_ended(run: Run) -> None:
    words = " ".join(read(page([run], source="a.memgui", version="1")).words)
    for said in (
        "<train>.py", "was killed by the kernel", "node7", "Told growth", "confirmed", "probable", "epoch <1>",
        "trim_heap", "401 MiB", "0:03:20", "Host memory", "Step time", "--name '</script>'", "limit 5.6 GiB",
    ):  # fmt: skip
        assert said in words, said


def test_charts_are_vector_drawings_with_their_numbers(run: Run) -> None:
    text = page([run], source="a.memgui", version="1")
    drawings = re.findall(r"<svg.*?</svg>", text, re.S)
    assert len(drawings) == 2
    for drawing in drawings:
        ElementTree.fromstring(drawing)
    tables = [json.loads(table) for table in re.findall(r'<script type="application/json">(.*?)</script>', text)]
    resident = tables[0]["series"][0]
    assert resident["label"] == "resident"
    assert len(resident["v"]) == len(tables[0]["t"]) == len(tables[0]["step"])
    assert resident["v"][0] == pytest.approx(2e9, rel=1e-2)
    assert resident["v"][-1] == pytest.approx(2e9 + 899 * 4e6, rel=1e-2)
    assert tables[0]["step"][-1] == 899


def test_a_day_fits_into_a_mail(run: Run) -> None:
    timeline = Timeline()
    for at in range(24 * 3600):
        timeline.append(T0 + at, at, {"host.rss_bytes": 1e9 + at % 977 * 1e6, "host.anon_bytes": 1e9})
    text = page([Run("train.py", timeline)], source="a.memgui", version="1")
    assert len(text) < 400_000
    assert "Nothing grows." in text
