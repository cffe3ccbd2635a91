"""Did a thing take another colour from one frame to the next, its outline kept?"""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.regions import Region, border_contrast, shown_width_px
from lawful.judge.kinematic.window import CHANGE_LEVELS, Picture, Step, strongest_channel

Pixels = tuple[Int64[np.ndarray, " pixels"], Int64[np.ndarray, " pixels"]]
"""Rows and columns."""

_PAD_PX = 4
_REACH_PX = 14
_LEAST_LEVELS = 25.0
_SAME_LEVELS = 16.0
_LEAST_EDGE = 0.5


def examine_colour(step: Step, regions: Sequence[Region]) -> list[Finding]:
    """Things that took another colour among the regions that changed in a step."""
    return [finding for region in regions if (finding := _examined(step, region))]


def _examined(step: Step, region: Region) -> Finding | None:
    if len(step.before) < 2 or len(step.after) < 2 or region.touches_edge(0.0):
        return None
    # The conditions that cost least and fail most come first; all must hold.
    before, after = step.before[0], step.after[0]
    outlines = _followed_outline(before, after, region)
    if outlines is None:
        return None
    alike, dx, dy = outlines
    levels = float(np.abs(_colour_shift(before, after, region, dx, dy)).max())
    margins = {
        "outline": (alike - 0.4) / 0.4,
        "levels": (levels - _LEAST_LEVELS) / 40.0,
        "slow": (1.0 - float(np.hypot(dx, dy)) / max(region.thickness_px, 1.0)) / 0.6,
        "size": (region.thickness_px - 3.0) / 4.0,
    }
    if min(margins.values()) <= 0:
        return None
    edge = min(_closed(before, region, 0.0, 0.0), _closed(after, region, dx, dy))
    if edge <= _LEAST_EDGE:
        return None
    nearby, gained = _held(before, after, region, dx, dy)
    margins["new"] = _new(nearby, gained, edge)
    margins["alone"] = (0.5 - _surround_shift(step, region) / levels) / 0.4
    if min(margins.values()) <= 0:
        return None
    steady, edge = _steady(step, region, dx, dy, edge)
    margins["steady"] = (0.5 - steady / levels) / 0.4
    margins["edge"] = (edge - _LEAST_EDGE) / 0.3
    # The border may be less closed in the frames around than in the two of the step.
    margins["new"] = _new(nearby, gained, edge)
    if min(margins.values()) <= 0:
        return None
    start = step.times_after_s[0]
    text = (
        f"a {shown_width_px(step, region)} px wide object kept its outline and changed its colour by {levels:.0f} of 255 levels "
        f"from one frame to the next at {start:.2f} s; nothing around it changed"
    )
    end = start + start - step.times_before_s[0]
    return Finding("colour_change", start, end, region.box(), weakest(**margins), levels, "levels", text)


def _new(nearby: float, gained: float, edge: float) -> float:
    """Margin by which the colour is new: not near by before, or gained within an outline that is closed."""
    return max((0.25 - nearby) / 0.2, min((gained - 0.3) / 0.3, (edge - 0.75) / 0.2))


def _steady(step: Step, region: Region, dx: float, dy: float, edge: float) -> tuple[float, float]:
    """Largest change of colour in the steps before and after, levels, and the least closed border in all frames."""
    earlier = _followed_outline(step.before[0], step.before[1], region)
    onwards = _followed_outline(step.after[0], step.after[1], region)
    if earlier is None or onwards is None:
        return np.inf, 0.0
    usual = _colour_shift(step.before[0], step.before[1], region, *earlier[1:])
    later = _colour_shift(step.after[0], step.after[1], region, *onwards[1:])
    closed = (
        _closed(step.before[1], region, *earlier[1:]),
        _closed(step.after[1], region, dx + onwards[1], dy + onwards[2]),
    )
    return max(float(np.abs(usual).max()), float(np.abs(later).max())), min(edge, *closed)


def _closed(picture: Picture, region: Region, dx: float, dy: float) -> float:
    """Share of the shifted region's border with contrast across it."""
    return float((border_contrast(picture, region, dx, dy) > CHANGE_LEVELS).mean())


def _followed_outline(picture: Picture, other: Picture, region: Region) -> tuple[float, float, float] | None:
    """Likeness (-1 to 1) of the outlines where they fit best in the other picture, and the shift (x, y) to there."""
    height, width = region.mask.shape
    x0, y0 = max(0, region.x0 - _PAD_PX), max(0, region.y0 - _PAD_PX)
    x1, y1 = min(width, region.x1 + _PAD_PX), min(height, region.y1 + _PAD_PX)
    left, top = max(0, x0 - _REACH_PX), max(0, y0 - _REACH_PX)
    right, bottom = min(width, x1 + _REACH_PX), min(height, y1 + _REACH_PX)
    patch = _edges(picture[y0:y1, x0:x1])
    area = _edges(other[top:bottom, left:right])
    if patch.std() < 1:
        return None
    fit = cv2.matchTemplate(area, patch, cv2.TM_CCOEFF_NORMED)
    _, best, _, (column, row) = cv2.minMaxLoc(fit)
    return float(best), float(left + column - x0), float(top + row - y0)


def _edges(picture: Picture) -> Float32[np.ndarray, "height width"]:
    """Strength of the edges, the strong ones held down so that a change of contrast matters less."""
    smooth = cv2.GaussianBlur(picture, (0, 0), 1.0)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return np.minimum(strongest_channel(np.abs(across)) + strongest_channel(np.abs(down)), 80.0)


def _colour_shift(
    picture: Picture, other: Picture, region: Region, dx: float, dy: float
) -> Float32[np.ndarray, " 3"]:
    """Median change of each channel over the inner part of the region, followed to its place in the other."""
    here, there = _inner_pixels(region, dx, dy)
    return np.median(other[there].astype(np.float32) - picture[here], axis=0)


def _held(before: Picture, after: Picture, region: Region, dx: float, dy: float) -> tuple[float, float]:
    """How much of either colour was near by in the other frame, and how much was gained of one and lost of the other.

    What moves or turns brings its colour along from near by, and no colour is gained. What comes out from behind
    something gains colour, next to colour that was there before. Both are per pixel of the region.
    """
    height, width = region.mask.shape
    here, there = _inner_pixels(region, dx, dy)
    old, new = _main_colour(before[here]), _main_colour(after[there])
    pad = round(max(8.0, region.thickness_px))
    y0, y1 = max(0, region.y0 - pad), min(height, region.y1 + pad)
    x0, x1 = max(0, region.x0 - pad), min(width, region.x1 + pad)
    near_new, after_new = (_count(picture[y0:y1, x0:x1], new) for picture in (before, after))
    near_old, before_old = (_count(picture[y0:y1, x0:x1], old) for picture in (after, before))
    nearby = max(near_new, near_old) / region.area_px
    gained = min(after_new - near_new, before_old - near_old) / region.area_px
    return nearby, gained


def _inner_pixels(region: Region, dx: float, dy: float) -> tuple[Pixels, Pixels]:
    """The inner part of the region, and the same pixels shifted, held inside the frame."""
    inner = cv2.erode(region.mask, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero(inner if inner.any() else region.mask)
    height, width = region.mask.shape
    there = np.clip(rows + round(dy), 0, height - 1), np.clip(columns + round(dx), 0, width - 1)
    return (rows, columns), there


def _main_colour(colours: UInt8[np.ndarray, "points 3"]) -> Float32[np.ndarray, " 3"]:
    """A colour that is there: that of the pixel in the middle by brightness, a little towards the dark."""
    order = np.argsort(colours.sum(axis=1, dtype=np.int64), kind="stable")
    return colours[order[int(0.4 * len(order))]].astype(np.float32)


def _count(part: Picture, colour: Float32[np.ndarray, " 3"]) -> float:
    low, high = np.clip(colour - _SAME_LEVELS, 0, 255), np.clip(colour + _SAME_LEVELS, 0, 255)
    return float(cv2.countNonZero(cv2.inRange(part, low, high)))


def _surround_shift(step: Step, region: Region) -> float:
    """Median change of the strongest channel in a ring around the region, levels."""
    height, width = region.mask.shape
    rows = slice(max(0, region.y0 - 10), min(height, region.y1 + 10))
    columns = slice(max(0, region.x0 - 10), min(width, region.x1 + 10))
    mask = np.ascontiguousarray(region.mask[rows, columns])
    ring = (cv2.dilate(mask, np.ones((17, 17), np.uint8)) > 0) & (
        cv2.dilate(mask, np.ones((7, 7), np.uint8)) == 0
    )
    if not ring.any():
        return 0.0
    change = step.after[0][rows, columns][ring].astype(np.float32) - step.before[0][rows, columns][ring]
    return float(np.abs(np.median(change, axis=0)).max())
