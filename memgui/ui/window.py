"""The main window: puts the panels together and carries their wishes to the feed. GUI thread.

One timer at 10 Hz asks the visible parts to look whether something changed; nothing is drawn because a sample came.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QHideEvent,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from memgui.protocol.errors import Problem
from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.action_runs import ActionRuns
from memgui.ui.alerts import Alerts, Desktop
from memgui.ui.all_targets import AllTargets
from memgui.ui.always_on import AlwaysOn
from memgui.ui.appearance import Appearance
from memgui.ui.asks import Asks
from memgui.ui.drop_zone import DropZone
from memgui.ui.export_desk import ExportDesk
from memgui.ui.feed import Feed, Outcome, as_problem
from memgui.ui.journal import Entry, Journal
from memgui.ui.launch_desk import LaunchDesk
from memgui.ui.launches import Launches, LaunchRequest
from memgui.ui.layout_memory import LayoutMemory
from memgui.ui.left_panel import LeftPanel
from memgui.ui.middle import Middle
from memgui.ui.options import Options
from memgui.ui.pages.page import Desk
from memgui.ui.recording_desk import RecordingDesk
from memgui.ui.resources import resource_path
from memgui.ui.right_panel import RightPanel
from memgui.ui.settings import Settings
from memgui.ui.silence import Silence
from memgui.ui.sources import Sources, horizon_days, set_horizon_days
from memgui.ui.status_bar import StatusBar
from memgui.ui.suspicions import Suspicions
from memgui.ui.theme import Theme
from memgui.ui.toolbar import AXES, SPANS, Toolbar

if TYPE_CHECKING:
    from memgui.analysis.finding import Finding
    from memgui.link.target import LiveTarget
    from memgui.protocol.inspection import Modules

_TICK_MS = 250
_WATCH_MS = 1000
_LIST_AFTER_MS = 500
# Words and rows change this many ticks apart; only the charts look at every tick.
_WORDS_EVERY = 4
_AGENT_WITHIN_MS = 2000
# The charts keep this share of their width for the forecast, and a little for the eye.
_FORECAST_ROOM_RATIO = 0.25


class MainWindow(QMainWindow):
    """Everything that a user sees."""

    def __init__(
        self,
        sources: Sources,
        appearance: Appearance,
        settings: Settings,
        options: Options,
        launches: Launches | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle("memgui")
        self.setWindowIcon(QIcon(str(resource_path("icons", "memgui.svg"))))
        # There is nothing to animate, and yet each layout of the status bar would begin and end an animation.
        self.setAnimated(False)
        self._options = options
        self.settings = settings
        self.appearance = appearance
        self._key: Any = None
        self._told: set[Any] = set()
        self._ticks = 0
        self._loaded = False
        self._memory = LayoutMemory(settings, options)
        self._wanted_pids = set(options.attach)
        self.feed = Feed(sources, self)
        self.journal = Journal(self)
        self.runs = ActionRuns(self.feed, self.journal, self)
        self.silence = Silence(settings, self)
        self.desktop = Desktop(self.windowIcon(), self)
        self.alerts = Alerts(self.desktop.show_message, self.silence, settings, self)
        self.asks = Asks(self.feed, self)
        self.suspicions = Suspicions(self.asks, self.silence, settings, self)
        self._build(appearance.theme)
        self.recordings = RecordingDesk(self.feed, self.journal, settings, self)
        self.all_targets = AllTargets(self.feed, self.left, self.middle, self)
        self.always = AlwaysOn(self.feed, self.journal, settings, self, folder=options.always_folder)
        self.toolbar.offer_always(self.always)
        self.exports = ExportDesk(self)
        self.launch_desk = LaunchDesk(
            launches or Launches(), self.feed, self.journal, self.middle.notices, settings, self
        )
        self._drops = DropZone(self)
        self._connect()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        # A window that is minimized is hidden, and that is when a message on the desktop is wanted most.
        self._watch = QTimer(self)
        self._watch.setInterval(_WATCH_MS)
        self._watch.timeout.connect(self._look_for_alarms)
        # Widgets that are put together under a style sheet are styled at every move: 70 ms instead of 35.
        appearance.dress()
        self._restore()

    # Building.

    def _build(self, theme: Theme) -> None:
        self.toolbar = Toolbar(theme)
        self.left = LeftPanel(self.feed, self.silence, theme)
        self._desk = Desk(self.asks, self.journal, self.suspicions, self._targets)
        self.middle = Middle(self._desk, theme)
        self.right = RightPanel(self.runs, self.journal, self.silence, theme)
        self.status = StatusBar()
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.setChildrenCollapsible(False)
        self._columns.setHandleWidth(1)
        for part, least in ((self.left, 190), (self.middle, 380), (self.right, 284)):
            part.setMinimumWidth(least)
            self._columns.addWidget(part)
        self._columns.setStretchFactor(0, 0)
        self._columns.setStretchFactor(1, 1)
        self._columns.setStretchFactor(2, 0)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.toolbar)
        column.addWidget(self._columns, 1)
        column.addWidget(self.status)
        self.setCentralWidget(whole)
        self.setMinimumSize(860, 540)
        # A click beside everything, and the start, leave no button with a focus ring.
        whole.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        whole.setFocus()

    def _connect(self) -> None:
        toolbar, empty = self.toolbar, self.middle.empty
        for signal in (toolbar.attach_wanted, empty.attach_wanted):
            signal.connect(self.open_attach)
        toolbar.open_wanted.connect(self.recordings.ask)
        toolbar.record_wanted.connect(self.recordings.toggle)
        self.recordings.changed.connect(self._recording_changed)
        self.feed.opening_changed.connect(self._runs_changed)
        self.feed.recording_opened.connect(self.open_target)
        for signal in (toolbar.launch_wanted, empty.launch_wanted):
            signal.connect(self.open_launch)
        toolbar.palette_wanted.connect(self.open_palette)
        toolbar.span_changed.connect(self.set_span)
        toolbar.axis_changed.connect(self.set_axis)
        toolbar.live_changed.connect(self.set_live)
        toolbar.theme_wanted.connect(self.choose_theme)
        self.left.target_chosen.connect(self.show_target)
        for signal in (self.left.target_opened, self.middle.target_opened):
            signal.connect(self.open_target)
        self.left.forget_wanted.connect(self.forget)
        self.middle.live_changed.connect(self._charts_live)
        self.middle.header.report_wanted.connect(self.exports.ask_report)
        self.middle.header.picture_wanted.connect(self.exports.ask_picture)
        self.right.findings.finding_shown.connect(self.middle.show_finding)
        self.right.findings.span_wanted.connect(self._show_span)
        self.right.findings.chain_wanted.connect(self.show_chain)
        self.right.journal.undo_wanted.connect(self._undo)
        self.right.action_panel.shrink_wanted.connect(self.open_shrink)
        self._desk.shrink.wanted.connect(self._module_wanted)
        self.left.shrink_wanted.connect(self._shrink_run)
        self.desktop.clicked.connect(self._raise)
        self.runs.changed.connect(self._runs_changed)
        self.feed.target_added.connect(self._target_added)
        self.feed.target_removed.connect(self._target_removed)
        self.feed.target_began.connect(self._target_began)
        self.feed.listed.connect(self._listed)
        self.feed.attach_ended.connect(self._attach_ended)
        self.feed.trouble.connect(self.tell)
        self._drops.recording_dropped.connect(self.recordings.open)
        self._drops.script_dropped.connect(self.launch_desk.open)
        self.launch_desk.watched.connect(self._launched)
        self.launch_desk.ended.connect(self._words)
        self.appearance.changed.connect(self._theme_changed)
        for keys, slot in (
            ("Ctrl+O", self.recordings.ask),
            ("Ctrl+R", self.recordings.toggle),
            ("Ctrl+E", self.exports.ask_report),
            ("Ctrl+Shift+E", self.exports.ask_picture),
            ("Ctrl+D", self.middle.dock.room.toggle),
            ("Ctrl+T", self.all_targets.toggle),
            ("Ctrl+K", self.open_palette),
            ("Ctrl+Shift+A", self.open_attach),
            ("Ctrl+Shift+L", self.open_launch),
            ("Ctrl+P", self.toggle_live),
            ("Ctrl+Q", self.close_now),
            ("Alt+1", partial(self.set_span, "1 m")),
            ("Alt+2", partial(self.set_span, "10 m")),
            ("Alt+3", partial(self.set_span, "1 h")),
            ("Alt+4", partial(self.set_span, "All")),
        ):
            QShortcut(QKeySequence(keys), self, slot)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What no focused part wants may be for the replay."""
        transport = self.middle.transport
        if transport is None or not transport.press(event):
            super().keyPressEvent(event)

    # First paint, and what comes after it.

    def paintEvent(self, event: QPaintEvent) -> None:
        """After the first paint, bring in what is slow to import."""
        super().paintEvent(event)
        if not self._loaded:
            self._loaded = True
            QTimer.singleShot(0, self._load)

    @Slot()
    def _load(self) -> None:
        charts = self.middle.load_charts()
        charts.set_span(SPANS[self._span])
        charts.set_axis(self._axis)
        self.all_targets.set_span(SPANS[self._span])
        self._memory.restore_middle(self.middle)
        self._timer.start()
        self._watch.start()
        # What was asked for comes first: on a host with many processes, listing them holds up the first curves.
        is_asked = bool(self._options.attach or self._options.open)
        QTimer.singleShot(_LIST_AFTER_MS if is_asked else 0, self, self._list)
        for pid in self._options.attach:
            self.attach_or_watch(pid)
        for file in self._options.open:
            self.recordings.open(str(file))
        if self._options.launch:
            self.launch_desk.launch(LaunchRequest(self._options.launch[0], self._options.launch[1:]))

    @Slot()
    def _list(self) -> None:
        self.feed.set_listing(active=self.isVisible())

    def showEvent(self, event: QShowEvent) -> None:
        """A window that is seen again looks again."""
        super().showEvent(event)
        if self._loaded:
            self._timer.start()
            self.feed.set_listing(active=True)

    def hideEvent(self, event: QHideEvent) -> None:
        """A window that nobody sees draws nothing and lists nothing."""
        super().hideEvent(event)
        self._timer.stop()
        self.feed.set_listing(active=False)

    # Targets.

    @property
    def target(self) -> LiveTarget | None:
        """The target that is shown."""
        return self.feed.target(self._key) if self._key is not None else None

    def _targets(self) -> tuple[LiveTarget, ...]:
        return self.feed.targets

    def attach_or_watch(self, pid: int) -> None:
        """Watch a process, and put the agent in if it has not shown one in a while."""
        key = self.feed.watch(pid)
        if key is not None:
            self.show_target(key)
            # A process that was started with the agent inside needs a moment until it listens.
            QTimer.singleShot(_AGENT_WITHIN_MS, self, partial(self._attach_if_bare, pid))

    def _attach_if_bare(self, pid: int) -> None:
        target = self.feed.target_of(pid)
        if target is not None and target.state == "outside" and target.hello is None:
            self.feed.attach(pid)

    @Slot(object)
    def show_target(self, key: Any) -> None:
        """Show a target in the middle and on the right."""
        if key == self._key:
            return
        self._key = key
        target = self.target
        self.middle.show_target(target, self.launch_desk.end_text(target))
        self.right.show_target(target)
        self.left.select(key)
        self._words()

    @Slot(object)
    def open_target(self, key: Any) -> None:
        """Show a target that a person has chosen, also where all are in sight."""
        self.all_targets.leave()
        self.show_target(key)

    @Slot(object)
    def forget(self, key: Any) -> None:
        """Stop watching a target and drop its charts."""
        self.feed.forget(key)
        self._listed()

    @Slot(object)
    def _target_added(self, key: Any) -> None:
        target = self.feed.target(key)
        wanted = target is not None and target.pid in self._wanted_pids
        shown = self.target
        # What has ended makes way for what begins; a recording was opened to be looked at.
        is_over = shown is not None and shown.state == "ended" and shown.recording is None
        if self._key is None or wanted or is_over:
            self.show_target(key)

    @Slot(object)
    def _target_began(self, key: Any) -> None:
        """Show the first sample without waiting for the timer."""
        if key == self._key and self._timer.isActive():
            self._tick()

    @Slot(object)
    def _target_removed(self, key: Any) -> None:
        if key == self._key:
            self._key = None
            left = self.feed.targets
            if left:
                self.show_target(left[-1].key)
            else:
                self.middle.show_target(None)
                self.right.show_target(None)
                self._words()

    @Slot()
    def _listed(self) -> None:
        watched = {target.pid for target in self.feed.targets}
        waiting = sum(bool(info.attachable or info.agent) and info.pid not in watched for info in self.feed.here)
        self.middle.empty.show_counts(attachable=waiting, was_listed=self.feed.was_listed)

    @Slot(int, object)
    def _attach_ended(self, pid: int, outcome: Outcome) -> None:
        target = self.feed.target_of(pid)
        if outcome.error is not None:
            self.tell(as_problem(outcome.error))
            return
        pause = getattr(outcome.result, "pause_ms", None)
        said = self.tr("training paused for {ms} ms").format(ms=round(pause, 1)) if pause is not None else ""
        self.journal.remark(target, self.tr("Attached"), said, "good")
        if target is not None:
            self.show_target(target.key)

    @Slot(object)
    def tell(self, problem: Problem) -> None:
        """Show a message that waits to be read."""
        self.middle.notices.tell_problem(problem)

    # Actions.

    @Slot()
    def show_chain(self) -> None:
        """Ask the target who holds what grows."""
        from memgui.ui.pages.chain import ChainPage  # a page is brought in when it is wanted

        self.middle.dock.bring_up(ChainPage.tab)
        self.middle.dock.page(ChainPage).begin()

    @Slot(str)
    def open_shrink(
        self, method: str = "", only: str | None = None, modules: Modules | None = None, *, everywhere: bool = False
    ) -> None:
        """The dialog «Shrink the job», with a method and a module chosen where they are given."""
        from memgui.ui.shrink.dialog import ShrinkDialog  # dialogs are no part of the first paint

        if self.target is not None:
            theme = self.appearance.theme
            dialog = ShrinkDialog(self.target, self.feed, self._desk.asks, self.runs, self.journal, theme, self)
            self.appearance.changed.connect(dialog.set_theme)
            dialog.begin(method, only, modules, everywhere=everywhere)

    @Slot(object)
    def _shrink_run(self, key: Any) -> None:
        """All ranks of the run of a target, from the row of the run."""
        self.show_target(key)
        self.open_shrink(everywhere=True)

    @Slot(str, object)
    def _module_wanted(self, path: str, modules: Modules) -> None:
        self.open_shrink("", path, modules)

    @Slot()
    def _runs_changed(self) -> None:
        texts = [f"{run.title}: {run.text}" for run in self.runs.all_running]
        for file, ratio in self.feed.opening.items():
            texts.append(self.tr("reading {file}: {share}").format(file=file.name, share=fmt.ratio(ratio)))
        self.status.say(" · ".join(texts))

    @Slot()
    def _recording_changed(self) -> None:
        self.toolbar.set_recording(active=self.recordings.is_recording)
        self.status.show_recording(self.recordings.words, self.always.words)

    @Slot(object)
    def _undo(self, entry: Entry) -> None:
        self.runs.undo(entry)

    # Launching.

    @Slot()
    def open_attach(self) -> None:
        """The dialog that chooses a process."""
        from memgui.ui.attach_dialog import AttachDialog  # dialogs are no part of the first paint

        dialog = AttachDialog(self.feed, self.appearance.theme, self)
        dialog.attached.connect(self._attached)
        dialog.open()

    @Slot(int)
    def _attached(self, pid: int) -> None:
        target = self.feed.target_of(pid)
        if target is not None:
            self.open_target(target.key)

    @Slot()
    def open_launch(self) -> None:
        """The dialog that starts a script."""
        self.launch_desk.open()

    @Slot(object, int)
    def _launched(self, key: Any, pid: int) -> None:
        self._wanted_pids.add(pid)
        self.show_target(key)

    # Findings.

    @Slot(object)
    def _show_span(self, finding: Finding) -> None:
        """Select the interval of a finding, in a stretch of time that holds it."""
        charts, target = self.middle.charts, self.target
        if charts is None or target is None or target.timeline.last_t is None:
            return
        age_s = (target.timeline.last_t - finding.since_s) / (1.0 - _FORECAST_ROOM_RATIO)
        enough = [word for word, span_s in SPANS.items() if span_s is None or span_s >= age_s]
        if enough and list(SPANS).index(self._span) < list(SPANS).index(enough[0]):
            self.set_span(enough[0])
        charts.select(finding.since_s, finding.until_s)

    @property
    def horizon_days(self) -> float:
        """Growth that reaches the limit later than this raises no alarm."""
        return horizon_days(self.settings)

    def set_horizon(self, days: float) -> None:
        """Another horizon, remembered; findings of targets that are watched already keep theirs."""
        set_horizon_days(self.settings, days)
        said = self.tr("growth that reaches the limit within {days} d; from the next target on").format(
            days=f"{days:g}"
        )
        self.journal.remark(None, self.tr("Alarms"), said)

    @Slot()
    def _raise(self) -> None:
        """Come to the front, as a message that was clicked wants it."""
        if self.isMinimized():
            self.showNormal()
        self.raise_()
        self.activateWindow()

    # Time and looks.

    @Slot(str)
    def set_span(self, word: str) -> None:
        """The stretch of time in the charts, by a word of `SPANS`."""
        self._span = word
        self.toolbar.set_span(word)
        self.all_targets.set_span(SPANS[word])
        if self.middle.charts is not None:
            self.middle.charts.set_span(SPANS[word])

    @Slot(str)
    def set_axis(self, axis: str) -> None:
        """Time or steps along the charts."""
        self._axis = axis
        self.toolbar.set_axis(axis)
        if self.middle.charts is not None:
            self.middle.charts.set_axis(axis)

    @Slot(bool)
    def set_live(self, live: bool) -> None:  # noqa: FBT001 - Qt's signature
        """Follow the newest sample, or hold still."""
        self.toolbar.set_live(live=live)
        if self.middle.charts is not None:
            self.middle.charts.set_paused(not live)

    @Slot()
    def toggle_live(self) -> None:
        """From one to the other."""
        self.set_live(not self.toolbar.live.isChecked())

    @Slot(bool)
    def _charts_live(self, live: bool) -> None:  # noqa: FBT001 - Qt's signature
        self.toolbar.set_live(live=live)

    @Slot(str)
    def choose_theme(self, choice: str) -> None:
        """ "system", "dark" or "light"; remembered."""
        self.settings.set("theme", choice)
        self.appearance.choose(choice)
        self.toolbar.set_theme(self.appearance.theme, choice)

    @Slot(object)
    def _theme_changed(self, theme: Theme) -> None:
        self.toolbar.set_theme(theme, self.appearance.choice)
        for part in (self.left, self.middle, self.right):
            part.set_theme(theme)

    @Slot()
    def open_palette(self) -> None:
        """Every command, by typing."""
        from memgui.ui.palette import Palette
        from memgui.ui.window_commands import commands_of

        Palette(commands_of(self), self.appearance.theme, self).open_over(self)

    # The timer.

    @Slot()
    def _tick(self) -> None:
        self._ticks += 1
        self.middle.refresh()
        self.left.refresh()
        if self._ticks % _WORDS_EVERY == 0:
            self._words()

    @Slot()
    def _look_for_alarms(self) -> None:
        for one in self.feed.targets:
            self.alerts.look(one)
        # Only where a person looks on, and not where a picture is taken of what happens to run here.
        if self.target is not None and self._options.screenshot is None:
            self.suspicions.look(self.target)

    @Slot()
    def _words(self) -> None:
        target = self.target
        self.middle.header.show_target(target, self.launch_desk.end_text(target))
        self.status.show_target(target, self.feed.targets)
        self.status.show_recording(self.recordings.words, self.always.words)
        self.right.refresh()
        for one in self.feed.targets:
            self.journal.take_receipts(one)
            if one.recording is not None:
                continue  # its end is no news
            if one.state == "ended" and one.key not in self._told:
                self._told.add(one.key)
                if not self.launch_desk.end_text(one):
                    how = getattr(one.end, "text", "") or one.state_text
                    said = self.tr("the process {how}").format(how=how) if how else ""
                    self.journal.remark(one, self.tr("{name} ended").format(name=view.plain_name(one)), said)

    # Remembering.

    def _restore(self) -> None:
        self._span = self.settings.choice("span", tuple(SPANS), "10 m")
        self._axis = self.settings.choice("axis", AXES, "time")
        self.toolbar.set_span(self._span)
        self.toolbar.set_axis(self._axis)
        self.toolbar.set_theme(self.appearance.theme, self.appearance.choice)
        self._memory.restore(self, self._columns)

    @Slot()
    def close_now(self) -> None:
        """Close the window."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember, and stop every thread."""
        self._timer.stop()
        self._watch.stop()
        if self._options.screenshot is None:
            self.settings.set("span", self._span)
            self.settings.set("axis", self._axis)
            self._memory.keep(self, self._columns, self.middle)
            self.settings.save()
        self.launch_desk.close()
        self.desktop.close()
        self.feed.close()
        super().closeEvent(event)
