"""Where the camera is with respect to the shot's first frame, without the drift of adding steps up.

Every point that is followed remembers where it was in shot coordinates when it was first seen; the camera's place is
the similarity that brings the points of the still scene back there.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.judge.kinematic.camera import IDENTITY, CameraStep, Transform, compose, inverse
from lawful.judge.kinematic.tracker import Tracks

_LEAST_POINTS = 8
_STILL_PX = 0.2
_NEAR_PX = 2.0
_TOLERANCE_PX = 1.0
_LEAST_AGREE = 0.4
_ROUNDS = 5
_COMPLEX = np.array([1.0, 1.0j])


@dataclass
class Anchor:
    """What is remembered of the points, and where the camera is."""

    to_shot: Transform = field(default_factory=lambda: IDENTITY.copy())
    """Takes (x, y) of the newest frame to shot coordinates."""
    ids: Int64[np.ndarray, " points"] = field(default_factory=lambda: np.zeros(0, np.int64))
    """The points that are remembered, growing."""
    places: Float64[np.ndarray, "points 2"] = field(default_factory=lambda: np.zeros((0, 2)))
    """Where they are in shot coordinates."""


def apply(transform: Transform, points: Float64[np.ndarray, "points 2"]) -> Float64[np.ndarray, "points 2"]:
    """Points taken along."""
    return points @ transform[:, :2].T + transform[:, 2]


def advance_anchor(
    anchor: Anchor,
    tracks: Tracks,
    camera: CameraStep,
    on_bodies: Bool[np.ndarray, " tracks"],
    width_px: int,
    height_px: int,
) -> Transform:
    """Take one step in; changes the anchor.

    Args:
        anchor: Changed in place.
        tracks: The points that were found in the new frame; their ids grow.
        camera: The step as it looks between the two frames.
        on_bodies: True for points that lie on a body.
        width_px: Width of the frame.
        height_px: Height of the frame.

    Returns:
        Takes (x, y) of the frame before to the new one; the identity where the camera stands still.
    """
    before = anchor.to_shot
    guess = compose(inverse(camera.transform), before) if camera.known else before
    at = np.searchsorted(anchor.ids, tracks.ids)
    held = at < len(anchor.ids)
    held[held] = anchor.ids[at[held]] == tracks.ids[held]
    used = held & ~on_bodies
    found = None
    if used.sum() >= _LEAST_POINTS:
        found = _fitted(tracks.newest[used].astype(np.float64), anchor.places[at[used]], guess)
    corners = np.array([[0.0, 0.0], [width_px, 0.0], [0.0, height_px], [width_px, height_px]])
    # Most points may be on bodies that are not known yet: what is far from the step between the frames is theirs.
    near = found is not None and _apart(found, guess, corners) < _NEAR_PX
    now = found if found is not None and near else guess
    moved = _apart(now, before, corners)
    if camera.still and moved < _STILL_PX:
        now = before
    anchor.to_shot = now
    anchor.ids, anchor.places = tracks.ids[held], anchor.places[at[held]]
    if now is before:
        return IDENTITY
    if camera.known and not camera.still:
        # Between neighbouring frames depth matters least.
        return camera.transform
    return compose(before, inverse(now))


def _apart(one: Transform, two: Transform, points: Float64[np.ndarray, "points 2"]) -> float:
    """Largest distance between where two transforms take some points."""
    return float(np.linalg.norm(apply(one, points) - apply(two, points), axis=1).max())


def remember(anchor: Anchor, tracks: Tracks, on_bodies: Bool[np.ndarray, " tracks"]) -> None:
    """Note where new points of the still scene are; points on bodies are forgotten, as they are no landmarks."""
    at = np.searchsorted(anchor.ids, tracks.ids)
    held = at < len(anchor.ids)
    held[held] = anchor.ids[at[held]] == tracks.ids[held]
    places = apply(anchor.to_shot, tracks.newest.astype(np.float64))
    places[held] = anchor.places[at[held]]
    anchor.ids, anchor.places = tracks.ids[~on_bodies], places[~on_bodies]


def _fitted(
    start: Float64[np.ndarray, "points 2"], end: Float64[np.ndarray, "points 2"], guess: Transform
) -> Transform | None:
    """The similarity that takes most of `start` to `end`, near a guess; None if few agree."""
    miss = np.linalg.norm(apply(guess, start) - end, axis=1)
    # The guess may be off as a whole; what is off by more than most is not of the still scene.
    scale = max(_TOLERANCE_PX, float(np.median(miss)))
    one, two = start @ _COMPLEX, end @ _COMPLEX
    factor, offset = complex(guess[0, 0], guess[1, 0]), complex(guess[0, 2], guess[1, 2])
    for _ in range(_ROUNDS):
        weight = 1 / (1 + (miss / scale) ** 4)
        weight /= weight.sum()
        middle_one, middle_two = (weight * one).sum(), (weight * two).sum()
        from_middle = one - middle_one
        spread = float((weight * np.abs(from_middle) ** 2).sum())
        factor = complex((weight * from_middle.conj() * (two - middle_two)).sum() / max(spread, 1e-9))
        offset = complex(middle_two - factor * middle_one)
        miss = np.abs(factor * one + offset - two)
        scale = _TOLERANCE_PX
    if (miss < _TOLERANCE_PX).mean() < _LEAST_AGREE:
        return None
    return np.array([[factor.real, -factor.imag, offset.real], [factor.imag, factor.real, offset.imag]])
