"""What the target's memory is made of, exactly, and what of it the training would not need. GUI thread."""

from __future__ import annotations

from collections.abc import Mapping
from enum import auto
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QTableView, QVBoxLayout, QWidget

from memgui.analysis.composition import Bands, bands
from memgui.protocol.inspection import Composition, CompositionParams, InspectParams, Surplus
from memgui.ui import format as fmt
from memgui.ui.charts.bands import explain_band
from memgui.ui.i18n import translate
from memgui.ui.pages.look import LookPage
from memgui.ui.pages.page import Desk
from memgui.ui.pages.table_page import Columns, dress
from memgui.ui.pages.tabs import COMPOSITION
from memgui.ui.table_model import Cell, ColumnText, TableModel
from memgui.ui.theme import Theme

if TYPE_CHECKING:
    from memgui.link.target import LiveTarget

_WIDTHS = (72, 186, 92, 72)


class BandColumn(Columns):
    """Columns of the table."""

    PLACE = auto()
    BAND = auto()
    BYTES = auto()
    SHARE = auto()
    TEXT = auto()


class CompositionPage(LookPage):
    """One row a band; surplus stands first.

    Attributes:
        model: the rows; view: the table.
    """

    tab = COMPOSITION

    method = "inspect.composition"
    answer_type = Composition

    def __init__(self, desk: Desk, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(desk, theme, parent)
        self.model = TableModel(BandColumn, band_columns(), theme, self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.title())
        dress(self.view)
        for column, width in enumerate(_WIDTHS):
            self.view.horizontalHeader().resizeSection(column, width)
        body = QFrame()
        column_of_one = QVBoxLayout(body)
        column_of_one.setContentsMargins(0, 0, 0, 0)
        column_of_one.addWidget(self.view)
        self.set_body(body)

    def invitation(self) -> str:
        """What is said before the first look."""
        return translate(
            "composition",
            "What memory is made of, to the byte, activations and other tensors included; and what the training would "
            "not need by its parameters, their types and its optimizer.",
        )

    def params(self) -> InspectParams:
        """Nothing but what every look takes."""
        return CompositionParams()

    def show_answer(self, answer: Composition) -> None:
        """Fill the table."""
        outside = _outside(self.target)
        found = bands(answer, outside)
        rows = [*map(surplus_row, answer.surplus), *(row for place in found for row in band_rows(place))]
        self.model.set_rows([*rows, *worker_rows(outside)])

    def set_theme(self, theme: Theme) -> None:
        """Wear other colours."""
        super().set_theme(theme)
        self.model.set_theme(theme)


def band_columns() -> dict[BandColumn, ColumnText]:
    """Headings."""
    return {
        BandColumn.PLACE: ColumnText(translate("composition", "Place")),
        BandColumn.BAND: ColumnText(translate("composition", "Band")),
        BandColumn.BYTES: ColumnText(translate("composition", "Bytes"), is_number=True),
        BandColumn.SHARE: ColumnText(translate("composition", "Share"), is_number=True),
        BandColumn.TEXT: ColumnText(translate("composition", "What it is")),
    }


def surplus_row(part: Surplus) -> Mapping[BandColumn, Cell]:
    """What lies beyond the expected."""
    kinds = {
        "model": translate("composition", "Surplus: a model"),
        "copy": translate("composition", "Surplus: a copy"),
        "optimizer": translate("composition", "Surplus: state"),
    }
    return {
        BandColumn.PLACE: Cell(""),
        BandColumn.BAND: Cell(kinds.get(part.kind, part.kind), tone="warn"),
        BandColumn.BYTES: Cell(fmt.size(part.size_bytes), _exact(part.size_bytes), "warn"),
        BandColumn.SHARE: Cell(""),
        BandColumn.TEXT: Cell(part.text, part.text, "warn"),
    }


def band_rows(place: Bands) -> list[Mapping[BandColumn, Cell]]:
    """The bands of one memory from the bottom to the top, then what they add up to."""
    rows = [_row(place, name, size) for name, size in place.parts.items()]
    rows.append(_row(place, "unexplained", place.unexplained_bytes))
    if place.not_resident_bytes:
        rows.append(_row(place, "not_resident", place.not_resident_bytes))
    rows.append(_row(place, "total", place.total_bytes))
    return rows


def worker_rows(outside: Mapping[str, float]) -> list[Mapping[BandColumn, Cell]]:
    """What worker processes hold beside it; nothing where there are none."""
    size = round(outside.get("children.anon_bytes", 0.0))
    text = explain_band("workers")
    row = {
        BandColumn.PLACE: Cell(translate("composition", "workers"), tone="muted"),
        BandColumn.BAND: Cell(translate("composition", "Workers, beside the total")),
        BandColumn.BYTES: Cell(fmt.size(size), _exact(size), order=float(size)),
        BandColumn.SHARE: Cell(""),
        BandColumn.TEXT: Cell(text, text, "muted"),
    }
    return [row] if size else []


def band_title(name: str) -> str:
    """A band in the user's language."""
    known = {
        "parameters": translate("composition", "Parameters"),
        "gradients": translate("composition", "Gradients"),
        "optimizer": translate("composition", "Optimizer state"),
        "buffers": translate("composition", "Buffers"),
        "activations": translate("composition", "Activations, saved"),
        "other_tensors": translate("composition", "Other tensors"),
        "python_heap": translate("composition", "Python heap"),
        "libraries": translate("composition", "Libraries' own pages"),
        "native_heap": translate("composition", "Heap in use, no tensors"),
        "heap_kept": translate("composition", "Heap kept"),
        "pinned_pool": translate("composition", "Pinned pool"),
        "shared_memory": translate("composition", "Shared memory"),
        "file_pages": translate("composition", "File pages"),
        "private_pools": translate("composition", "Private pools"),
        "reserved_free": translate("composition", "Reserved, not allocated"),
        "context": translate("composition", "Context and communicators"),
        "unexplained": translate("composition", "Not explained"),
        "not_resident": translate("composition", "Tensors not resident"),
        "total": translate("composition", "Total"),
    }
    return known.get(name, name)


def _row(place: Bands, name: str, size: int) -> Mapping[BandColumn, Cell]:
    share = size / place.total_bytes if place.total_bytes else None
    text = _texts().get(name) or explain_band(name)
    return {
        BandColumn.PLACE: Cell(place.place.replace(".", ":"), tone="muted"),
        BandColumn.BAND: Cell(band_title(name)),
        BandColumn.BYTES: Cell(fmt.size(size), _exact(size), order=float(size)),
        BandColumn.SHARE: Cell(fmt.ratio(share), tone="muted", order=share),
        BandColumn.TEXT: Cell(text, text, "muted"),
    }


def _texts() -> dict[str, str]:
    """What the charts have no band for, or another one."""
    return {
        "activations": translate("composition", "What autograd has saved, and results that still have their graph."),
        "other_tensors": translate("composition", "Tensors of no other role: batches, histories, caches."),
        "native_heap": translate("composition", "What the C heap has handed out beyond tensors: arrays, native code."),
        "libraries": translate("composition", "Pages that libraries have relocated or written of their own."),
        "not_resident": translate("composition", "Allocated, but not in memory: never written to, or swapped out."),
        "total": translate("composition", "What the system reports for the process."),
    }


def _exact(size: int) -> str:
    return translate("composition", "{n} bytes").format(n=fmt.number(size))


def _outside(target: LiveTarget | None) -> dict[str, float]:
    if target is None:
        return {}
    read = {name: target.timeline.latest(name) for name in target.timeline.names}
    return {name: value for name, value in read.items() if value is not None}
