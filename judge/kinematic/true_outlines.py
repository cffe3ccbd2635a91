"""Outlines in the picture of a simulated clip's bodies and fixed things, and how far two are apart."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.motion import Motion
from lawful.generators.worlds.records import WorldClip
from lawful.generators.worlds.scene import Block, Shape

Points = Float64[np.ndarray, "_ 2"]
_TURNS = np.linspace(0, 2 * np.pi, 48, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
_SQUARE = np.array([(x, y) for x in (-1.0, 1.0) for y in (-1.0, 1.0)])
_CUBE = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_LEVELS = np.linspace(-1, 1, 15)


def _sphere() -> Float64[np.ndarray, "points 3"]:
    radius = np.sqrt(1 - _LEVELS**2)
    return np.concatenate(
        [np.c_[r * _CIRCLE, np.full(len(_CIRCLE), z)] for r, z in zip(radius, _LEVELS, strict=True)]
    )


_UNIT: dict[Shape, Float64[np.ndarray, "points axes"]] = {
    "disc": _CIRCLE,
    "ball": _sphere(),
    "cylinder": np.concatenate([np.c_[_CIRCLE, np.full(len(_CIRCLE), z)] for z in (-1.0, 1.0)]),
}


@dataclass(frozen=True, eq=False)
class Meeting:
    """How two convex outlines lie to each other."""

    gap_px: float
    """Distance; 0 where they meet or overlap."""
    overlap_px: float
    """Least way by which one must be shifted to be clear of the other; 0 where it is."""
    towards: tuple[float, float]
    """Unit vector from the first to the second along that way."""


def body_outlines(clip: WorldClip, motion: Motion) -> list[Points | None]:
    """Points of the picture, as shares of the frame, whose convex hull a body fills; None where it is not."""
    found: list[Points | None] = []
    for frame in range(len(motion.present)):
        if not motion.present[frame]:
            found.append(None)
            continue
        unit = _unit(motion.shape(frame), motion.position_m.shape[1])
        own = unit * motion.half_size_m[frame]
        placed = motion.position_m[frame] + own @ motion.rotation[frame].T
        found.append(_projected(clip, frame, placed))
    return found


def block_outline(clip: WorldClip, block: Block, frame: int) -> Points | None:
    """The same of a fixed thing; None where a part of it is beside or behind the camera."""
    low, high = np.array(block.low, float), np.array(block.high, float)
    own = _unit("box", len(low)) * (high - low) / 2
    return _projected(clip, frame, (low + high) / 2 + own @ block_rotation(block).T)


def block_rotation(block: Block) -> Float64[np.ndarray, "axes axes"]:
    """How a block is turned."""
    if len(block.low) == 2:
        cos, sin = np.cos(block.turn_rad[0]), np.sin(block.turn_rad[0])
        return np.array([[cos, -sin], [sin, cos]])
    if len(block.turn_rad) != 3:
        return np.eye(3)
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(block.turn_rad).as_matrix()


def meeting(one: Points, two: Points) -> Meeting:
    """How two convex outlines lie to each other, each given by points in px.

    Along each of many directions they are apart by how far one ends before the other begins; the direction that
    parts them most tells (the separating axis theorem).
    """
    middle = two.mean(axis=0) - one.mean(axis=0)
    ways = np.concatenate(
        [_CIRCLE, middle[None] / max(float(np.hypot(*middle)), 1e-9), _normals(one), _normals(two)]
    )
    apart = (two @ ways.T).min(axis=0) - (one @ ways.T).max(axis=0)
    best = int(np.argmax(apart))
    most = float(apart[best])
    return Meeting(max(most, 0.0), max(-most, 0.0), (float(ways[best, 0]), float(ways[best, 1])))


def _normals(corners: Points) -> Points:
    """Directions across the sides of a box's outline; nothing for other outlines."""
    if len(corners) != len(_SQUARE):
        return np.empty((0, 2))
    sides = np.array([corners[1] - corners[0], corners[2] - corners[0]])
    unit = sides / np.maximum(np.linalg.norm(sides, axis=1, keepdims=True), 1e-9)
    across = np.stack([-unit[:, 1], unit[:, 0]], axis=1)
    return np.concatenate([across, -across])


def _unit(shape: Shape, axes: int) -> Float64[np.ndarray, "points axes"]:
    return (_SQUARE if axes == 2 else _CUBE) if shape == "box" else _UNIT[shape]


def _projected(clip: WorldClip, frame: int, points_m: Float64[np.ndarray, "points axes"]) -> Points | None:
    shares = clip.view.at(np.array([frame])).project(points_m[None])[0]
    return shares if np.isfinite(shares).all() else None
