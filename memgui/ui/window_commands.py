"""Every command of the palette: the window's own, the target's actions, and the targets. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from memgui.ui import format as fmt
from memgui.ui import target_view as view
from memgui.ui.actions_panel import group_title, ordered, shrinks
from memgui.ui.always_on import LIMITS_MB
from memgui.ui.attachable import process_name
from memgui.ui.commands import Command
from memgui.ui.i18n import action_title, translate
from memgui.ui.toolbar import SPANS

if TYPE_CHECKING:
    from memgui.ui.window import MainWindow

_HORIZONS_DAYS = (2, 7, 30)


def commands_of(window: MainWindow) -> tuple[Command, ...]:
    """What can be done now, the most useful first."""
    return (
        *_actions(window),
        *_ways_in(window),
        *_targets(window),
        *_findings(window),
        *_native(window),
        *_looks(window),
    )


def _actions(window: MainWindow) -> list[Command]:
    target = window.target
    if target is None:
        return []
    gone = "" if target.state == "connected" else translate("commands", "no agent connected")
    made = [
        Command(
            action_title(action.title),
            group_title(action.group),
            partial(window.right.action_panel.trigger, action.name),
            unavailable=action.unavailable or gone,
        )
        for action in ordered(target.actions)
    ]
    if any(shrinks(action) for action in target.actions):
        title = translate("commands", "Shrink the job…")
        made.append(Command(title, group_title("shrink"), window.open_shrink, unavailable=gone))
    for undo in target.undos:
        title = action_title(undo.title).rstrip("…")
        words = translate("commands", "Undo: {title}, step {step}").format(title=title, step=fmt.count(undo.step))
        take_back = partial(window.runs.take_back, target.key, undo.undo, title)
        made.append(Command(words, group_title("shrink"), take_back, unavailable=gone))
    return made


def _ways_in(window: MainWindow) -> list[Command]:
    group = translate("commands", "Targets")
    recording = window.recordings.is_recording
    return [
        Command(translate("commands", "Attach…"), group, window.open_attach, "Ctrl+Shift+A"),
        Command(translate("commands", "Launch…"), group, window.open_launch, "Ctrl+Shift+L"),
        Command(translate("commands", "Open a recording…"), group, window.recordings.ask, "Ctrl+O"),
        Command(
            translate("commands", "Stop recording") if recording else translate("commands", "Record…"),
            group,
            window.recordings.toggle,
            "Ctrl+R",
        ),
        *_always(window, group),
        *_exports(window, group),
    ]


def _always(window: MainWindow, group: str) -> list[Command]:
    now = window.always.limit_mb
    made = [
        Command(
            translate("commands", "Always record, at most {n} MB").format(n=size),
            group,
            partial(window.always.set_limit, size),
            unavailable=translate("commands", "as now") if size == now else "",
        )
        for size in LIMITS_MB
    ]
    if now:
        made.append(
            Command(translate("commands", "Record by the button only"), group, partial(window.always.set_limit, 0))
        )
    if window.always.folder.is_dir():
        title = translate("commands", "Open what was always recorded…")
        made.append(Command(title, group, partial(window.recordings.ask_in, window.always.folder)))
    return made


def _exports(window: MainWindow, group: str) -> list[Command]:
    empty = "" if window.target is not None else translate("commands", "no target is shown")
    return [
        Command(
            translate("commands", "Save a report of this run…"),
            group,
            window.exports.ask_report,
            "Ctrl+E",
            unavailable=empty,
        ),
        Command(
            translate("commands", "Save the charts as a picture…"),
            group,
            window.exports.ask_picture,
            "Ctrl+Shift+E",
            unavailable=empty,
        ),
    ]


def _targets(window: MainWindow) -> list[Command]:
    group = translate("commands", "Targets")
    made = [
        Command(
            translate("commands", "Show {name}").format(name=f"{view.title(target)} · pid {target.pid}"),
            group,
            partial(window.open_target, target.key),
        )
        for target in window.feed.targets
    ]
    if window.all_targets.is_offered:
        made.insert(0, Command(translate("commands", "Show all targets"), group, window.all_targets.show, "Ctrl+T"))
    shown = window.target
    if shown is not None:
        title = translate("commands", "Stop watching {name}").format(name=view.title(shown))
        made.append(Command(title, group, partial(window.forget, shown.key)))
    watched = {target.pid for target in window.feed.targets}
    for info in window.feed.here:
        if info.pid not in watched:
            made.append(
                Command(
                    translate("commands", "Attach to {name}").format(name=f"{process_name(info)} · pid {info.pid}"),
                    group,
                    partial(window.feed.attach, info.pid),
                    unavailable="" if info.attachable else info.reason or translate("commands", "no access"),
                )
            )
    return made


def _findings(window: MainWindow) -> list[Command]:
    group = translate("commands", "Findings")
    told = (
        translate("commands", "Desktop notifications: switch off")
        if window.alerts.are_on
        else translate("commands", "Desktop notifications: switch on")
    )
    armed = window.suspicions.are_on
    watch = (
        translate("commands", "Survivor watch when growth is suspected: switch off")
        if armed
        else translate("commands", "Survivor watch when growth is suspected: switch on")
    )
    made = [
        Command(told, group, window.alerts.switch),
        Command(watch, group, partial(window.suspicions.switch, on=not armed)),
    ]
    for days in _HORIZONS_DAYS:
        title = translate("commands", "Alarm where memory is full within {n} days").format(n=days)
        now = translate("commands", "as now") if days == window.horizon_days else ""
        made.append(Command(title, group, partial(window.set_horizon, float(days)), unavailable=now))
    return made


def _native(window: MainWindow) -> list[Command]:
    from memgui.ui.pages.native import NativePage  # no part of the first paint

    dock = window.middle.dock
    if not dock.is_offered(NativePage.tab):
        return []
    page = dock.page(NativePage)
    busy = translate("commands", "a tool runs, or a report is read") if page.job.is_busy else ""

    def then(ask: Callable[[], None]) -> None:
        window.middle.show_pages()
        dock.bring_up(NativePage.tab)
        ask()

    group = translate("commands", "Native leaks")
    return [
        Command(
            translate("commands", "Open a native report…"), group, partial(then, page.ask_report), unavailable=busy
        ),
        Command(translate("commands", "Find native leaks…"), group, partial(then, page.ask_run), unavailable=busy),
    ]


def _looks(window: MainWindow) -> list[Command]:
    time = translate("commands", "Time")
    spans = {
        "1 m": translate("commands", "Show the last minute"),
        "10 m": translate("commands", "Show the last 10 minutes"),
        "1 h": translate("commands", "Show the last hour"),
        "All": translate("commands", "Show all there is"),
    }
    made = [
        Command(spans[word], time, partial(window.set_span, word), f"Alt+{number}")
        for number, word in enumerate(SPANS, 1)
    ]
    live = window.toolbar.live.isChecked()
    title = translate("commands", "Hold the charts still") if live else translate("commands", "Return to live")
    made.append(Command(title, time, window.toggle_live, "Ctrl+P"))
    made.append(Command(translate("commands", "Axis: time"), time, partial(window.set_axis, "time")))
    made.append(Command(translate("commands", "Axis: step"), time, partial(window.set_axis, "step")))
    made.append(
        Command(
            translate("commands", "More or less room below the charts"), time, window.middle.dock.room.toggle, "Ctrl+D"
        )
    )
    theme = translate("commands", "Theme")
    for choice, words in (
        ("system", translate("commands", "Theme: as the system")),
        ("dark", translate("commands", "Theme: dark")),
        ("light", translate("commands", "Theme: light")),
    ):
        made.append(Command(words, theme, partial(window.choose_theme, choice)))
    made.append(Command(translate("commands", "Quit"), "memgui", window.close_now, "Ctrl+Q"))
    return made
