"""The target's script, with what is found in it beside its lines. GUI thread; files are read on a worker."""

from __future__ import annotations

import html
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from memgui.analysis.lint.report import Hit
from memgui.protocol.errors import Problem
from memgui.ui import format as fmt
from memgui.ui.editor import open_in_editor
from memgui.ui.i18n import translate
from memgui.ui.labels import label, restyle
from memgui.ui.named_lines import NamedLine
from memgui.ui.pages.page import Desk, Page
from memgui.ui.pages.tabs import SOURCE
from memgui.ui.source import script as scripts
from memgui.ui.source.code_view import CodeView, Mark
from memgui.ui.source.reader import ScriptReader
from memgui.ui.source.script import Place, Script, place_of
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_LOOK_EVERY_S = 3.0
_PLACE = Qt.ItemDataRole.UserRole
_LIST_PX = 150


class SourcePage(Page):
    """Code at the left, findings at the right; a finding shows its line, a double click opens the user's editor."""

    tab = SOURCE

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self._reader = ScriptReader(self)
        self._reader.done.connect(self._arrived)
        self._script: Script | None = None
        self._other: str | None = None
        self._line = 0
        self._looked_s = 0.0
        self._live: tuple[NamedLine, ...] = ()
        self.code = CodeView(theme)
        self.code.setAccessibleName(self.title())
        self.code.line_activated.connect(self._edit)
        self.list = QListWidget()
        self.list.setAccessibleName(translate("source", "Findings in this file"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemClicked.connect(self._chosen)
        self.list.itemActivated.connect(self._chosen)
        self.list.itemDoubleClicked.connect(self._edit_chosen)
        self._path = label(role="small")
        self.note = label(role="small")
        self.back = _link(translate("source", "Back to the script"))
        self.back.clicked.connect(self._show_own)
        self.edit = _link(translate("source", "Open in editor"))
        self.edit.setToolTip(
            translate("source", "Opens $VISUAL, else $EDITOR, at the marked line; a double click does too")
        )
        self.edit.clicked.connect(self._edit_current)
        self.message = label(role="muted", wrap=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.code)
        self._split.addWidget(self.list)
        self.list.setMinimumWidth(_LIST_PX)
        self._split.setStretchFactor(0, 2)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([2 * _LIST_PX, _LIST_PX])
        self._stack = QStackedWidget()
        self._stack.addWidget(self.message)
        self._stack.addWidget(self._split)
        self._arrange()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 2, 12, 1)
        head.setSpacing(10)
        head.addWidget(self._path)
        head.addWidget(self.note, 1)
        head.addWidget(self.back)
        head.addWidget(self.edit)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        self._show_message(translate("source", "Reading the script …"))

    def show_target(self, target: LiveTarget | None) -> None:
        """Show another target's script."""
        super().show_target(target)
        self._other, self._line, self._script, self._live = None, 0, None, ()
        self._looked_s = 0.0
        self._reader.forget()
        self._show_message(translate("source", "Reading the script …"))

    def show_line(self, path: str, line: int) -> None:
        """Show a line of a file of the target, and mark it; the file may be another than the script."""
        own = None if self.target is None else place_of(self.target)
        if self.target is None or own is None:
            return
        place = place_of(self.target, path)
        self._other = None if place is None or place.path == own.path else path
        self._line = line
        shown = self._script is not None and place is not None and self._script.place.path == place.path
        if shown and self._stack.currentWidget() is self._split:
            self.code.show_line(line)
        else:
            self._script, self._looked_s = None, 0.0
            self.refresh()
        self.wanted.emit()

    def refresh(self) -> None:
        """Look whether the file has changed, and which of its lines live findings name."""
        place = self._place()
        if place is None:
            return
        other = self._script is not None and self._script.place.path != place.path
        if other or time.monotonic() - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = time.monotonic()
            known = None if other or self._script is None else self._script.stamp
            self._reader.read(place, known)
        self._mark()

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        self.code.set_theme(theme)
        self._fill_list()

    def _place(self) -> Place | None:
        return None if self.target is None else place_of(self.target, self._other)

    @Slot(object)
    def _arrived(self, script: Script) -> None:
        place = self._place()
        if place is None or place.path != script.place.path or script.state == scripts.SAME:
            return
        is_first = self._script is None
        self._script = script
        self._path.setText(os.path.basename(script.place.path))
        self._path.setToolTip(script.place.path)
        self.back.setVisible(self._other is not None)
        if script.state != scripts.READ or script.spans is None:
            self._show_message(_reason(script))
            return
        self._stack.setCurrentWidget(self._split)
        self.edit.show()
        self._tell_note(script)
        self.code.set_marks({})
        self.code.show_code(script.text, script.spans)
        self._mark(anew=True)
        if self._line:
            self.code.show_line(self._line)
        elif is_first:
            self.code.look_at(self._first_line())

    def _first_line(self) -> int:
        """Where there is something to see: the first line that was named, else the first finding's."""
        script = self._script
        named = [line.line for line in self._live if script is not None and line.file == script.place.path]
        return next(iter([*named, *(hit.line for hit in script.hits)] if script is not None else []), 1)

    def _show_message(self, text: str) -> None:
        self.message.setText(text)
        self.edit.hide()
        self.note.clear()
        self.back.setVisible(self._other is not None)
        self._stack.setCurrentWidget(self.message)

    def _tell_note(self, script: Script) -> None:
        restyle(self.note, tone="")
        if script.changed_after_start_s is not None:
            restyle(self.note, tone="warn")
            words = translate("source", "Changed at {time}, after the run had started: lines may have moved.")
            self.note.setText(words.format(time=fmt.clock(script.changed_after_start_s)))
        elif script.unreadable is not None:
            restyle(self.note, tone="warn")
            words = translate("source", "Line {line}: {reason}; the file was not checked.")
            self.note.setText(words.format(line=script.unreadable.line, reason=script.unreadable.reason))
        else:
            lines = script.text.count("\n") + 1
            self.note.setText(
                translate("source", "{count} findings in {lines} lines").format(count=len(script.hits), lines=lines)
            )

    def _mark(self, *, anew: bool = False) -> None:
        """Marks of the rules, and over them those of what grows right now."""
        script = self._script
        if script is None or script.state != scripts.READ:
            return
        live = self._named()
        if live == self._live and not anew:
            return
        self._live = live
        marks: dict[int, Mark] = {}
        for hit in script.hits:
            known = marks.get(hit.line)
            marks[hit.line] = Mark(f"{known.text}<br><br>{_hover(hit)}" if known else _hover(hit), "warn")
        for named in live:
            if named.file == script.place.path:
                below = f"<br><br>{marks[named.line].text}" if named.line in marks else ""
                marks[named.line] = Mark(_words(named) + below, "bad")
        self.code.set_marks(marks)
        self._fill_list()

    def _named(self) -> tuple[NamedLine, ...]:
        """Lines that were named by looks at the live process, with the paths that this machine knows."""
        target = self.target
        found: dict[NamedLine, None] = {}
        for named in self.desk.lines.of(target.key) if target is not None else ():
            place = place_of(target, named.file) if target is not None else None
            if place is not None:
                found[replace(named, file=place.path)] = None
        return tuple(found)

    def _fill_list(self) -> None:
        self.list.clear()
        own = self._script.place.path if self._script is not None else ""
        for named in self._live:
            where = f"{named.line}" if named.file == own else f"{os.path.basename(named.file)}:{named.line}"
            self._add(named.file, named.line, f"{where}  ▪ {named.title}", self.theme.bad, _words(named))
        for hit in self._script.hits if self._script is not None else ():
            self._add(own, hit.line, f"{hit.line}  {hit.rule}  {hit.message}", self.theme.text, _hover(hit))
        if self.list.count() == 0:
            nothing = QListWidgetItem(translate("source", "No pattern that keeps memory was found."))
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            nothing.setForeground(QColor(self.theme.muted))
            self.list.addItem(nothing)

    def _add(self, file: str, line: int, text: str, colour: str, hover: str) -> None:
        item = QListWidgetItem(text)
        item.setData(_PLACE, (file, line))
        item.setToolTip(hover)
        item.setForeground(QColor(colour))
        item.setSizeHint(QSize(0, 25))
        self.list.addItem(item)

    @Slot(QListWidgetItem)
    def _chosen(self, item: QListWidgetItem) -> None:
        place = item.data(_PLACE)
        if place is not None:
            self.show_line(*place)

    @Slot(QListWidgetItem)
    def _edit_chosen(self, item: QListWidgetItem) -> None:
        place = item.data(_PLACE)
        if place is not None and self._script is not None and place[0] == self._script.place.path:
            self._edit(place[1])

    @Slot()
    def _edit_current(self) -> None:
        self._edit(self.code.named_line or self.code.textCursor().blockNumber() + 1)

    @Slot(int)
    def _edit(self, line: int) -> None:
        if self._script is None or self._script.file is None:
            return
        try:
            open_in_editor(self._script.file, line)
        except Problem as problem:
            restyle(self.note, tone="bad")
            self.note.setText(f"{problem.what}; {problem.next_step}")

    @Slot()
    def _show_own(self) -> None:
        self._other, self._line, self._script = None, 0, None
        self._looked_s = 0.0
        self.code.show_line(0)
        self.refresh()


def _link(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("role", "link")
    return button


def _hover(hit: Hit) -> str:
    """Hover text of a finding: rule, what, and what to do."""
    from memgui.analysis.lint.rules import RULES

    rule = RULES[hit.rule]
    parts = (f"<b>{hit.rule}</b> {html.escape(rule.title)}", html.escape(hit.message), f"→ {html.escape(hit.fix)}")
    return "<br>".join(parts)


def _reason(script: Script) -> str:
    """Why a file is not shown, and what can be done."""
    words = {
        scripts.REMOTE: translate("source", "{path} is on {detail}; files of other hosts are not read from here."),
        scripts.GONE: translate("source", "{path} is not there: deleted or moved since the run started."),
        scripts.DENIED: translate("source", "{path} cannot be read: {detail}. Run memgui as the user of the training."),
        scripts.TOO_LONG: translate("source", "{path} is longer than 4 MB and is not shown."),
        scripts.NO_TEXT: translate("source", "{path} is not a text in UTF-8."),
    }
    return words[script.state].format(path=script.place.path, detail=script.detail)


def _words(named: NamedLine) -> str:
    return f"<b>{html.escape(named.title)}</b><br>{html.escape(named.text)}"
