"""Surfaces of solid bodies: points on them, what hides them, the box around them."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import Scene, Shape
from lawful.generators.worlds.solid.geometry import entry, turned, unit_points

_TOUCH = 1e-5
"""Share of the way to a point within which nothing hides it: what touches it there."""
_OUTLINE_POINTS = 600


def surface_points(
    motion: Motion, count: int, seed: int, view: View
) -> tuple[Float64[np.ndarray, "frames points 3"], Float64[np.ndarray, "frames points"]]:
    """Points spread over a solid body that move, turn and grow with it, and how much each counts as seen area.

    What a point counts is the solid angle, seen from the camera, of the surface that it stands for, times the
    square of the centre's distance; 0 where the surface faces away or the body is not present.
    """
    points, vectors = (np.empty((len(motion.present), count, 3)) for _ in range(2))
    for index in np.unique(motion.shape_index).tolist():
        rows = motion.shape_index == index
        known = np.flatnonzero(rows & motion.present)
        # One that is never present has no size of its own; none of its points is ever placed.
        half = motion.half_size_m[known[0]] if len(known) else np.ones(3)
        points[rows], vectors[rows] = unit_points(motion.shapes[index], half, count, seed)
    half = motion.half_size_m[:, None]
    placed = motion.position_m[:, None] + _onto(motion, points * half)
    facing = _onto(motion, vectors / half) * half.prod(axis=2, keepdims=True)
    to_eye = view.position_m[:, None] - placed
    centre2 = ((view.position_m - motion.position_m) ** 2).sum(axis=1)[:, None]
    distance2 = np.maximum((to_eye**2).sum(axis=2), 1e-12)
    seen = np.maximum((facing * to_eye).sum(axis=2), 0) * centre2 / distance2**1.5
    return placed, np.where(motion.present[:, None], seen, 0.0)


def _onto(
    motion: Motion, own: Float64[np.ndarray, "frames points 3"]
) -> Float64[np.ndarray, "frames points 3"]:
    """Vectors in a body's axes as vectors in the world's."""
    return own @ motion.rotation.transpose(0, 2, 1)


def hidden(
    points: Float64[np.ndarray, "frames points 3"], scene: Scene, simulated: Simulated, number: int
) -> Bool[np.ndarray, "frames points"]:
    """Which points of the body of a number have another body or a block between them and the camera.

    All blocks hide, screens too. What the camera is inside of hides nothing.
    """
    motion, eye = simulated.motions[number], simulated.view.position_m
    behind = np.zeros(points.shape[:2], bool)
    here = np.flatnonzero(motion.present)
    for block in scene.blocks:
        middle, half = (np.array(block.low) + block.high) / 2, np.subtract(block.high, block.low) / 2
        rows = here[_between(middle, float(np.linalg.norm(half)), motion, eye, here)]
        if len(rows):
            behind[rows] |= _stops("box", middle, half, turned(block.turn_rad), eye[rows], points[rows])
    for place, other in enumerate(simulated.motions):
        if place == number:
            continue
        both = np.flatnonzero(motion.present & other.present)
        rows = both[_between(other.position_m[both], other.reach_m[both], motion, eye, both)]
        for index in np.unique(other.shape_index[rows]).tolist():
            some = rows[other.shape_index[rows] == index]
            state = other.position_m[some], other.half_size_m[some], other.rotation[some]
            behind[some] |= _stops(other.shapes[index], *state, eye[some], points[some])
    return behind


def _between(
    centre: Float64[np.ndarray, "*states 3"],
    reach_m: Float64[np.ndarray, " rows"] | float,
    motion: Motion,
    eye: Float64[np.ndarray, "frames 3"],
    rows: Int64[np.ndarray, " rows"],
) -> Bool[np.ndarray, " rows"]:
    """Whether something within reach of a centre can be between a body and the camera at some frames.

    It is as near to the line from the camera to the body's centre as both reach together, or it cannot.
    """
    start, way = eye[rows], motion.position_m[rows] - eye[rows]
    square = np.maximum((way**2).sum(axis=1), 1e-12)
    share = np.clip(((centre - start) * way).sum(axis=1) / square, 0, 1)
    apart = np.linalg.norm(start + share[:, None] * way - centre, axis=1)
    return apart <= reach_m + motion.reach_m[rows]


def _stops(
    shape: Shape,
    centre: Float64[np.ndarray, "*states 3"],
    half_size_m: Float64[np.ndarray, "*states 3"],
    rotation: Float64[np.ndarray, "*states 3 3"],
    eye: Float64[np.ndarray, "rows 3"],
    points: Float64[np.ndarray, "rows points 3"],
) -> Bool[np.ndarray, "rows points"]:
    """Whether a body lies on the way from the camera to each point."""
    half = half_size_m.reshape(-1, 1, 3)
    start = (eye - centre)[:, None] @ rotation / half
    way = (points - eye[:, None]) @ rotation / half
    start, way = (
        np.ascontiguousarray(np.broadcast_to(v, way.shape).transpose(2, 0, 1), np.float32)
        for v in (start, way)
    )
    return entry(shape, start, way) < 1 - _TOUCH


def outline_box(motion: Motion, view: View) -> Float64[np.ndarray, "frames 4"]:
    """x0, y0, x1, y1 of a solid body's outline in the frame, clipped to it; NaN where it is outside.

    Exact where the whole body is before the pin-hole; of one that is beside it, the part before it is taken by
    points on it. A body around the camera is not seen.
    """
    # Camera axes: right, up and how far ahead.
    ahead = view.axes * np.array([1, 1, -1])
    centre = np.einsum("fa,fab->fb", motion.position_m - view.position_m, ahead)
    spread = np.einsum("fac,fab,fb->fcb", ahead, motion.rotation, motion.half_size_m)
    limits = np.full((len(view), 2, 2), np.nan)
    for index in np.unique(motion.shape_index).tolist():
        rows = np.flatnonzero(motion.present & (motion.shape_index == index))
        limits[rows] = screen_limits(motion.shapes[index], centre[rows], spread[rows])
    share = 0.5 + limits * np.array([1, -1]) * (view.scale[:, None] / (view.aspect, 1))[:, None]
    box = np.stack([share[:, 0, 0], share[:, 1, 1], share[:, 1, 0], share[:, 0, 1]], axis=1)
    outside = (box[:, 0] >= 1) | (box[:, 1] >= 1) | (box[:, 2] <= 0) | (box[:, 3] <= 0)
    return np.where(outside[:, None], np.nan, np.clip(box, 0, 1))


def screen_limits(
    shape: Shape, centre: Float64[np.ndarray, "rows 3"], spread: Float64[np.ndarray, "rows 3 3"]
) -> Float64[np.ndarray, "rows 2 2"]:
    """Least and greatest right and up over ahead that a body reaches; NaN where nothing of it is before."""
    if shape == "box":
        corners = centre[:, None] + _CORNERS @ spread.transpose(0, 2, 1)
        before = (corners[..., 2] > 0).all(axis=1)
        shares = corners[before, :, :2] / corners[before, :, 2:]
        whole = np.stack([shares.min(axis=1), shares.max(axis=1)], axis=1)
    else:
        ends = [(centre, spread)]
        if shape == "cylinder":
            # It is as wide as its two ends.
            ends = [(centre + sign * spread[:, :, 2], spread[:, :, :2]) for sign in (-1, 1)]
        before = np.all([end[:, 2] > np.linalg.norm(half[:, 2], axis=1) for end, half in ends], axis=0)
        both = np.stack([_oval_limits(end[before], half[before]) for end, half in ends])
        whole = np.stack([both[:, :, 0].min(axis=0), both[:, :, 1].max(axis=0)], axis=1)
    limits = np.empty((len(centre), 2, 2))
    limits[before] = whole
    for row in np.flatnonzero(~before).tolist():
        limits[row] = _limits_of_part(shape, centre[row], spread[row])
    return limits


_CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)


def _oval_limits(
    centre: Float64[np.ndarray, "rows 3"], spread: Float64[np.ndarray, "rows 3 axes"]
) -> Float64[np.ndarray, "rows 2 2"]:
    """The same for ovals or flat ellipses that are wholly before the pin-hole.

    A plane through the pin-hole, right = u * ahead, touches one where (centre . n)^2 = |spread^T n|^2 with
    n = (1, -u): a square equation in u.
    """
    conic = centre[:, :, None] * centre[:, None] - spread @ spread.transpose(0, 2, 1)
    middle = conic[:, :2, 2] / conic[:, 2:, 2]
    square = middle**2 - conic[:, (0, 1), (0, 1)] / conic[:, 2:, 2]
    half = np.sqrt(np.maximum(square, 0))
    return np.stack([middle - half, middle + half], axis=1)


def _limits_of_part(
    shape: Shape, centre: Float64[np.ndarray, " 3"], spread: Float64[np.ndarray, "3 3"]
) -> Float64[np.ndarray, "2 2"]:
    reach = float(np.linalg.norm(spread))
    half = np.linalg.norm(spread, axis=0)
    own, vectors = unit_points(shape, half, _OUTLINE_POINTS, 0)
    points = centre + own @ spread.T
    facing = (vectors / half**2) @ spread.T
    part = points[((facing * points).sum(axis=1) < 0) & (points[:, 2] > 1e-3 * reach)]
    if not len(part):
        return np.full((2, 2), np.nan)
    shares = part[:, :2] / part[:, 2:]
    return np.stack([shares.min(axis=0), shares.max(axis=0)])
