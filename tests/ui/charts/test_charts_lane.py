"""Diamonds and words of the events lane."""

GIB = 1024.0**3


def test_events_stand_where_they_happened_with_their_words(area, target):
    target.mark(10, "mark", "epoch 3")
    target.mark(40, "mark", "eval")
    area.show_target(target)
    first, second = area.lane.diamonds
    assert (first.label, second.label) == ("epoch 3", "eval")
    assert first.x < second.x


def test_words_make_way_for_the_next_diamond(area, target):
    for index in range(12):
        target.mark(5 + index * 1.5, "mark", f"a rather long text {index}")
    area.show_target(target)
    diamonds = area.lane.diamonds
    assert len(diamonds) == 12
    assert diamonds[-1].label == "a rather long text 11"
    assert all(len(diamond.label) < 20 for diamond in diamonds[:-1])


def test_what_falls_on_one_place_is_one_diamond_with_a_number(area, target):
    for index in range(5):
        target.mark(20 + index * 0.01, "mark", "eval")
    target.mark(40, "mark", "eval")
    target.mark(40.01, "mark", "checkpoint")
    area.show_target(target)
    assert [diamond.label for diamond in area.lane.diamonds] == ["eval ×5", "checkpoint +1"]


def test_hover_tells_all_of_an_event(area, target):
    target.mark(
        30, "receipt", "Trim host heap", action="trim_heap", outcome="done", freed_bytes=420 * 1024**2, cost_ms=3.0
    )
    area.show_target(target)
    (diamond,) = area.lane.diamonds
    text = area.lane.hover_text(diamond.x + 2).replace("\u00a0", " ")
    assert "trim heap" in text
    assert "−420 MiB" in text
    assert "3.00 ms" in text
    assert area.lane.hover_text(diamond.x + 200) == ""


def test_book_keeping_is_not_shown(area, target):
    for kind in ("metrics", "actions", "settled"):
        target.mark(30, kind, "of no interest")
    area.show_target(target)
    assert area.lane.diamonds == ()


def test_a_receipt_draws_its_change_across_the_charts(area, target):
    area.show_target(target)
    before = area.grab().toImage()
    target.mark(30, "receipt", "Trim", action="trim_heap", outcome="done", freed_bytes=420 * 1024**2)
    area.refresh()
    assert area.grab().toImage() != before
    assert area.lane.diamonds[0].label == "trim heap"


def test_an_event_that_comes_between_two_samples_is_shown_at_once(area, target):
    area.show_target(target)
    target.mark(30, "mark", "eval")
    area.refresh()
    assert [diamond.label for diamond in area.lane.diamonds] == ["eval"]
