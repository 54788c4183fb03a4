"""One pool, cache, buffer or loader: what it holds, how well it does, and its settings. GUI thread."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from memgui.protocol.pools import PoolInfo
from memgui.ui import format as fmt
from memgui.ui.i18n import translate
from memgui.ui.labels import ElidedLabel, restyle
from memgui.ui.pages.occupancy import WIDTH_PX, Occupancy
from memgui.ui.pages.setting_slider import SettingSlider
from memgui.ui.theme import Theme

_NAME_PX, _NUMBERS_PX = 130, 136


class PoolRow(QFrame):
    """Columns of fixed width, so that the rows can be read downwards; the settings take what is left.

    Attributes:
        wanted: the pool's name, a setting's name, its value.
        trim_wanted: the pool's name.
    """

    wanted = Signal(str, str, float)
    trim_wanted = Signal(str)

    def __init__(self, info: PoolInfo, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("poolRow")
        self._name = info.name
        self.sliders: dict[str, SettingSlider] = {}
        self.occupancy = Occupancy(theme)
        self._title = ElidedLabel(info.name, "strong", mode=Qt.TextElideMode.ElideMiddle)
        self._kind = ElidedLabel("", "small")
        self._holds = ElidedLabel("", "small")
        self._hits = ElidedLabel("")
        self._stalls = ElidedLabel("", "small")
        self._said = ElidedLabel("", "small")
        self.trim = QPushButton(translate("pools", "Trim"))
        self.trim.setProperty("role", "link")
        self.trim.setProperty("scale", "small")
        self.trim.setAccessibleName(translate("pools", "Trim {pool}").format(pool=info.name))
        self.trim.clicked.connect(self._trim_clicked)
        columns = (
            _column(_NAME_PX, self._title, self._kind),
            _column(WIDTH_PX, self.occupancy, self._holds),
            _column(_NUMBERS_PX, self._hits, self._stalls, self.trim),
        )
        self._body = QWidget()
        self._settings = QVBoxLayout(self._body)
        self._settings.setContentsMargins(0, 0, 0, 0)
        self._settings.setSpacing(2)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(12, 6, 12, 6)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(3, 1)
        for place, part in enumerate(columns):
            self._grid.addWidget(part, 0, place, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self._body, 0, 3, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self._said, 2, 0, 1, 4)
        self._is_narrow = False
        self.show_info(info)

    def show_info(self, info: PoolInfo) -> None:
        """Take in its numbers."""
        notes = " · ".join(info.notes)
        self._kind.setText(info.kind)
        self._holds.setText(_holds_text(info))
        self._hits.setText(_hits_text(info))
        self._stalls.setText(_stalls_text(info))
        self._stalls.setVisible(bool(self._stalls.text()))
        self.trim.setVisible(info.can_trim)
        if not self._said.property("outcome"):
            self._say(notes, "")
        self._title.setToolTip("\n".join((info.name, *info.notes, *_counter_lines(info))))
        if list(info.settings) != list(self.sliders):
            self._rebuild(info)
        for name, setting in info.settings.items():
            self.sliders[name].show_setting(setting)

    def say(self, text: str, tone: str) -> None:
        """Tell what became of a change; it stays until the next one."""
        self._said.setProperty("outcome", True)
        self._say(text, tone)

    def set_narrow(self, *, narrow: bool) -> None:
        """In a narrow window the settings stand below the numbers."""
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._grid.removeWidget(self._body)
            place = (1, 0, 1, 4) if narrow else (0, 3, 1, 1)
            self._grid.addWidget(self._body, *place)

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        self.occupancy.set_theme(theme)

    def _say(self, text: str, tone: str) -> None:
        self._said.setText(text)
        self._said.setVisible(bool(text))
        restyle(self._said, tone=tone)

    def _rebuild(self, info: PoolInfo) -> None:
        for slider in self.sliders.values():
            self._settings.removeWidget(slider)
            slider.hide()
            slider.deleteLater()
        self.sliders = {}
        for name, setting in info.settings.items():
            slider = SettingSlider(info.name, name, setting)
            slider.chosen.connect(self._chosen)
            self.sliders[name] = slider
            self._settings.addWidget(slider)

    @Slot(str, float)
    def _chosen(self, setting: str, value: float) -> None:
        self.wanted.emit(self._name, setting, value)

    @Slot()
    def _trim_clicked(self) -> None:
        self.trim_wanted.emit(self._name)


def _column(width: int, *parts: QWidget) -> QWidget:
    made = QWidget()
    made.setFixedWidth(width)
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    for part in parts:
        alignment = Qt.AlignmentFlag.AlignLeft if isinstance(part, QPushButton) else Qt.AlignmentFlag(0)
        column.addWidget(part, 0, alignment)
    column.addStretch(1)
    return made


def _holds_text(info: PoolInfo) -> str:
    if info.used_bytes is None:
        return _counted_text(info)
    if info.kind == "data loader":
        return translate("pools", "≈ {size} in flight").format(size=fmt.size(info.used_bytes))
    text = fmt.size(info.used_bytes)
    if info.held_bytes is not None and info.held_bytes != info.used_bytes:
        text = translate("pools", "{used}, held {held}").format(used=text, held=fmt.size(info.held_bytes))
    if info.limit_bytes is not None:
        text = translate("pools", "{size} of {limit}").format(size=text, limit=fmt.size(info.limit_bytes))
    return text


def _counted_text(info: PoolInfo) -> str:
    """What stands in the place of bytes for what has none."""
    size, workers = info.counters.get("size_count"), info.counters.get("workers_count")
    if size is not None:
        return translate("pools", "pieces of {n}").format(n=fmt.count(size))
    if workers is not None:
        return translate("pools", "{n} workers").format(n=fmt.count(workers))
    return ""


def _hits_text(info: PoolInfo) -> str:
    asked = (info.hits or 0) + (info.misses or 0)
    if info.hits is None or not asked:
        batches = info.counters.get("batches_count")
        return translate("pools", "{n} batches").format(n=fmt.count(batches)) if batches else ""
    share = 100 * info.hits / asked
    return translate("pools", "{share} % hits").format(share=f"{share:.0f}" if share in (0, 100) else f"{share:.1f}")


def _stalls_text(info: PoolInfo) -> str:
    if info.stalls is not None:
        return translate("pools", "{n} stalls, {time}").format(
            n=fmt.count(info.stalls), time=fmt.duration(info.stall_s)
        )
    return translate("pools", "{n} missed").format(n=fmt.count(info.misses)) if info.misses is not None else ""


def _counter_lines(info: PoolInfo) -> list[str]:
    lines = []
    for name, value in info.counters.items():
        words = name.rsplit("_", 1)[0].replace("_", " ")
        lines.append(f"{words}: {fmt.size(value) if name.endswith('_bytes') else fmt.count(value)}")
    return lines
