"""Geometry of the page's pictures: timelines, boxes and trails of tracks, in units that SVG scales."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float32

from lawful.checklists.laws import laws
from lawful.judge.records import Evidence
from lawful.video.frames import Box, PointTracks

UNITS = 1000
"""Width of a picture in the units of its drawing; the height follows from the clip's aspect."""
MAX_TRAILS = 12
MAX_TRAIL_POINTS = 64
_TICK_STEPS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_MAX_TICKS = 11
_UNKNOWN_ASPECT = 9 / 16
_OKLAB_TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_LMS_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


@dataclass(frozen=True)
class Span:
    """One piece of evidence on a timeline."""

    number: int
    """Number of the evidence on its card."""
    left: float
    """Start, 0-100."""
    width: float
    """Length, 0-100."""
    title: str
    """What it says."""
    mark: str
    """What sort of evidence it is; "" if nothing is known of that."""


@dataclass(frozen=True)
class Lane:
    """One law's row of a timeline."""

    law: str
    """Name for people."""
    hue: int | None
    """Its colour."""
    spans: tuple[Span, ...]
    """Its evidence."""


@dataclass(frozen=True)
class Timeline:
    """A clip from its start to its end."""

    duration_s: float
    """Length of the axis."""
    ticks: tuple[tuple[float, str], ...]
    """Places (0-100) and labels."""
    lanes: tuple[Lane, ...]
    """One a law, in order of first mention."""


@dataclass(frozen=True)
class Trail:
    """The way of one track, and where it is at one moment."""

    path: str
    """SVG path; it breaks where the point is not seen."""
    x: float | None
    """Where it is, in drawing units; None where it is not known."""
    y: float | None
    """Where it is, in drawing units."""
    seen: bool
    """Whether it is seen at that moment; if not, `x` and `y` are where it was last seen."""


@dataclass(frozen=True)
class Rectangle:
    """A box in drawing units."""

    x: float
    """Left."""
    y: float
    """Top."""
    width: float
    """Width."""
    height: float
    """Height."""


def law_name(law: str | None) -> str:
    """A law's name for people; ids that are not on the list are their own names."""
    if law is None:
        return "no law"
    known = laws().get(law)
    return law if known is None else known.name


def law_hue(law: str | None) -> int | None:
    """A fixed hue in degrees for every law, neighbours on the list far apart; None for no law."""
    if law is None:
        return None
    return _hues().get(law, zlib.crc32(law.encode(errors="replace")) % 360)


def law_rgb(law: str | None) -> tuple[int, int, int]:
    """The law's colour on top of pictures, sRGB 0-255: the page's OKLCH(0.8, 0.13, hue).

    Source: B. Ottosson, "A perceptual color space for image processing" (2020), OKLab to linear sRGB.
    """
    hue = law_hue(law)
    chroma = 0.0 if hue is None else 0.13
    a, b = chroma * math.cos(math.radians(hue or 0)), chroma * math.sin(math.radians(hue or 0))
    lms = (_OKLAB_TO_LMS @ (0.8, a, b)) ** 3
    linear = np.clip(_LMS_TO_RGB @ lms, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = np.round(255 * coded).astype(int).tolist()
    return red, green, blue


@cache
def _hues() -> dict[str, int]:
    ids = list(laws())
    return {law: round(360 * (7 * place % len(ids)) / len(ids)) for place, law in enumerate(ids)}


def drawing_height(width_px: int | None, height_px: int | None) -> int:
    """Height of a clip's pictures in drawing units."""
    if not width_px or not height_px:
        return round(UNITS * _UNKNOWN_ASPECT)
    return max(1, round(UNITS * height_px / width_px))


def timeline(
    duration_s: float | None, evidence: Sequence[Evidence], marks: Sequence[str] = ()
) -> Timeline | None:
    """The timeline of a clip; None where nothing says how long it is.

    Args:
        duration_s: Length of the clip; None: up to the end of the last evidence.
        evidence: The card's evidence in its order.
        marks: The sort of each, in the same order.
    """
    ends = [one.end_s for one in evidence if math.isfinite(one.end_s)]
    length = max([duration_s or 0.0, *ends])
    if not (math.isfinite(length) and length > 0):
        return None
    lanes: dict[str | None, list[Span]] = {}
    for number, one in enumerate(evidence, 1):
        mark = marks[number - 1] if marks else ""
        left = 100 * min(max(one.start_s / length, 0), 1)
        right = 100 * min(max(one.end_s / length, 0), 1)
        span = Span(number, round(left, 2), round(max(right - left, 0), 2), one.text, mark)
        lanes.setdefault(one.law, []).append(span)
    rows = tuple(Lane(law_name(law), law_hue(law), tuple(spans)) for law, spans in lanes.items())
    return Timeline(length, _ticks(length), rows)


def rectangle(box: Box, height: int) -> Rectangle:
    """A box on a picture of that height in drawing units."""
    x, y = round(UNITS * box.x0, 1), round(height * box.y0, 1)
    return Rectangle(x, y, round(UNITS * box.x1 - x, 1), round(height * box.y1 - y, 1))


def trails(tracks: PointTracks, time_s: float, height: int) -> list[Trail]:
    """The ways of some tracks and where they are at a moment; at most `MAX_TRAILS`, evenly chosen.

    Args:
        tracks: The cited tracks.
        time_s: The moment of the picture.
        height: Height of the picture in drawing units.
    """
    if not len(tracks.ids) or not len(tracks.times_s):
        return []
    chosen = np.unique(np.linspace(0, len(tracks.ids) - 1, MAX_TRAILS).round().astype(int))
    now = int(np.abs(tracks.times_s - time_s).argmin())
    return [_trail(tracks, track, now, height) for track in chosen]


def _trail(tracks: PointTracks, track: int, now: int, height: int) -> Trail:
    xy = tracks.xy[track]
    known = tracks.visible[track] & np.isfinite(xy).all(axis=-1)
    units = np.clip(xy, -1, 2) * np.array([UNITS, height], np.float32)
    path = _path(units, known)
    before = np.flatnonzero(known[: now + 1])
    if not len(before):
        return Trail(path, None, None, False)
    last = int(before[-1])
    return Trail(path, round(float(units[last, 0]), 1), round(float(units[last, 1]), 1), last == now)


def _path(units: Float32[np.ndarray, "frames 2"], known: np.ndarray) -> str:
    step = max(1, math.ceil(len(units) / MAX_TRAIL_POINTS))
    parts: list[str] = []
    pen_down = False
    for (x, y), seen in zip(units[::step].tolist(), known[::step].tolist(), strict=True):
        if seen:
            parts.append(f"{'L' if pen_down else 'M'}{x:.0f} {y:.0f}")
        pen_down = seen
    return "".join(parts)


def _ticks(length_s: float) -> tuple[tuple[float, str], ...]:
    fitting = (step for step in _TICK_STEPS_S if length_s / step <= _MAX_TICKS)
    step = next(fitting, length_s / _MAX_TICKS)
    count = int(length_s / step + 1e-9)
    return tuple((round(100 * k * step / length_s, 2), f"{k * step:g}") for k in range(count + 1))
