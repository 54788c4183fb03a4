"""Which stretch of the axis is seen: live, frozen or zoomed. Plain Python, any thread.

Coordinates are Unix seconds on the time axis and step numbers on the step axis.
"""

from __future__ import annotations

from dataclasses import dataclass

# While a run is younger than the chosen span, the charts show the smallest of these that holds it, and not a span that
# is empty for the most part; the axis then stands still while the curve grows.
_YOUNG_WIDTHS_S = (30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 300.0, 450.0, 600.0, 1200.0, 1800.0, 2700.0, 3600.0)
_YOUNG_WIDTHS_STEPS = tuple(base * 10.0**power for power in range(1, 8) for base in (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
_LEAST_WIDTH = {"time": 0.5, "step": 2.0}


@dataclass(frozen=True)
class Extent:
    """What the data span on the present axis, and how much of the past the chosen span covers on it.

    Attributes:
        window: width of the chosen span in axis units; None for everything.
    """

    first: float
    last: float
    window: float | None


@dataclass(frozen=True)
class Stretch:
    """A visible stretch of the axis."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Its length."""
        return self.high - self.low


class Viewport:
    """The one owner of what is visible.

    Attributes:
        version: rises with every change that a person made; live motion does not count.
    """

    def __init__(self) -> None:
        self.axis = "time"
        self.span_s: float | None = 600.0
        self.version = 0
        self._fixed: Stretch | None = None
        self._paused = False
        self._extent = Extent(0.0, 30.0, 600.0)
        self._future_ratio = 0.0
        self._columns = 600

    @property
    def live(self) -> bool:
        """True while the view follows the newest sample."""
        return self._fixed is None

    @property
    def paused(self) -> bool:
        """True where a person froze the view by the pause button."""
        return self._paused

    def stretch(self) -> Stretch:
        """What is visible now."""
        return self._fixed if self._fixed is not None else self._live()

    def follow(self, extent: Extent, columns: int, future_ratio: float) -> None:
        """Take in how far the data reach.

        Args:
            extent: of the data.
            columns: pixel columns of the charts; the live view moves by whole columns.
            future_ratio: share of the width to keep free for what is forecast.
        """
        self._extent = extent
        self._columns = max(1, columns)
        self._future_ratio = future_ratio

    def set_span(self, span_s: float | None, window: float | None) -> None:
        """Another width: a frozen view keeps its right end, a live or zoomed one goes live."""
        self.span_s = span_s
        self._extent = Extent(self._extent.first, self._extent.last, window)
        if self._paused and self._fixed is not None:
            high = self._fixed.high
            low = self._extent.first if window is None else high - window
            self._fixed = Stretch(min(low, high - _LEAST_WIDTH[self.axis]), high)
        else:
            self._fixed = None
        self.version += 1

    def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - mirrors the toggle it serves
        """Freeze what is visible, or return to live."""
        if paused:
            self._fixed = self.stretch()
            self._paused = True
            self.version += 1
        else:
            self.go_live()

    def go_live(self) -> None:
        """Follow the newest sample at the chosen span."""
        self._fixed = None
        self._paused = False
        self.version += 1

    def show(self, low: float, high: float) -> None:
        """Show this stretch and stay there; one that is too narrow is widened about its middle."""
        low, high = min(low, high), max(low, high)
        least = _LEAST_WIDTH[self.axis]
        if high - low < least:
            middle = (low + high) / 2
            low, high = middle - least / 2, middle + least / 2
        widest = max(self._extent.last - self._extent.first, least) * 4
        if high - low > widest:
            middle = (low + high) / 2
            low, high = middle - widest / 2, middle + widest / 2
        self._fixed = Stretch(low, high)
        self.version += 1

    def zoom(self, factor: float, at: float) -> None:
        """Make the stretch `factor` times as wide, the point `at` staying where it is."""
        seen = self.stretch()
        self.show(at - (at - seen.low) * factor, at + (seen.high - at) * factor)

    def pan(self, ratio: float) -> None:
        """Move by a share of the width; the data stay in sight."""
        seen = self.stretch()
        shift = seen.width * ratio
        slack = seen.width * 0.5
        shift = min(shift, max(0.0, self._extent.last + slack - seen.high)) if shift > 0 else shift
        shift = max(shift, min(0.0, self._extent.first - slack - seen.low)) if shift < 0 else shift
        if shift:
            self.show(seen.low + shift, seen.high + shift)

    def go_home(self) -> None:
        """The oldest data, at the present width."""
        width = self.stretch().width
        self.show(self._extent.first, self._extent.first + width)

    def _live(self) -> Stretch:
        extent = self._extent
        length = max(0.0, extent.last - extent.first)
        keep = 1.0 - self._future_ratio
        if extent.window is None or length < extent.window * keep:
            return Stretch(extent.first, extent.first + self._young_width(length / keep))
        column = extent.window / self._columns
        # Whole columns: between two columns the picture stands still, and what was drawn stays valid.
        high = (extent.last // column + 1) * column + extent.window * self._future_ratio
        return Stretch(high - extent.window, high)

    def _young_width(self, length: float) -> float:
        window = self._extent.window
        widths = _YOUNG_WIDTHS_S if self.axis == "time" else _YOUNG_WIDTHS_STEPS
        width = next((width for width in widths if width >= length * 1.01), length * 1.02)
        if window is None:
            # Everything: an old run moves by steps of a twentieth, and so is never more than that away from full.
            return width if length < widths[0] else _coarse(length * 1.01)
        return min(width, window)


def _coarse(length: float) -> float:
    """The next of 20 evenly spaced lengths per doubling: changes seldom, wastes at most five per cent."""
    base = 1.0
    while base * 2 <= length:
        base *= 2
    while base > length:
        base /= 2
    step = base / 20
    return (length // step + 1) * step
