"""Where bodies may touch each other and the still scene."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from lawful.judge.kinematic.bodies import SCENE, Touch
from lawful.judge.kinematic.camera import Transform
from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.vectors import lengths
from lawful.judge.kinematic.window import Picture

_NEAR = 0.06
_OUTLINE_POINTS = 48
_DIRECTIONS = 12
_ANGLES = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
_WAYS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)
_NEAR_STEPS = 4
_MOST_STRIDE_PX = 24.0
_FAR_EDGE, _FAR_SHARE = 2.25, 0.6
_MARGIN_PX = 8
# Shares of true touches on 80 lawful clips of the split `train`, flat scenes: with the scene by how much steeper the
# plate is than usual, with bodies by the gap.
_EDGES, _CHANCES = (0.3, 1.1, 1.7, 2.25, 2.7, 3.3, 4.5), (0.0, 0.05, 0.17, 0.31, 0.34, 0.45, 0.47)
_GAPS_PX, _GAP_CHANCES = (0.0, 1.25, 2.5, 5.0, 8.0), (0.65, 0.42, 0.23, 0.15, 0.01)


def outline_points(member: Member) -> Float64[np.ndarray, "points 2"]:
    """Points along the outline of what is seen of a body, in the frame; at most 48 or so."""
    assert member.crop is not None
    outlines, _ = cv2.findContours(member.crop, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate(outlines).reshape(-1, 2)
    return points[:: max(1, len(points) // _OUTLINE_POINTS)] + np.array(member.corner, float)


def touches(
    members: Sequence[Member], plate: Picture, steepness: float, to_shot: Transform, step_s: float
) -> Iterator[Touch]:
    """Pairs that may touch in the newest frame.

    Args:
        members: The bodies.
        plate: The still scene in the frame's coordinates.
        steepness: How steep it usually is (`steepness_of`).
        to_shot: Takes points of the frame to shot coordinates.
        step_s: Time since the frame before, s: what a body may have met between the two is looked for as far as it came.
    """
    near_px = _NEAR * max(plate.shape[:2])
    seen = [member for member in members if member.crop is not None]
    outlines = {member.id: outline_points(member) for member in seen}
    for one, two in combinations(seen, 2):
        apart = math.hypot(*(one.xy - two.xy))
        if apart > near_px + 2 * (one.radius_px + two.radius_px) + 8:
            continue
        touch = _between(one, two, outlines[one.id], outlines[two.id], near_px, to_shot)
        if touch is not None:
            yield touch
    ways = [(x, y) for x, y in _turned(_WAYS, to_shot).tolist()]
    for member in seen:
        stride_px = min(math.hypot(*member.velocity) * step_s, _MOST_STRIDE_PX) if step_s > 0 else 0.0
        yield from _on_scene(member, outlines[member.id], plate, steepness, ways, stride_px)


def _between(
    one: Member,
    two: Member,
    first: Float64[np.ndarray, "points 2"],
    second: Float64[np.ndarray, "others 2"],
    near_px: float,
    to_shot: Transform,
) -> Touch | None:
    apart = lengths(first[:, None] - second[None])
    here, there = np.unravel_index(int(np.argmin(apart)), apart.shape)
    gap = max(0.0, float(apart[here, there]) - 1.0)
    if gap > near_px:
        return None
    centres = two.xy - one.xy
    distance = max(math.hypot(*centres), 1e-6)
    along = centres / distance
    reach = float(((first - one.xy) @ along).max()) + float((-(second - two.xy) @ along).max())
    overlap = max(0.0, reach - distance - 1.0) if gap == 0 else 0.0
    point = (first[here] + second[there]) / 2 - one.xy
    towards = along if math.hypot(*point) < 1 else point
    chance = float(np.interp(gap, _GAPS_PX, _GAP_CHANCES))
    x, y = _turned(towards, to_shot).tolist()
    return Touch(one.id, two.id, gap, overlap, (x, y), chance)


def steepness_of(plate: Picture) -> float:
    """How steep a picture's own texture usually is, levels a px; above 0."""
    return float(np.percentile(np.abs(_slope(plate)[::4, ::4]), 75)) + 1.0


def _slope(plate: Picture) -> Float32[np.ndarray, "height width 2"]:
    """Slope of the plate's brightness, levels a px to the right and downwards."""
    gray = cv2.GaussianBlur(cv2.cvtColor(plate, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    across = cv2.Sobel(gray, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(gray, cv2.CV_32F, 0, 1, scale=1 / 8)
    return cv2.merge([across, down])


def _on_scene(
    member: Member,
    points: Float64[np.ndarray, "points 2"],
    plate: Picture,
    usual: float,
    ways: Sequence[tuple[float, float]],
    stride_px: float,
) -> Iterator[Touch]:
    """Directions in which an edge of the plate runs along the body's outline, or as far as it moves in a step."""
    assert member.crop is not None
    (x, y), (rows, columns) = member.corner, member.crop.shape
    margin = _MARGIN_PX + math.ceil(stride_px)
    x0, y0 = max(0, x - margin), max(0, y - margin)
    slope = _slope(plate[y0 : y + rows + margin, x0 : x + columns + margin])
    offsets = points - member.xy
    normal = offsets / np.maximum(lengths(offsets), 1e-6)[:, None]
    steps = np.arange(_NEAR_STEPS + math.ceil(stride_px), dtype=float)
    places = points[:, None] - (x0, y0) + steps[None, :, None] * normal[:, None]
    places = places.astype(np.float32)
    found = cv2.remap(
        slope, places[..., 0], places[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    along = np.abs((found * normal[:, None]).sum(axis=2))
    near = along[:, :_NEAR_STEPS]
    strength, step = near.max(axis=1), steps[near.argmax(axis=1)]
    turns = np.arctan2(normal[:, 1], normal[:, 0]) / (2 * np.pi)
    sector = (np.floor(turns * _DIRECTIONS + 0.5) % _DIRECTIONS).astype(np.int64)
    counts = np.bincount(sector, minlength=_DIRECTIONS)
    edges = np.bincount(sector, strength, _DIRECTIONS) / (np.maximum(counts, 1) * usual)
    gaps = np.bincount(sector, step, _DIRECTIONS) / np.maximum(counts, 1)
    chances = np.interp(edges, _EDGES, _CHANCES)
    for number in np.flatnonzero(chances).tolist():
        yield Touch(member.id, SCENE, float(gaps[number]), 0.0, ways[number], float(chances[number]))
    steep = along[:, _NEAR_STEPS:] >= _FAR_EDGE * usual
    if not steep.any():
        return
    met = steep.any(axis=1)
    first = steps[_NEAR_STEPS:][steep.argmax(axis=1)]
    shares = np.bincount(sector, met, _DIRECTIONS) / np.maximum(counts, 1)
    far = np.bincount(sector, met * first, _DIRECTIONS) / np.maximum(np.bincount(sector, met, _DIRECTIONS), 1)
    for number in np.flatnonzero((shares >= _FAR_SHARE) & (edges < _EDGES[-1])).tolist():
        yield Touch(member.id, SCENE, float(far[number]), 0.0, ways[number], _CHANCES[3])


def _turned(towards: Float64[np.ndarray, "*some 2"], to_shot: Transform) -> Float64[np.ndarray, "*some 2"]:
    """Directions in the frame as unit vectors in shot coordinates."""
    turned = towards @ to_shot[:, :2].T
    return turned / np.maximum(lengths(turned), 1e-9)[..., None]
