"""Messages on the desktop."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QSystemTrayIcon

from memgui.ui import alerts as module
from memgui.ui.alerts import Alerts, Desktop
from memgui.ui.settings import Settings
from memgui.ui.silence import Silence


class Desk:
    """Alerts about one target, and what they have shown."""

    def __init__(self, stage) -> None:
        stage.process(101, agent=True)
        self.window = stage.open()
        self.target = stage.speak(101)
        self.settings = Settings(stage.folder / "alerts.ini")
        self.silence = Silence(self.settings)
        self.shown: list[tuple[str, str]] = []
        self.alerts = self.make()

    def make(self) -> Alerts:
        return Alerts(lambda title, text: self.shown.append((title, text)), self.silence, self.settings)

    def look(self, *findings) -> int:
        self.target.told = findings
        self.alerts.look(self.target)
        return len(self.shown)


@pytest.fixture
def desk(stage) -> Desk:
    return Desk(stage)


def test_an_alarm_is_told_once_by_script_title_and_sentence(desk, finding):
    assert desk.look(finding()) == 1
    assert desk.look(finding(until_s=2e9, eta_s=100.0)) == 1
    title, text = desk.shown[0]
    assert title == "train_101.py: Host memory is never released"
    assert text == "+3.0 MiB per step since step 412."


def test_it_is_told_again_when_its_rate_has_doubled_and_again_at_four_times(desk, finding):
    mib = 1024.0**2
    counts = [desk.look(finding(rate_bytes_per_s=rate * mib)) for rate in (10, 19, 20, 39, 41)]
    assert counts == [1, 1, 2, 2, 3]
    assert "twice as fast" in desk.shown[1][1]


def test_the_same_growth_that_another_series_shows_better_is_not_told_again(desk, finding):
    mib = 1024.0**2
    assert desk.look(finding(metric="host.heap_used_bytes", rate_bytes_per_s=10 * mib)) == 1
    assert desk.look(finding(metric="host.anon_bytes", rate_bytes_per_s=30 * mib)) == 1
    assert desk.look(finding(metric="host.anon_bytes", rate_bytes_per_s=61 * mib)) == 2
    assert desk.look(finding(metric="children.anon_bytes")) == 3


def test_growth_without_alarm_and_silenced_findings_are_not_told(desk, finding):
    assert desk.look(finding(alarm=False, slow=True)) == 0
    desk.silence.mute(desk.target, finding())
    assert desk.look(finding()) == 0
    desk.silence.expect(desk.target, finding(metric="children.anon_bytes"), "workers cache")
    assert desk.look(finding(metric="children.anon_bytes")) == 0


@pytest.mark.parametrize("hidden", [False, True])
def test_the_window_looks_by_itself_and_also_while_nobody_sees_it(stage, finding, hidden):
    stage.process(101, agent=True)
    window = stage.open()
    window.setVisible(not hidden)
    shown = []
    window.alerts._show = lambda title, text: shown.append(title)
    stage.speak(101).told = (finding(),)
    stage.until(lambda: len(shown) == 1)


def test_the_palette_switches_them_off_for_good(stage, desk, finding):
    from memgui.ui.window_commands import commands_of

    def command():
        return next(one for one in commands_of(desk.window) if "notifications" in one.title)

    assert command().title.endswith("off")
    command().run()
    assert command().title.endswith("on")
    assert not desk.window.alerts.are_on
    stage.close()
    assert not stage.open().alerts.are_on
    desk.alerts.switch()
    assert desk.look(finding()) == 0
    assert not desk.make().are_on


def test_the_horizon_of_alarms_is_a_command_and_holds_for_the_next_targets(stage, tmp_path):
    from memgui.ui.sources import LocalSources
    from memgui.ui.window_commands import commands_of

    window = stage.open()
    command = next(one for one in commands_of(window) if one.title.endswith("within 30 days"))
    command.run()
    assert next(one for one in commands_of(window) if one.title.endswith("within 30 days")).unavailable
    assert "30 d" in window.right.journal.texts[0]
    settings = Settings(stage.folder / "settings.ini")
    target = LocalSources(settings).make_target("1.1")
    assert target.horizon_s == 30 * 86_400.0
    settings.set("horizon_days", "soon")
    assert LocalSources(settings).make_target("1.1").horizon_s == 7 * 86_400.0


def test_without_a_desktop_a_message_goes_nowhere_and_does_no_harm(qapp, monkeypatch):
    started = []
    monkeypatch.setattr(module.QProcess, "startDetached", lambda *words: started.append(words))
    desktop = Desktop(QIcon())
    desktop.show_message("title", "text")
    desktop.close()
    assert started == []


def test_without_a_tray_the_command_is_used_where_there_is_one(qapp, monkeypatch):
    started = []
    monkeypatch.setattr(module, "_NO_DESKTOP", frozenset())
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: False))
    monkeypatch.setattr(module.QProcess, "startDetached", lambda *words: started.append(words))
    monkeypatch.setattr(module.QStandardPaths, "findExecutable", staticmethod(lambda name: f"/usr/bin/{name}"))
    Desktop(QIcon()).show_message("-title", "text")
    ((command, words),) = started
    assert command == "/usr/bin/notify-send"
    assert words[-3:] == ["--", "-title", "text"]
    monkeypatch.setattr(module.QStandardPaths, "findExecutable", staticmethod(lambda name: ""))
    Desktop(QIcon()).show_message("title", "text")
    assert len(started) == 1


@pytest.mark.qt_log_ignore("No Icon set", "systemTrayWindowChanged", extend=True)
def test_with_a_tray_its_icon_comes_with_the_first_message_and_goes_at_the_end(qapp, monkeypatch):
    told = []
    monkeypatch.setattr(module, "_NO_DESKTOP", frozenset())
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda self, *words: told.append(words[:2]))
    desktop = Desktop(QIcon())
    clicks = []
    desktop.clicked.connect(lambda: clicks.append(1))
    desktop.show_message("title", "text")
    assert told == [("title", "text")]
    desktop._tray.messageClicked.emit()
    desktop._tray.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    assert clicks == [1, 1]
    desktop.close()
    assert not desktop._tray.isVisible()
