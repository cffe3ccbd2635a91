"""The camera's motion between two frames."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from lawful.judge.kinematic.tracker import Gray, Points, TrackStep
from lawful.judge.kinematic.vectors import lengths

Transform = Float64[np.ndarray, "2 3"]
IDENTITY: Transform = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

_STILL_PX = 0.35
_UNCHANGED_LEVELS = 6
_MIN_POINTS = 8
_MIN_INLIERS = 0.45
_MOSTLY_UNCHANGED = 0.6
_LEAST_SPAN = 0.5


@dataclass(frozen=True, eq=False)
class CameraStep:
    """How the still part of the scene moved from one frame to the next."""

    transform: Transform
    """Takes (x, y) of the frame before to the frame after; a similarity."""
    known: bool
    """False if the motion could not be estimated."""
    still: bool
    """True if the camera stood still: `transform` is the identity."""


def camera_step(before: Gray, after: Gray, step: TrackStep) -> CameraStep:
    """The camera's motion from the tracks of one step, and from pixels where these are too few or all on one thing."""
    start, end = step.start[step.ok], step.end[step.ok]
    unchanged = int(np.count_nonzero(cv2.absdiff(before, after) < _UNCHANGED_LEVELS)) / before.size
    if len(start) >= _MIN_POINTS:
        rest = lengths(end - start) < _STILL_PX
        if rest.mean() >= 0.5 or (unchanged > 0.8 and rest.mean() >= 0.25):
            return CameraStep(IDENTITY, True, True)
        transform, inliers = cv2.estimateAffinePartial2D(start, end, ransacReprojThreshold=1.0)
        if transform is not None and inliers.mean() >= _MIN_INLIERS:
            # Before a plain ground all points may be on one thing that moves.
            far = _span(start[inliers.ravel() > 0], after.shape) >= _LEAST_SPAN
            if far or unchanged <= _MOSTLY_UNCHANGED:
                return CameraStep(transform, True, False)
    still = unchanged > _MOSTLY_UNCHANGED
    return CameraStep(IDENTITY, still, still)


def _span(points: Points, shape: tuple[int, ...]) -> float:
    """How far points reach across the picture, or up and down it, whichever is more: a share."""
    height, width = shape[:2]
    return float((np.ptp(points, axis=0) / (width, height)).max())


def moved(points: Points, transform: Transform) -> Points:
    """Points taken along with the camera."""
    return (points @ transform[:, :2].T + transform[:, 2]).astype(np.float32)


def warped(
    image: UInt8[np.ndarray, "height width channels"], transform: Transform
) -> UInt8[np.ndarray, "height width channels"]:
    """A frame taken along with the camera; the same object where the camera stands still."""
    if is_identity(transform):
        return image
    height, width = image.shape[:2]
    return cv2.warpAffine(image, transform, (width, height), borderMode=cv2.BORDER_REPLICATE)


def is_identity(transform: Transform) -> bool:
    """True if nothing moves."""
    return bool(np.array_equal(transform, IDENTITY))


def compose(first: Transform, second: Transform) -> Transform:
    """First one motion, then another."""
    if is_identity(first):
        return second
    if is_identity(second):
        return first
    return np.vstack([second, [0, 0, 1]])[:2] @ np.vstack([first, [0, 0, 1]])


def inverse(transform: Transform) -> Transform:
    """The motion back."""
    return transform if is_identity(transform) else cv2.invertAffineTransform(transform)
