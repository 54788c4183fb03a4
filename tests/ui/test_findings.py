"""The cards of the findings panel."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTranslator
from PySide6.QtWidgets import QLabel, QScrollArea

from memgui.analysis.phrase import Wording, phrase
from memgui.protocol.wire import to_wire
from memgui.store.events import MarkedEvent
from memgui.ui.expect_dialog import ExpectDialog
from memgui.ui.rule_dialog import RuleDialog
from memgui.ui.settings import Settings
from memgui.ui.silence import Silence
from memgui.ui.targets_model import Role

START = 1_780_000_000.0
MIB = 1024.0**2


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


def test_a_card_tells_what_how_fast_since_when_how_sure_and_how_long_it_lasts(stage, finding):
    window, _ = _window(stage, finding())
    card = _card(window)
    state, facts = (part.text().replace("\u00a0", " ") for part in (card._state, card._facts))
    assert card._title.text() == "Host memory is never released"
    assert state == "confirmed · 90 % sure · limit in 38 min (31–49 min)"
    assert "between 2.90–3.10 MiB per step, 29.0–31.0 MiB/\N{WORD JOINER}s" in facts
    assert "since step 412," in facts
    assert facts.endswith("for 4 min 10 s")
    assert card.property("tone") == "bad"
    assert window.left.model.index(0, 0).data(Role.BADGE) == "leak"


class _Marked(QTranslator):
    """Stands for a language: each template of a finding in brackets."""

    def translate(self, context, source, disambiguation=None, n=-1):
        return f"[{source}]" if context == "findings" else ""


def test_a_finding_is_told_in_the_language_of_the_window(stage, finding, qapp):
    words = Wording(
        phrase("Host memory is never released"),
        phrase("{rate} since step {step}", rate=phrase("+{rate}/s", rate="3.0 MiB"), step="412"),
        (phrase("It rose by {size}.", size="9.0 MiB"),),
        phrase("Keep `item()`."),
    )
    translator = _Marked()
    qapp.installTranslator(translator)
    try:
        window, _ = _window(stage, finding(words=words))
        card = _card(window)
        assert card._title.text() == "[Host memory is never released]"
        assert card._sentence.text() == "[[+3.0 MiB/s] since step 412]"
        assert card._evidence.text() == "• [It rose by 9.0 MiB.]"
        assert card._advice.text().startswith("[Keep <span")
    finally:
        qapp.removeTranslator(translator)


def test_the_evidence_can_be_unfolded(stage, finding):
    window, _ = _window(stage, finding())
    card = _card(window)
    assert not card._evidence.isVisible()
    stage.qtbot.mouseClick(card.evidence, Qt.MouseButton.LeftButton)
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


def test_the_one_that_reaches_its_limit_first_is_on_top(stage, finding):
    window, _ = _window(
        stage,
        finding(metric="host.anon_bytes", title="Last", eta_s=None),
        finding(metric="children.anon_bytes", title="Second", eta_s=7200.0, state="confirmed"),
        finding(metric="cuda.0.allocated_bytes", title="First", eta_s=600.0, state="probable"),
        finding(metric="cuda.1.allocated_bytes", title="Over", eta_s=60.0, state="resolved"),
    )
    panel = window.right.findings
    shown = sorted(panel.cards.values(), key=panel._column.indexOf)
    assert [card._title.text() for card in shown] == ["First", "Second", "Last", "Over"]


def test_only_the_chosen_card_is_open_and_a_click_opens_another(stage, finding):
    shown = []
    window, target = _window(
        stage, finding(), finding(metric="children.rss_bytes", state="growing", title="Workers grow", eta_s=9000.0)
    )
    first, second = window.right.findings.cards.values()
    assert (first._facts.isVisible(), second._facts.isVisible()) == (True, False)
    window.right.findings.finding_shown.connect(shown.append)
    second.setFocus()
    stage.qtbot.keyClick(second, Qt.Key.Key_Return)
    assert shown == [target.told[1]]
    assert (first._facts.isVisible(), second._facts.isVisible()) == (False, True)
    stage.qtbot.mouseClick(first, Qt.MouseButton.LeftButton)
    assert shown == [target.told[1], target.told[0]]


def test_a_click_selects_the_span_in_a_stretch_that_holds_it(stage, finding):
    window, _ = _window(stage, finding(since_s=START + 100, until_s=START + 900))
    stage.sample(101, {"host.anon_bytes": 4e9}, count=2)
    stage.sample(101, {"host.anon_bytes": 4e9}, count=2, t_s=START + 900)
    window.set_span("1 m")
    stage.qtbot.mouseClick(_card(window), Qt.MouseButton.LeftButton)
    charts = window.middle.charts
    assert charts.inspector.marks == (START + 100, START + 900)
    assert window.toolbar.live.isChecked()
    assert charts.visible_range[0] <= START + 100
    assert charts.visible_range[1] > START + 900


def test_commands_in_the_advice_stand_out_and_nothing_in_it_is_taken_for_markup(stage, finding):
    window, _ = _window(stage, finding(advice="Use <b> & `memgui explain`."))
    shown = _card(window)._advice.text()
    assert "&lt;b&gt; &amp;" in shown
    assert ">memgui explain</span>." in shown


def test_slow_growth_raises_neither_colour_nor_badge(stage, finding):
    window, _ = _window(stage, finding(alarm=False, slow=True, eta_s=5e6))
    assert _card(window).property("tone") == ""
    assert "more than 30 days" in _card(window)._state.text()
    assert window.left.model.index(0, 0).data(Role.BADGE) == ""


def test_why_am_i_told_this_shows_the_rules_section_of_the_page(stage, finding):
    window, _ = _window(stage, finding(rule="steady-growth"))
    stage.qtbot.mouseClick(_card(window).why, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(RuleDialog)
    assert dialog.isVisible()
    assert "risen from step to step" in dialog.text.toPlainText()
    dialog.close()


def test_a_rule_without_a_section_says_so(stage, finding):
    dialog = RuleDialog(finding(section="no-such-rule", rule="nor-this"))
    stage.qtbot.addWidget(dialog)
    assert "no-such-rule" in dialog.text.toPlainText()


def test_muting_concerns_the_muted_target_only(stage, finding):
    window, target = _window(stage, finding())
    stage.process(102, agent=True)
    window.feed.watch(102)
    other = stage.speak(102)
    other.told = target.told
    window.silence.mute(target, target.told[0])
    assert window.silence.hides(target, target.told[0])
    assert not window.silence.hides(other, other.told[0])


def _expect(stage, window, reason):
    stage.qtbot.mouseClick(_card(window).expect, Qt.MouseButton.LeftButton)
    (dialog,) = window.findChildren(ExpectDialog)
    assert not dialog.keep.isEnabled()
    stage.qtbot.keyClicks(dialog.reason, reason)
    stage.qtbot.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    stage.until(lambda: not dialog.isVisible())


def test_expected_growth_is_remembered_for_the_script_and_can_be_taken_back(stage, finding):
    window, target = _window(stage, finding())
    _expect(stage, window, "the replay buffer fills")
    assert not window.right.findings.cards
    assert window.left.model.index(0, 0).data(Role.BADGE) == ""
    stage.close()
    stage.sources.here.clear()
    stage.process(202, agent=True, script="/home/ada/train_101.py")
    window = stage.open()
    target = stage.speak(202, script="/home/ada/train_101.py")
    target.told = (finding(),)
    panel = window.right.findings
    stage.until(lambda: panel.expected_rows)
    (row,) = panel.expected_rows.values()
    assert "the replay buffer fills" in " ".join(part.text() for part in row.findChildren(QLabel))
    assert not panel.cards
    stage.qtbot.mouseClick(row.back, Qt.MouseButton.LeftButton)
    assert panel.cards
    assert not panel.expected_rows


def test_expected_growth_that_becomes_twice_as_fast_is_told_again(stage, finding):
    window, target = _window(stage, finding())
    _expect(stage, window, "a cache fills")
    target.told = (finding(rate_bytes_per_step=7 * MIB),)
    stage.until(lambda: window.right.findings.cards)
    stage.until(_card(window)._note.isVisible)
    assert "a cache fills" in _card(window)._note.text()


def test_what_is_expected_of_one_script_is_told_of_another(stage, finding):
    window, target = _window(stage, finding())
    _expect(stage, window, "a cache fills")
    stage.process(103, agent=True)
    window.feed.watch(103)
    other = stage.speak(103)
    assert not window.silence.hides(other, finding())
    assert window.silence.hides(target, finding())


def test_a_settings_file_edited_by_hand_does_no_harm(stage, finding):
    settings = Settings(stage.folder / "other.ini")
    for text in ("[", "{}", '[{"script": 1}]', '[{"script": "a", "rate_bytes_per_s": "fast"}]', "[7]"):
        settings.set("expected", text)
        silence = Silence(settings)
        assert silence.hides is not None
        assert not silence._expected


def test_while_its_action_runs_the_button_waits(stage, finding, action, receipt):
    offered = action("diagnose", "Diagnose growth", group="diagnose")
    window, _ = _window(stage, finding(action="diagnose"), actions=(offered,))
    card = _card(window)
    stage.until(lambda: card.act.isVisible())
    stage.qtbot.mouseClick(card.act, Qt.MouseButton.LeftButton)
    assert stage.asked().params["action"] == "diagnose"
    assert not card.act.isEnabled()
    rungs = [{"rung": "collect_garbage", "freed_bytes": 6e9}, {"rung": "empty_device_cache", "skipped": "no GPU"}]
    words = {"rungs": rungs, "cause": "cycles", "cause_text": "Reference cycles: it was garbage."}
    done = receipt(action="diagnose", details=words)
    stage.asked().answer(done)
    stage.until(card.act.isEnabled)
    assert "Reference cycles" in window.right.journal.texts[0]
    event = MarkedEvent(START + 260, "receipt", "Diagnose growth: done", 420, to_wire(done))
    stage.send(101, events=(event,))
    stage.until(card._diagnosis.isVisible)
    assert card._diagnosis.text() == "Diagnosed. Reference cycles: it was garbage."
    rungs[0]["freed_bytes"] = 64 * MIB
    little = MarkedEvent(START + 270, "receipt", "Diagnose growth: done", 430, to_wire(replace(done, id="r2")))
    stage.send(101, events=(little,))
    stage.until(lambda: "truly held" in card._diagnosis.text())
    assert "64.0 MiB of the" in card._diagnosis.text().replace("\u00a0", " ")


def test_six_long_findings_keep_within_the_panel(stage, finding):
    long = "Tensors that the evaluation keeps of every batch it has ever seen are never released " * 2
    several = [
        finding(metric=f"cuda.{number}.allocated_bytes", title=long, sentence=long * 2, eta_s=100.0 * number)
        for number in range(6)
    ]
    window, _ = _window(stage, *several)
    cards = window.right.findings.cards.values()
    parts = [part for card in cards for part in (card._title, card._state, card._sentence)]
    stage.until(lambda: all(part.height() >= part.heightForWidth(part.width()) for part in parts))
    assert all(card.width() <= window.right.width() for card in cards)


def test_a_resolved_finding_stays_as_a_friendly_card_without_an_alarm(stage, finding):
    window, target = _window(stage, finding())
    target.told = (finding(state="resolved"),)
    stage.until(lambda: _card(window).property("tone") == "good")
    stage.until(lambda: window.left.model.index(0, 0).data(Role.BADGE) == "")


def test_in_a_narrow_window_an_open_card_is_not_cut_off(stage, finding, action):
    stage.process(101, agent=True)
    window = stage.open(size=(1024, 700))
    target = stage.speak(101, actions=(action("diagnose", "Diagnose growth", group="diagnose"),))
    target.told = tuple(finding(metric=f"cuda.{number}.allocated_bytes", action="diagnose") for number in range(6))
    area = window.right.findChild(QScrollArea)
    stage.until(lambda: len(window.right.findings.cards) == 6 and _card(window).act.isVisible())
    stage.until(lambda: area.verticalScrollBar().isVisible())
    assert area.horizontalScrollBar().maximum() == 0
    why = _card(window).why
    assert why.fontMetrics().horizontalAdvance(why.text()) <= why.width()
