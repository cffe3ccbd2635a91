"""The rods and springs of a solid scene, as long thin boxes: they cost little, and a spring is made of many."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Pivot, Scene, Spring

ROD_RGB = (48, 46, 44)
_ROD, _WIRE, _COIL = 0.007, 0.0045, 0.02
"""Radii of rods, of the wire of springs and of their coils, in view heights."""
_COILS, _STEPS = 7, 8
MOST_BOXES = _COILS * _STEPS
"""No rod or spring is made of more."""
_TINY_M = 1e-9


@dataclass(frozen=True, eq=False)
class Boxes:
    """Some thin boxes."""

    middle_m: Float64[np.ndarray, "boxes 3"]
    """Their centres."""
    half_size_m: Float64[np.ndarray, "boxes 3"]
    """Half their extents; the last is along them."""
    rotation: Float64[np.ndarray, "boxes 3 3"]
    """From their own axes to the world's."""


def rods(scene: Scene, simulated: Simulated, frame: int) -> list[Boxes]:
    """What is seen of each rod and spring in a frame, as far as what it holds is there."""
    found = []
    for joint in (*scene.pivots, *scene.springs):
        ends = _ends(joint, simulated, frame)
        if ends is None or np.linalg.norm(ends[1] - ends[0]) < _TINY_M:
            continue
        if isinstance(joint, Spring):
            found.append(_boxes(_coil(*ends, _COIL * scene.view_height_m), _WIRE * scene.view_height_m))
        elif joint.seen and (joint.until_s is None or frame / simulated.fps < joint.until_s):
            found.append(_boxes(np.stack(ends), _ROD * scene.view_height_m))
    return found


def _ends(
    joint: Pivot | Spring, simulated: Simulated, frame: int
) -> tuple[Float64[np.ndarray, " 3"], Float64[np.ndarray, " 3"]] | None:
    held = simulated.motion(joint.body)
    if not held.present[frame]:
        return None
    if joint.other is None:
        return np.array(joint.point_m, np.float64), held.position_m[frame]
    other = simulated.motion(joint.other)
    if not other.present[frame]:
        return None
    return other.position_m[frame], held.position_m[frame]


def _boxes(points: Float64[np.ndarray, "points 3"], radius_m: float) -> Boxes:
    """Boxes from each point to the next."""
    along = np.diff(points, axis=0)
    length = np.linalg.norm(along, axis=1)
    direction = along / length[:, None]
    aside = _across(direction)
    half = np.stack([np.full_like(length, radius_m), np.full_like(length, radius_m), length / 2], axis=1)
    rotation = np.stack([aside, np.cross(direction, aside), direction], axis=2)
    return Boxes((points[1:] + points[:-1]) / 2, half, rotation)


def _across(direction: Float64[np.ndarray, "rods 3"]) -> Float64[np.ndarray, "rods 3"]:
    """A unit vector at right angles to each."""
    aside = np.cross(direction, np.eye(3)[np.abs(direction).argmin(axis=1)])
    return aside / np.linalg.norm(aside, axis=1, keepdims=True)


def _coil(
    start: Float64[np.ndarray, " 3"], end: Float64[np.ndarray, " 3"], radius_m: float
) -> Float64[np.ndarray, "points 3"]:
    along = (end - start) / np.linalg.norm(end - start)
    aside = _across(along[None])[0]
    share = np.linspace(0, 1, _COILS * _STEPS + 1)[:, None]
    angle = 2 * np.pi * _COILS * share
    swing = radius_m * np.minimum(1, 12 * np.minimum(share, 1 - share))
    return (
        start
        + share * (end - start)
        + swing * (np.cos(angle) * aside + np.sin(angle) * np.cross(along, aside))
    )
