"""Where the camera is with respect to the shot's first frame, without the drift of adding steps up.

Every point that is followed remembers where it was in shot coordinates when it was first seen; the camera's place is
the similarity that brings the points of the still scene back there.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.judge.kinematic.camera import IDENTITY, CameraStep, Transform, compose, inverse, is_identity
from lawful.judge.kinematic.middle import middle
from lawful.judge.kinematic.objects.plate import Plate
from lawful.judge.kinematic.tracker import Points, Tracks
from lawful.judge.kinematic.vectors import lengths
from lawful.judge.kinematic.window import Picture, strongest_channel

_LEAST_POINTS = 8
_STILL_PX = 0.2
_REST_PX, _MOSTLY = 0.4, 0.8
_NEAR_PX = 1.5
_FIT_LEVELS = 8
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
    picture: Picture,
    plate: Plate,
) -> Transform:
    """Take one step in; changes the anchor.

    Most points may be on bodies that are not known yet, so that what they say is held against the pictures: of no
    motion, the step between the frames and the fit to all that is remembered, the one that fits best counts.

    Args:
        anchor: Changed in place.
        tracks: The points that were found in the new frame; their ids grow.
        camera: The step as it looks between the two frames.
        on_bodies: True for points that lie on a body.
        picture: The new frame.
        plate: The still scene as it was in the frame before.

    Returns:
        Takes (x, y) of the frame before to the new one; the identity where the camera stands still.
    """
    before = anchor.to_shot
    height, width = picture.shape[:2]
    guess = compose(inverse(camera.transform), before) if camera.known else before
    at = np.searchsorted(anchor.ids, tracks.ids)
    held = at < len(anchor.ids)
    held[held] = anchor.ids[at[held]] == tracks.ids[held]
    used = held & ~on_bodies
    if camera.still and _rests(tracks.newest[used], anchor.places[at[used]], before):
        anchor.ids, anchor.places = tracks.ids[held], anchor.places[at[held]]
        return IDENTITY
    found = None
    if used.sum() >= _LEAST_POINTS:
        found = _fitted(tracks.newest[used].astype(np.float64), anchor.places[at[used]], guess)
    corners = np.array([[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]], np.float64)
    choices = [before] if found is None else [before, found]
    if _apart(guess, before, corners) > 0 and (found is None or _apart(guess, found, corners) > _NEAR_PX):
        choices.append(guess)
    if found is not None and _apart(found, before, corners) < _NEAR_PX:
        # Too little to be seen in the pictures.
        now = found if _apart(found, before, corners) >= _STILL_PX else before
    else:
        shown = plate.rgb.astype(np.uint8)
        misses = [_misses(compose(before, inverse(choice)), picture, shown) for choice in choices]
        now = choices[int(np.argmin(misses))]
    anchor.to_shot = now
    anchor.ids, anchor.places = tracks.ids[held], anchor.places[at[held]]
    if now is before:
        return IDENTITY
    step = compose(before, inverse(now))
    # Between neighbouring frames depth matters least.
    near = camera.known and not camera.still and _apart(camera.transform, step, corners) < _NEAR_PX
    return camera.transform if near else step


def _rests(now: Points, places: Float64[np.ndarray, "points 2"], to_shot: Transform) -> bool:
    """True if nearly all points of the still scene are where they always were."""
    if len(now) < _LEAST_POINTS:
        return False
    away = np.abs(apply(to_shot, now.astype(np.float64)) - places).max(axis=1)
    return middle(away) < _STILL_PX / 2 and float(np.count_nonzero(away < _REST_PX)) > _MOSTLY * len(away)


def _misses(step: Transform, picture: Picture, plate: Picture) -> int:
    """Pixels in which a frame is not the plate taken along with the camera."""
    held = plate
    if not is_identity(step):
        held = cv2.warpAffine(plate, step, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    levels = strongest_channel(cv2.absdiff(held, picture))
    return cv2.countNonZero(cv2.threshold(levels, _FIT_LEVELS, 255, cv2.THRESH_BINARY)[1])


def _apart(one: Transform, two: Transform, points: Float64[np.ndarray, "points 2"]) -> float:
    """Largest distance between where two transforms take some points."""
    return float(lengths(apply(one, points) - apply(two, points)).max())


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
    miss = lengths(apply(guess, start) - end)
    # The guess may be off as a whole; what is off by more than most is not of the still scene.
    scale = max(_TOLERANCE_PX, middle(miss))
    one, two = start @ _COMPLEX, end @ _COMPLEX
    factor, offset = complex(guess[0, 0], guess[1, 0]), complex(guess[0, 2], guess[1, 2])
    for _ in range(_ROUNDS):
        weight = 1 / (1 + (miss / scale) ** 4)
        weight /= weight.sum()
        middle_one, middle_two = weight @ one, weight @ two
        from_middle = one - middle_one
        spread = float(weight @ np.abs(from_middle) ** 2)
        factor = complex((weight * from_middle.conj()) @ (two - middle_two) / max(spread, 1e-9))
        offset = complex(middle_two - factor * middle_one)
        miss = np.abs(factor * one + offset - two)
        scale = _TOLERANCE_PX
    if (miss < _TOLERANCE_PX).mean() < _LEAST_AGREE:
        return None
    return np.array([[factor.real, -factor.imag, offset.real], [factor.imag, factor.real, offset.imag]])
