"""A picture that is scrolled is the one that would be painted anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter

from memgui.store.timeline import Timeline
from memgui.ui.charts.layer import Curve, Layer, Scene, stroke
from memgui.ui.charts.plot import bridged

NAMES = ("host.rss_bytes", "host.anon_bytes")
WIDE, HIGH, SPAN_S = 300, 120, 30.0


@pytest.fixture(autouse=True)
def _application(qapp):
    """Pictures need one."""


def _timeline(rows):
    timeline = Timeline()
    rng = np.random.default_rng(3)
    for number in range(rows):
        timeline.append(number / 10 + 0.037, number, dict(zip(NAMES, rng.uniform(10, 90, 2).tolist(), strict=True)))
    return timeline


def _curves(timeline, low):
    x, levels = timeline.windows(NAMES, low, low + SPAN_S, WIDE)
    first, second = levels
    return [Curve(NAMES[0], x, first, "#56b4e9", fill=0.2), Curve(NAMES[1], x, second, "#e69f00")]


def _scene(low, **other):
    looks = tuple((name, "", 0.0, True) for name in NAMES)
    return replace(Scene(low, SPAN_S, 100.0, QSize(WIDE, HIGH), 1.0, looks, "past"), **other)


def _pixels(image: QImage):
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1).copy()


def _channels(image: QImage):
    return _pixels(image).view(np.uint8).astype(int)


def test_a_live_view_paints_its_newest_columns_only_and_shows_what_a_full_picture_shows():
    timeline = _timeline(600)
    layer, low = Layer(), 20.0
    for step in range(40):
        low = 20.0 + step * SPAN_S / WIDE
        # What lies beyond the view does not exist yet in a live one.
        seen = [replace(curve, x=curve.x[curve.x <= low + SPAN_S], y=curve.y[curve.x <= low + SPAN_S])
                for curve in _curves(timeline, low)]  # fmt: skip
        scrolled = layer.picture(_scene(low), seen)
        assert step == 0 or layer.painted_px < 16
    anew = Layer().picture(_scene(low), seen)
    # At the left edge a curve enters that a full picture knows one point more of, and a stroke that begins in the
    # middle of the picture may round to the neighbouring pixel.
    assert (_pixels(scrolled) == _pixels(anew))[:, 2:].mean() > 0.995


def test_a_newest_column_that_gets_more_bends_the_line_that_comes_from_afar():
    # Steps end in bursts of three, 8 columns apart: no two samples between them have a value.
    rng = np.random.default_rng(7)
    timeline, layer, wide_s = Timeline(), Layer(), 10 * SPAN_S
    for number in range(4000):
        t_s = number / 10 + 0.037
        ends = int(t_s) % 8 == 0 and number % 3 == 0
        timeline.append(t_s, number, {"step.duration_s": float(rng.uniform(10, 90)) if ends else None})
        if t_s < 0.9 * wide_s or number % 2:
            continue
        low = max(0.0, (t_s // (wide_s / WIDE) + 1) * wide_s / WIDE - wide_s)
        x, levels = timeline.windows(("step.duration_s",), low, low + wide_s, WIDE)
        curve = Curve("step.duration_s", *bridged(x, levels[0], 10.0), "#56b4e9", fill=0.9)
        scene = _scene(low, width=wide_s)
        scrolled = _channels(layer.picture(scene, [curve]))
        # At the left edge a full picture does not know from where the line comes; elsewhere, a shade more or less.
        assert (np.abs(scrolled - _channels(Layer().picture(scene, [curve]))) < 64)[:, 4 * 12 :].mean() > 0.995
    assert layer.painted_px < 20


def test_to_the_right_of_the_data_nothing_is_painted_and_nothing_stays():
    timeline = _timeline(700)
    layer = Layer()
    for step, low in enumerate((42.0, 42.0, 44.0, 48.0)):
        picture = layer.picture(_scene(low), _curves(timeline, low))
        assert step == 0 or layer.painted_px < 16
    assert (_pixels(picture) == _pixels(Layer().picture(_scene(48.0), _curves(timeline, 48.0))))[:, 2:].mean() > 0.995


@pytest.mark.parametrize(
    "other",
    [{"top": 200.0}, {"width": 60.0}, {"size": QSize(200, HIGH)}, {"past": "another"}, {"low": 19.0}, {"low": 20.05}],
    ids=lambda other: next(iter(other)),
)
def test_what_is_no_scroll_by_whole_pixels_is_painted_anew(other):
    timeline = _timeline(600)
    layer = Layer()
    layer.picture(_scene(20.0), _curves(timeline, 20.0))
    scene = _scene(**{"low": 20.0, **other})
    layer.picture(scene, _curves(timeline, scene.low))
    assert layer.painted_px == scene.size.width()


def test_a_curve_that_leaves_the_upper_edge_and_one_with_gaps_are_painted():
    x = np.linspace(0, SPAN_S, 50)
    wild = np.where(np.arange(50) % 7 == 0, np.nan, 1e18)
    image = Layer().picture(
        _scene(0.0), [Curve("a", x, wild, "#ffffff", fill=0.5), Curve("b", x[:0], x[:0], "#ffffff")]
    )
    assert _pixels(image).any()


def _bands(rng, points, *, jagged):
    x = np.sort(rng.uniform(0, SPAN_S, points)) if not jagged else np.repeat(np.linspace(0.05, SPAN_S, points // 2), 2)
    sizes = rng.uniform(2, 20, (4, len(x)))
    sizes[:, len(x) // 3 : len(x) // 3 + 2] = np.nan
    crests = np.cumsum(sizes, axis=0)[::-1]
    colours = ("#56b4e9", "#e69f00", "#2fb37f", "#cc79a7")
    return [Curve(name, x, crest, name, fill=1.0, has_line=False) for name, crest in zip(colours, crests, strict=True)]


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize(("points", "jagged"), [(40, False), (600, True)])
def test_bands_are_what_their_polygons_would_be(points, jagged, ratio):
    curves = _bands(np.random.default_rng(5), points, jagged=jagged)
    scene = _scene(0.0, ratio=ratio)
    painted = _pixels(Layer().picture(scene, curves))
    image = QImage(scene.size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    stroke(painter, scene, curves, 0.0)
    painter.end()
    polygons = _pixels(image)
    assert set(np.unique(painted)) == set(np.unique(polygons)), "the colours, and nothing in the gap"
    # An edge may fall on the neighbouring pixel.
    assert (painted == polygons).mean() > (0.9 if jagged else 0.985)


def test_bands_that_scroll_are_what_a_full_picture_shows():
    curves = _bands(np.random.default_rng(6), 600, jagged=True)
    layer = Layer()
    layer.picture(_scene(0.0), [replace(one, x=one.x[one.x < 28], y=one.y[one.x < 28]) for one in curves])
    scrolled = _pixels(layer.picture(_scene(0.0), curves))
    assert layer.painted_px < WIDE / 2
    assert (scrolled == _pixels(Layer().picture(_scene(0.0), curves))).mean() > 0.995
