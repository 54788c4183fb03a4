"""The cards of the findings panel."""

from __future__ import annotations

from PySide6.QtCore import Qt

from memgui.ui.targets_model import Role


def _window(stage, *findings, actions=()):
    stage.process(101, agent=True)
    window = stage.open()
    target = stage.speak(101, actions=actions)
    target.told = findings
    stage.until(lambda: len(window.right.findings.cards) == len(findings))
    stage.until(lambda: all(card.isVisible() for card in window.right.findings.cards.values()))
    return window, target


def _card(window):
    return next(iter(window.right.findings.cards.values()))


def test_nothing_found_is_said_in_words(stage):
    window, _ = _window(stage)
    assert window.right.findings._quiet.text().startswith("Nothing grows")


def test_a_card_tells_what_how_fast_since_when_and_how_long_it_lasts(stage, finding):
    window, _ = _window(stage, finding())
    card = _card(window)
    facts = card._facts.text().replace("\u00a0", " ")
    assert card._title.text() == "Host memory is never released"
    assert "between 2.90 MiB and 3.10 MiB per step" in facts
    assert "confirmed · since" in facts
    assert "limit in 38 min (31 min – 49 min)" in facts
    assert card.property("tone") == "bad"
    assert window.left.model.index(0, 0).data(Role.BADGE) == "leak"


def test_why_shows_the_evidence(stage, finding):
    window, _ = _window(stage, finding())
    card = _card(window)
    assert not card._evidence.isVisible()
    card.why.click()
    assert card._evidence.isVisible()
    assert "7 of 7" in card._evidence.text()


def test_its_button_runs_the_action_that_it_advises(stage, finding, action):
    window, _ = _window(stage, finding(), actions=(action("collect_garbage", "Collect garbage"),))
    card = _card(window)
    stage.until(lambda: card.act.isVisible())
    stage.qtbot.mouseClick(card.act, Qt.MouseButton.LeftButton)
    assert stage.asked().params["action"] == "collect_garbage"


def test_without_that_action_there_is_no_button(stage, finding):
    window, _ = _window(stage, finding())
    assert not _card(window).act.isVisible()


def test_with_the_agent_gone_the_button_goes_too(stage, finding, action):
    window, _ = _window(stage, finding(), actions=(action("collect_garbage", "Collect garbage"),))
    card = _card(window)
    stage.until(lambda: card.act.isVisible())
    stage.lose(101)
    stage.until(lambda: not card.act.isVisible())


def test_muting_hides_the_card_and_the_badge_and_can_be_taken_back(stage, finding):
    window, _ = _window(stage, finding())
    index = window.left.model.index(0, 0)
    _card(window).mute.click()
    assert not window.right.findings.cards
    assert index.data(Role.BADGE) == ""
    window.right.findings.unmute.click()
    assert window.right.findings.cards
    assert index.data(Role.BADGE) == "leak"


def test_the_gravest_is_first_and_a_click_shows_another_in_the_charts(stage, finding):
    shown = []
    window, target = _window(
        stage, finding(), finding(metric="children.rss_bytes", state="growing", title="Workers grow")
    )
    cards = list(window.right.findings.cards.values())
    assert [card._title.text() for card in cards] == ["Host memory is never released", "Workers grow"]
    window.right.findings.finding_shown.connect(shown.append)
    cards[1].setFocus()
    stage.qtbot.keyClick(cards[1], Qt.Key.Key_Return)
    assert shown == [target.told[1]]
    stage.qtbot.mouseClick(cards[0], Qt.MouseButton.LeftButton)
    assert shown == [target.told[1], target.told[0]]


def test_a_resolved_finding_stays_as_a_friendly_card_without_an_alarm(stage, finding):
    window, target = _window(stage, finding())
    target.told = (finding(state="resolved"),)
    stage.until(lambda: _card(window).property("tone") == "good")
    stage.until(lambda: window.left.model.index(0, 0).data(Role.BADGE) == "")
