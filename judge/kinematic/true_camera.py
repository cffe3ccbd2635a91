"""The camera of a simulated clip as a judge sees it: steps of similarities between successive frames."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.records import WorldClip
from lawful.judge.kinematic.camera import IDENTITY, Transform, compose, inverse

_GRID = 9
_FAR_M = 1e4
_ROUNDS = 6
_RELIABLE_PX = 0.75
_STILL_PX = 1e-3


@dataclass(frozen=True, eq=False)
class TrueCamera:
    """The camera in one frame."""

    to_shot: Transform
    """Takes (x, y) of the frame, px, to that of the shot's first."""
    still: bool
    """True if it has not moved since the frame before."""
    reliable: bool
    """False where no similarity says how the picture of what stands still moved."""
    starts_shot: bool
    """True for the first frame of a shot."""


def true_cameras(clip: WorldClip, width_px: int, height_px: int) -> Iterator[TrueCamera]:
    """The camera frame by frame.

    In a flat world the similarities are exact. In a solid one they are the best for a grid of points on the floor
    and, where there is none, far behind; parallax is what is left.
    """
    view = clip.view
    size = np.array([width_px, height_px], float)
    cuts = [cut.time_s for cut in getattr(clip.world.camera, "cuts", ())]
    times = clip.frames.times_s
    to_shot = IDENTITY
    for frame in range(len(view)):
        starts = frame == 0 or any(times[frame - 1] < cut <= times[frame] + 1e-9 for cut in cuts)
        if starts:
            to_shot = IDENTITY
            yield TrueCamera(to_shot, True, True, True)
            continue
        points = still_points(view, frame - 1, clip.world.floor_m)
        before, after = (shown(view, at, points) * size for at in (frame - 1, frame))
        step, left_px = _similarity(before, after)
        still = float(np.abs(after - before).max()) < _STILL_PX
        to_shot = to_shot if still else compose(inverse(step), to_shot)
        yield TrueCamera(to_shot, still, left_px < _RELIABLE_PX, False)


def shown(
    view: View, frame: int, points_m: Float64[np.ndarray, "points axes"]
) -> Float64[np.ndarray, "points 2"]:
    """Where points of the world are seen in one frame, as shares of its width and height."""
    return view.at(np.array([frame])).project(points_m[None])[0]


def still_points(view: View, frame: int, floor_m: float) -> Float64[np.ndarray, "points axes"]:
    """Points of the world that a grid over a frame shows while no body is before them."""
    right, up = np.meshgrid((np.arange(_GRID) + 0.5) / _GRID - 0.5, (np.arange(_GRID) + 0.5) / _GRID - 0.5)
    offsets = np.stack([right.ravel() * view.aspect, up.ravel()], axis=1) / view.scale[frame]
    axes, position = view.axes[frame], view.position_m[frame]
    if len(position) == 2:
        return position + offsets @ axes.T
    ways = offsets @ axes[:, :2].T - axes[:, 2]
    down = meets_floor(ways)
    length = np.where(down, (floor_m - position[2]) / np.where(down, ways[:, 2], -1.0), _FAR_M)
    return position + ways * length[:, None]


def meets_floor(ways: Float64[np.ndarray, "points 3"]) -> Bool[np.ndarray, " points"]:
    """Which rays go down to the floor before they are lost in the distance."""
    return ways[:, 2] < -1e-3


def _similarity(
    before: Float64[np.ndarray, "points 2"], after: Float64[np.ndarray, "points 2"]
) -> tuple[Transform, float]:
    """The similarity that most points follow, and how far half of them are from it, px."""
    origin, target = before @ np.array([1.0, 1j]), after @ np.array([1.0, 1j])
    known = np.isfinite(origin) & np.isfinite(target)
    origin, target = origin[known], target[known]
    weight = np.ones(len(origin))
    factor, offset = 1.0 + 0j, 0j
    for _ in range(_ROUNDS):
        weight /= weight.sum()
        middle, end = (weight * origin).sum(), (weight * target).sum()
        spread = (weight * np.abs(origin - middle) ** 2).sum()
        factor = (weight * (origin - middle).conj() * (target - end)).sum() / max(spread, 1e-9)
        offset = end - factor * middle
        weight = 1 / (0.25 + np.abs(target - factor * origin - offset) ** 2)
    left = float(np.median(np.abs(target - factor * origin - offset)))
    rows = [[factor.real, -factor.imag, offset.real], [factor.imag, factor.real, offset.imag]]
    return np.array(rows), left
