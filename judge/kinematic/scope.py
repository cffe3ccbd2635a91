"""Is what moves rigid, or fluid, cloth, smoke or people? Cheap statistics of points and pixels, step by step.

They are rates over time and shares, so that they depend little on length, frame rate and size.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from lawful.judge.kinematic.camera import CameraStep, moved
from lawful.judge.kinematic.middle import median
from lawful.judge.kinematic.scope_rule import ScopeTally
from lawful.judge.kinematic.tracker import Gray, Points, TrackStep
from lawful.judge.kinematic.vectors import lengths

_MOVING_PX = 0.6
_LEAST_POINTS = 5
_NEAR_SHARE = 0.12
_LEAST_APART_PX = 4.0
_PATCH = 7
_CELL_SHARE = 0.02
_CAP = 4.0


@dataclass(frozen=True, eq=False)
class Changed:
    """Where the picture changed beyond the camera's motion in one step."""

    pixels: Bool[np.ndarray, "height width"]
    """True where it did."""
    shares: Float32[np.ndarray, "8 8"]
    """Share of such pixels in each cell of the grid."""
    near: Gray
    """Not 0 within two pixels of them."""


def tally_scope(
    tally: ScopeTally,
    before: Gray,
    after: Gray,
    step: TrackStep,
    camera: CameraStep,
    changed: Changed,
    step_s: float,
) -> None:
    """Add one step; changes the tally.

    Args:
        tally: The clip so far.
        before: The frame that the step starts from.
        after: The frame that it leads to.
        step: What became of the points.
        camera: The camera's motion, which is known.
        changed: Where pixels changed beyond it.
        step_s: Length of the step.
    """
    tally.steps += 1
    tally.changed += int(np.count_nonzero(changed.pixels)) / changed.pixels.size
    tally.spread += float((changed.shares > _CELL_SHARE).mean())
    on_moving = _on(changed.near, step.start)
    tally.asked += float(on_moving.sum())
    tally.lost += float((on_moving & ~step.ok).sum()) * min(0.1 / step_s, _CAP)
    start, end = step.start[step.ok], step.end[step.ok]
    shift = end - moved(start, camera.transform)
    size = lengths(shift)
    moving = size > _MOVING_PX
    tally.points += float(moving.sum())
    if moving.sum() < _LEAST_POINTS:
        return
    tally.measured += 1
    start, end, shift = start[moving], end[moving], shift[moving]
    tally.incoherence += 1 - float(lengths(shift.sum(0)) / size[moving].sum())
    stretches, turns = _strains(start, end, step_s, _NEAR_SHARE * max(after.shape))
    if len(stretches):
        tally.stretch += min(float(median(stretches)), _CAP)
        tally.stretch_most += min(float(np.quantile(stretches, 0.9)), 2 * _CAP)
        tally.turn += min(float(median(turns)), 2 * _CAP)
    tally.repaint += min(_repaint(before, after, start, end) * min(0.1 / step_s, _CAP), _CAP)


def _on(mask: Gray, points: Points) -> Bool[np.ndarray, " points"]:
    """Which points lie where the mask is not 0."""
    if not len(points):
        return np.zeros(0, bool)
    height, width = mask.shape
    x, y = np.rint(points).astype(np.int64).T
    return mask[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)] > 0


def _strains(
    start: Points, end: Points, step_s: float, near_px: float
) -> tuple[Float64[np.ndarray, " pairs"], Float64[np.ndarray, " pairs"]]:
    """How fast near points go apart or together, and how fast they turn about each other, 1/s.

    A step of a tenth of a pixel is within the tracker's error; it is taken off, so that still things are rigid.
    """
    x, y = start.T
    right, down = ((part[None] - part[:, None]).astype(np.float64) for part in (x, y))
    length = np.sqrt(right * right + down * down)
    first, second = np.nonzero(np.triu((length < near_px) & (length > _LEAST_APART_PX)))
    apart, length = (start[second] - start[first]).astype(np.float64), length[first, second]
    change = end[second] - end[first] - apart
    along = (change[:, 0] * apart[:, 0] + change[:, 1] * apart[:, 1]) / length
    across = (apart[:, 0] * change[:, 1] - apart[:, 1] * change[:, 0]) / length
    stretches, turns = (np.maximum(np.abs(part) - 0.1, 0) / length / step_s for part in (along, across))
    return stretches, turns


def _repaint(before: Gray, after: Gray, start: Points, end: Points) -> float:
    """Middle change of a patch's look, its mean taken out, over its contrast."""
    old, new = _patches(before, start), _patches(after, end)
    differ = np.abs((new - new.mean(1, keepdims=True)) - (old - old.mean(1, keepdims=True))).mean(1)
    return float(median(differ / (old.std(1) + 2.0)))


def _patches(picture: Gray, points: Points) -> Float32[np.ndarray, "points pixels"]:
    offsets = np.arange(_PATCH, dtype=np.float32) - _PATCH // 2
    x = points[:, 0, None, None] + offsets[None, None, :] + 0 * offsets[None, :, None]
    y = points[:, 1, None, None] + offsets[None, :, None] + 0 * offsets[None, None, :]
    shape = (len(points) * _PATCH, _PATCH)
    looked = cv2.remap(
        picture, x.reshape(shape), y.reshape(shape), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return looked.reshape(len(points), -1).astype(np.float32)
