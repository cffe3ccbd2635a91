"""Geometry of plots: where the template draws dots, whiskers, lines and bands, in shares of the picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lawful.reports.export.axes import Axis, axis
from lawful.reports.export.labels import Label, place_labels
from lawful.reports.export.numbers import shown_column
from lawful.reports.results import Plot, PlotKind, Point

UNITS = 1000
"""Width and height of the drawing of lines and bands; the page stretches it, and strokes keep their width."""
HEIGHT_PX = 320
"""Height of plots with two axes."""
LEAST_WIDTH_PX = 460
"""Narrower pages scroll plots with two axes."""
HUES = (255, 45, 150, 335, 95, 200, 295, 15)
"""Colours of series, neighbours far apart; a ninth series has the first colour, dashed."""
_DASHES = ("", "6 4", "2 3", "9 3 2 3")
_MOST_TICKS = 6
_MOST_TICKS_OF_PLANES = 8
_KINDS = {"intervals": "Values with their intervals", "lines": "Lines", "points": "Dots"}


@dataclass(frozen=True)
class Look:
    """How a series is drawn."""

    name: str
    """What it is."""
    hue: int
    """Its colour, in degrees."""
    dash: str
    """Pattern of its line; empty for a solid one."""


@dataclass(frozen=True)
class Mark:
    """A number on the page."""

    label: str
    """What it is."""
    value: str
    """The number as text, with its interval."""
    x: float
    """Place from the left, 0-100."""
    y: float
    """Place from the top, 0-100."""
    low: float | None
    """Place of the lower end of its interval, from the left or the top like the value's; None without one."""
    high: float | None
    """Place of the upper end of its interval."""
    beside: Label | None = None
    """Its label where it has room for one."""


@dataclass(frozen=True)
class Drawn:
    """A series as it is drawn."""

    look: Look
    """Its colour."""
    marks: tuple[Mark, ...]
    """Its numbers."""
    line: str
    """SVG path through them; it breaks where a number is missing."""
    bands: tuple[str, ...]
    """SVG paths around the intervals."""


@dataclass(frozen=True)
class Picture:
    """A plot, ready to be drawn."""

    plot: Plot
    """What it shows."""
    across: Axis
    """The axis across."""
    up: Axis | None
    """The axis up; None for intervals."""
    series: tuple[Drawn, ...]
    """Its series."""
    zero: float | None
    """Place of the value 0 across where intervals lie about it."""
    left_out: str
    """What is not drawn, as a sentence; empty if all is."""
    spoken: str
    """What it is for people who cannot see it."""


def picture(plot: Plot) -> Picture:
    """The geometry of a plot; numbers that are not finite are left out and named."""
    points = [point for series in plot.series for point in series.points if _drawable(plot, point)]
    values = [one for point in points for one in (point.y.value, point.y.low, point.y.high)]
    if plot.kind == "intervals":
        across, up = axis(values, _MOST_TICKS), None
    elif plot.diagonal:
        across = up = axis([*values, *(point.x for point in points)], _MOST_TICKS_OF_PLANES)
    else:
        across = axis((point.x for point in points), _MOST_TICKS_OF_PLANES)
        up = axis(values, _MOST_TICKS_OF_PLANES)
    texts = iter(shown_column([point.y for series in plot.series for point in series.points], {}))
    marks = [
        [_mark(plot, point, next(texts).text, across, up) for point in series.points]
        for series in plot.series
    ]
    if plot.kind == "points":
        _put_labels(marks)
    drawn = tuple(
        _drawn(plot.kind, series_look(series.name, number), found)
        for number, (series, found) in enumerate(zip(plot.series, marks, strict=True))
    )
    zero = across.place(0) if up is None and across.low < 0 < across.high else None
    spoken = f"{plot.title}. {_KINDS[plot.kind]}, {len(points)} drawn. The numbers are in the tables."
    return Picture(plot, across, up, drawn, zero, _left_out(plot, drawn), spoken)


def series_look(name: str, number: int) -> Look:
    """How the series with that number is drawn."""
    return Look(name, HUES[number % len(HUES)], _DASHES[min(number // len(HUES), len(_DASHES) - 1)])


def _drawable(plot: Plot, point: Point) -> bool:
    return math.isfinite(point.y.value) and (plot.kind == "intervals" or math.isfinite(point.x))


def _mark(plot: Plot, point: Point, text: str, across: Axis, up: Axis | None) -> Mark | None:
    if not _drawable(plot, point):
        return None
    values = across if up is None else up
    ends = (point.y.low, point.y.high)
    low, high = map(values.place, ends) if all(map(math.isfinite, ends)) else (None, None)
    if up is None:
        return Mark(point.label, text, across.place(point.y.value), 50.0, low, high)
    turned = None if low is None or high is None else (_down(low), _down(high))
    return Mark(
        point.label, text, across.place(point.x), _down(up.place(point.y.value)), *(turned or (None, None))
    )


def _down(place: float) -> float:
    """A place from the bottom as one from the top."""
    return round(100 - place, 2)


def _put_labels(marks: list[list[Mark | None]]) -> None:
    flat = [mark for found in marks for mark in found if mark is not None]
    dots = [(mark.x, mark.y, mark.label) for mark in flat]
    labels = iter(place_labels(dots, LEAST_WIDTH_PX, HEIGHT_PX))
    for found in marks:
        found[:] = [mark and replace(mark, beside=next(labels)) for mark in found]


def _drawn(kind: PlotKind, look: Look, marks: Sequence[Mark | None]) -> Drawn:
    shown = tuple(mark for mark in marks if mark is not None)
    if kind != "lines":
        return Drawn(look, shown, "", ())
    line = "".join(_path([(mark.x, mark.y) for mark in run]) for run in _runs(marks))
    ends = [None if mark is None or mark.low is None else mark for mark in marks]
    return Drawn(look, shown, line, tuple(_band(run) for run in _runs(ends) if len(run) > 1))


def _runs(marks: Sequence[Mark | None]) -> list[list[Mark]]:
    """The marks, apart where one is missing."""
    runs: list[list[Mark]] = [[]]
    for mark in marks:
        if mark is None:
            runs.append([])
        else:
            runs[-1].append(mark)
    return [run for run in runs if run]


def _band(run: Sequence[Mark]) -> str:
    over = [(mark.x, mark.high) for mark in run if mark.high is not None]
    under = [(mark.x, mark.low) for mark in reversed(run) if mark.low is not None]
    return _path([*over, *under]) + "Z"


def _path(places: Sequence[tuple[float, float]]) -> str:
    scale = UNITS / 100
    return "".join(f"{'L' if n else 'M'}{scale * x:.0f} {scale * y:.0f}" for n, (x, y) in enumerate(places))


def _left_out(plot: Plot, drawn: Sequence[Drawn]) -> str:
    """What people miss in the picture, as sentences."""
    missing = [
        point.label or series.name
        for series in plot.series
        for point in series.points
        if not _drawable(plot, point)
    ]
    said = []
    if missing:
        names = ", ".join(dict.fromkeys(missing))
        said.append(f"Not drawn, because the number is not defined: {names} ({len(missing)}).")
    if plot.kind == "points":
        marks = [mark for series in drawn for mark in series.marks]
        bare = sum(mark.beside is None and mark.label != "" for mark in marks)
        if bare:
            said.append(f"No room for the labels of {bare} dots; point at one to read it.")
    return " ".join(said)
