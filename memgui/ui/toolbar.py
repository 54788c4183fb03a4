"""The row at the top: ways in, the stretch of time, live or paused, and the palette's field. GUI thread."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QColor, QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from memgui.ui.always_on import LIMITS_MB, AlwaysOn
from memgui.ui.labels import label, restyle
from memgui.ui.theme import Theme

# Stretch in seconds (None: all there is), by the word that is remembered.
SPANS: dict[str, float | None] = {"1 m": 60.0, "10 m": 600.0, "1 h": 3600.0, "All": None}
AXES = ("time", "step")
_NARROW_PX = 1180


class Toolbar(QFrame):
    """Emits what is wanted and shows what is.

    Attributes:
        span_changed: a word of `SPANS`; axis_changed: "time" or "step"; live_changed: False while paused;
        theme_wanted: "system", "dark" or "light".
    """

    attach_wanted = Signal()
    launch_wanted = Signal()
    open_wanted = Signal()
    record_wanted = Signal()
    palette_wanted = Signal()
    span_changed = Signal(str)
    axis_changed = Signal(str)
    live_changed = Signal(bool)
    theme_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("toolbar")
        self.setFixedHeight(46)
        self.attach = QPushButton(self.tr("Attach…"))
        self.attach.setProperty("role", "primary")
        self.attach.setToolTip(self.tr("Put the agent into a PyTorch process that already runs (Ctrl+Shift+A)"))
        self.attach.clicked.connect(self.attach_wanted)
        self.launch = QPushButton(self.tr("Launch…"))
        self.launch.setToolTip(self.tr("Start a training script with the agent inside (Ctrl+Shift+L)"))
        self.launch.clicked.connect(self.launch_wanted)
        self.open = QPushButton(self.tr("Open…"))
        self.open.setToolTip(self.tr("Open a recording (Ctrl+O)"))
        self.open.clicked.connect(self.open_wanted)
        self.record = QPushButton()
        self.record.setObjectName("recordButton")
        self.record.setToolTip(
            self.tr("Write what is watched into a file, or end the recording (Ctrl+R); right click: always")
        )
        self.record.clicked.connect(self.record_wanted)
        self._axis_label = label(self.tr("Axis"), "muted")
        self._axes = self._make_group({"time": self.tr("Time"), "step": self.tr("Step")})
        self._axes.idClicked.connect(self._axis_clicked)
        self._span_label = label(self.tr("Window"), "muted")
        titles = {"1 m": self.tr("1 m"), "10 m": self.tr("10 m"), "1 h": self.tr("1 h"), "All": self.tr("All")}
        self._spans = self._make_group(titles)
        self._spans.idClicked.connect(self._span_clicked)
        self.live = QPushButton(self.tr("Live"))
        self.live.setCheckable(True)
        self.live.setChecked(True)
        self.live.setToolTip(self.tr("Follow the newest sample, or hold the picture still (Ctrl+P)"))
        self.live.toggled.connect(self._live_toggled)
        self.search = QPushButton()
        self.search.setObjectName("searchField")
        self.search.setAccessibleName(self.tr("Search or run a command"))
        self.search.setToolTip(self.tr("Every command, target and action (Ctrl+K)"))
        self.search.clicked.connect(self.palette_wanted)
        self.theme_button = self._make_theme_button()
        self._lay_out()
        self.set_recording(active=False)
        self.set_theme(theme, "system")
        self._fit_words()

    def _make_group(self, titles: dict[str, str]) -> QButtonGroup:
        group = QButtonGroup(self)
        for number, (word, title) in enumerate(titles.items()):
            button = QPushButton(title)
            button.setCheckable(True)
            button.setProperty("word", word)
            group.addButton(button, number)
        group.button(0).setChecked(True)
        return group

    def _make_theme_button(self) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setAccessibleName(self.tr("Theme"))
        button.setToolTip(self.tr("Theme"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        self._themes = QActionGroup(menu)
        for word, title in (
            ("system", self.tr("As the system")),
            ("dark", self.tr("Dark")),
            ("light", self.tr("Light")),
        ):
            action = QAction(title, menu)
            action.setCheckable(True)
            action.setData(word)
            self._themes.addAction(action)
            menu.addAction(action)
        self._themes.triggered.connect(self._theme_triggered)
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        brand = label("memgui")
        brand.setObjectName("brand")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 12, 0)
        row.setSpacing(6)
        row.addWidget(brand)
        row.addSpacing(10)
        row.addWidget(self.attach)
        row.addWidget(self.launch)
        row.addWidget(self.open)
        row.addWidget(self.record)
        row.addStretch(1)
        row.addWidget(self._axis_label)
        for button in self._axes.buttons():
            row.addWidget(button)
        row.addSpacing(10)
        row.addWidget(self._span_label)
        for button in self._spans.buttons():
            row.addWidget(button)
        row.addSpacing(4)
        row.addWidget(self.live)
        row.addSpacing(4)
        row.addWidget(self.search)
        row.addWidget(self.theme_button)

    # What is.

    def set_theme(self, theme: Theme, choice: str) -> None:
        """Draw the icons in the theme's colours and tick the choice."""
        self._theme = theme
        self.set_recording(active=self.record.property("active") == "true")
        self.theme_button.setIcon(_half_moon(QColor(theme.muted)))
        self.theme_button.setIconSize(QSize(16, 16))
        for action in self._themes.actions():
            action.setChecked(action.data() == choice)

    def set_span(self, word: str) -> None:
        """Show a stretch as chosen, without telling."""
        _check(self._spans, word)

    def set_axis(self, word: str) -> None:
        """Show an axis as chosen, without telling."""
        _check(self._axes, word)

    def set_live(self, *, live: bool) -> None:
        """Show whether the charts follow, without telling."""
        self.live.blockSignals(True)
        self.live.setChecked(live)
        self.live.blockSignals(False)
        self._fit_words()

    def set_recording(self, *, active: bool) -> None:
        """Show whether something is being recorded."""
        self.record.setText(self.tr("Stop recording") if active else self.tr("Record"))
        self.record.setIcon(_record_icon(QColor(self._theme.bad), square=active))
        restyle(self.record, active="true" if active else "false")

    def offer_always(self, always: AlwaysOn) -> None:
        """Put the setting of what is always recorded behind the button's right click."""
        self._always_choices = QActionGroup(self)
        choices = [(0, self.tr("Record by this button only"))]
        choices += [(size, self.tr("Always record, at most {n} MB").format(n=size)) for size in LIMITS_MB]
        for size, title in choices:
            action = QAction(title, self.record)
            action.setCheckable(True)
            action.setData(size)
            action.triggered.connect(partial(always.set_limit, size))
            self._always_choices.addAction(action)
            self.record.addAction(action)
        self.record.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._always = always
        always.changed.connect(self._always_changed)
        self._always_changed()

    @Slot()
    def _always_changed(self) -> None:
        for action in self._always_choices.actions():
            action.setChecked(action.data() == self._always.limit_mb)

    # What is wanted.

    @Slot(int)
    def _span_clicked(self, number: int) -> None:
        self.span_changed.emit(self._spans.button(number).property("word"))

    @Slot(int)
    def _axis_clicked(self, number: int) -> None:
        self.axis_changed.emit(self._axes.button(number).property("word"))

    @Slot(bool)
    def _live_toggled(self, live: bool) -> None:  # noqa: FBT001 - Qt's signature
        self._fit_words()
        self.live_changed.emit(live)

    @Slot(QAction)
    def _theme_triggered(self, action: QAction) -> None:
        self.theme_wanted.emit(action.data())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words give way where the window is narrow."""
        super().resizeEvent(event)
        self._fit_words()

    def _fit_words(self) -> None:
        narrow = self.width() < _NARROW_PX
        self._axis_label.setVisible(not narrow)
        self._span_label.setVisible(not narrow)
        self.live.setText(("▮▮ " + self.tr("Live")) if self.live.isChecked() else ("▶ " + self.tr("Paused")))
        self.search.setText("Ctrl K" if narrow else self.tr("Search or run a command…") + "   Ctrl K")


def _check(group: QButtonGroup, word: str) -> None:
    for button in group.buttons():
        if button.property("word") == word:
            button.setChecked(True)


def _record_icon(colour: QColor, *, square: bool) -> QIcon:
    """A disc to begin, a square to end."""
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if square:
        painter.drawRoundedRect(8, 8, 16, 16, 3, 3)
    else:
        painter.drawEllipse(8, 8, 16, 16)
    painter.end()
    return QIcon(pixmap)


def _half_moon(colour: QColor) -> QIcon:
    pixmap = QPixmap(32, 32)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = painter.pen()
    pen.setColor(colour)
    pen.setWidthF(2.5)
    painter.setPen(pen)
    painter.drawEllipse(5, 5, 22, 22)
    painter.setBrush(colour)
    painter.drawPie(5, 5, 22, 22, -90 * 16, 180 * 16)
    painter.end()
    return QIcon(pixmap)
