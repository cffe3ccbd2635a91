"""What may touch what in a frame of a simulated clip, as far as its picture shows."""

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.records import WorldClip
from lawful.judge.kinematic.bodies import SCENE, Body, Touch
from lawful.judge.kinematic.camera import Transform
from lawful.judge.kinematic.true_camera import meets_floor
from lawful.judge.kinematic.true_outlines import Meeting, Points, block_outline, meeting

NEAR = 0.06
"""Pairs that are nearer than this share of the picture's longer side are given."""
_MEET_PX = 1.0
_ALMOST_PX = 3.0
"""So near two may have touched since the frame before."""
_MAYBE = 0.5

_Span = tuple[Float64[np.ndarray, " 2"], Float64[np.ndarray, " 2"]]


def true_touches(
    clip: WorldClip,
    frame: int,
    bodies: Sequence[Body],
    places: dict[int, Points | None],
    to_shot: Transform,
    size: Float64[np.ndarray, " 2"],
) -> Iterator[Touch]:
    """Pairs that are near each other in the picture.

    In a flat scene they touch, may have touched between two frames, or do not. In a solid one what lies over or beside another may touch it or may be
    before or behind it, and how deep one is in the other is not known.

    Args:
        clip: The clip.
        frame: Which frame.
        bodies: Those that are known.
        places: Their outlines in the frame, px.
        to_shot: Takes points of the frame to shot coordinates.
        size: Width and height of the frame, px.
    """
    flat = clip.world.dimensions == 2
    near_px = NEAR * float(size.max())
    seen = [
        (body.id, outline) for body in bodies if body.area_px > 0 and (outline := places[body.id]) is not None
    ]
    spans = {number: (outline.min(axis=0), outline.max(axis=0)) for number, outline in seen}
    for (one, first), (two, second) in combinations(seen, 2):
        if _apart(spans[one], spans[two]) <= near_px:
            yield from _touch(one, two, meeting(first, second), near_px, to_shot, flat)
    for block in clip.world.blocks:
        if not block.solid and flat:
            continue
        outline = block_outline(clip, block, frame)
        if outline is None:
            continue
        corners = outline * size
        span = corners.min(axis=0), corners.max(axis=0)
        for number, body in seen:
            if _apart(spans[number], span) <= near_px:
                yield from _touch(number, SCENE, meeting(body, corners), near_px, to_shot, flat)
    if not flat:
        yield from _on_floor(clip, frame, seen, to_shot, size)


def _touch(
    one: int, two: int, found: Meeting, near_px: float, to_shot: Transform, flat: bool
) -> Iterator[Touch]:
    if found.gap_px > near_px:
        return
    known = 1.0 if found.gap_px <= _MEET_PX else _MAYBE if found.gap_px <= _ALMOST_PX else 0.0
    chance = known if flat else min(known, _MAYBE)
    yield Touch(one, two, found.gap_px, found.overlap_px, _turned(found.towards, to_shot), chance)


def _on_floor(
    clip: WorldClip,
    frame: int,
    seen: Sequence[tuple[int, Points]],
    to_shot: Transform,
    size: Float64[np.ndarray, " 2"],
) -> Iterator[Touch]:
    """In a solid scene all that is seen before the floor may stand on it."""
    view = clip.view
    axes = view.axes[frame]
    down = -axes[2, :2] * np.array([1.0, -1.0])
    down = down / max(float(np.hypot(*down)), 1e-9)
    for number, outline in seen:
        lowest = outline[int(np.argmax(outline @ down))] / size
        right, up = (lowest[0] - 0.5) * view.aspect, 0.5 - lowest[1]
        ahead = (np.array([[right, up]]) / view.scale[frame]) @ axes[:, :2].T - axes[:, 2]
        if meets_floor(ahead)[0]:
            towards = _turned((float(down[0]), float(down[1])), to_shot)
            yield Touch(number, SCENE, 0.0, 0.0, towards, _MAYBE)


def _apart(one: _Span, two: _Span) -> float:
    """Distance of two upright boxes."""
    between = np.maximum(np.maximum(two[0] - one[1], one[0] - two[1]), 0)
    return float(np.hypot(*between))


def _turned(towards: tuple[float, float], to_shot: Transform) -> tuple[float, float]:
    x, y = to_shot[:, :2] @ np.array(towards)
    length = math.hypot(float(x), float(y))
    return float(x) / length, float(y) / length
