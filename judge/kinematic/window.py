"""The few newest frames of a shot, and the changes between them that the camera does not explain."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Num, UInt8

from lawful.judge.kinematic.camera import (
    IDENTITY,
    CameraStep,
    Transform,
    compose,
    inverse,
    is_identity,
    warped,
)
from lawful.judge.kinematic.middle import median

Picture = UInt8[np.ndarray, "height width 3"]
Shown = UInt8[np.ndarray, "shown_height shown_width 3"]
Change = UInt8[np.ndarray, "height width"]

BEFORE = 4
"""Frames kept before a step, the one that it starts from included."""
AFTER = 4
"""Frames kept after a step, the one that it leads to included: how far the judge looks ahead."""
KEPT = 12
"""Moments that are kept: the net speaks of a frame eight frames later, and what came before it is shown too."""
GRID = 8
"""Cells of the scorer along each side of the frame."""
CHANGE_LEVELS = 18
"""A pixel that differs by more levels (of 255) has changed."""


@dataclass(frozen=True, eq=False)
class Moment:
    """One frame, and the step that led to it."""

    time_s: float
    """Presentation time."""
    picture: Picture
    """The frame at the size at which motion is looked at, slightly smoothed."""
    shown: Shown
    """The frame as it was given, for evidence."""
    camera: CameraStep | None
    """The camera's motion since the moment before; None for the first of a shot."""
    change: Change | None
    """Levels by which each pixel leaves the range of its neighbourhood before; None for the first of a shot."""
    cells: Float32[np.ndarray, "8 8"] | None
    """Changed pixels in each cell of the grid; None for the first of a shot."""
    global_change: bool
    """True if most of the picture changed at once: a flash, a switch, a cut, a codec's refresh."""


@dataclass
class Window:
    """The newest moments of a shot."""

    moments: list[Moment] = field(default_factory=list)
    """Oldest first, at most `KEPT` of them."""
    due: int = 1
    """Position in `moments` of the frame that the next step to be examined leads to."""


class Aligned:
    """Frames in the coordinates of another, each taken there when it is first looked at."""

    def __init__(self, pictures: list[Picture], ways: list[Transform]) -> None:
        self._pictures = pictures
        self._ways: list[Transform | None] = list(ways)

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, at: int) -> Picture:
        way = self._ways[at]
        if way is not None:
            self._pictures[at] = warped(self._pictures[at], way)
            self._ways[at] = None
        return self._pictures[at]


@dataclass(frozen=True, eq=False)
class Step:
    """One step with what surrounds it, all in the coordinates of the frame that it starts from."""

    before: Aligned
    """The frames up to the step, the nearest first."""
    after: Aligned
    """The frames from the step on, the nearest first."""
    times_before_s: list[float]
    """Their times."""
    times_after_s: list[float]
    """Their times."""
    change: Change
    """The change of the step itself, in the coordinates of the frame that it leads to."""
    cells: list[Float32[np.ndarray, "8 8"] | None]
    """Changed pixels in each cell: two steps before, one before, the step itself, one after, two after."""
    moments: tuple[Moment, Moment, Moment]
    """The moments before and at the step, and two frames later (or the last there is)."""


def strongest_channel(picture: Num[np.ndarray, "height width 3"]) -> Num[np.ndarray, "height width"]:
    """The largest of the three channels at each pixel."""
    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


@dataclass(frozen=True, eq=False)
class Held:
    """A frame as the next would be if nothing but camera and light had changed."""

    picture: Picture
    """Taken along with the camera, the common change of brightness put in."""


def held_along(before: Picture, after: Picture, camera: CameraStep) -> Held:
    """The frame before, as the frame after would be if nothing but camera and light had changed."""
    held = warped(before, camera.transform)
    brighter = after[::4, ::4].astype(np.int16) - held[::4, ::4]
    shift = np.clip(np.rint([median(levels.ravel()) for levels in cv2.split(brighter)]), -60, 60)
    if shift.any():
        held = np.clip(held.astype(np.int16) + shift.astype(np.int16), 0, 255).astype(np.uint8)
    return Held(held)


def change_between(held: Held, after: Picture, camera: CameraStep) -> Change:
    """Levels by which pixels leave the range of their 3 x 3 neighbourhood in the frame before.

    The range forgives what a step of less than a pixel, an error of registration or a codec does.

    Args:
        held: The frame before, taken along.
        after: The frame.
        camera: The camera's motion between the two.
    """
    kernel = np.ones((3, 3), np.uint8)
    over = cv2.subtract(after, cv2.dilate(held.picture, kernel))
    under = cv2.subtract(cv2.erode(held.picture, kernel), after)
    change = strongest_channel(cv2.max(over, under))
    if not is_identity(camera.transform):
        inside = cv2.warpAffine(np.full(change.shape, 255, np.uint8), camera.transform, change.shape[::-1])
        change[cv2.erode(inside, np.ones((5, 5), np.uint8)) < 255] = 0
    return change


def moving_mask(change: Change) -> Change:
    """255 where a pixel, or one within two of it, has changed; 0 elsewhere."""
    return cv2.dilate((change > CHANGE_LEVELS).astype(np.uint8) * 255, np.ones((5, 5), np.uint8))


def cell_shares(changed: Bool[np.ndarray, "height width"]) -> Float32[np.ndarray, "8 8"]:
    """Share of the pixels that changed in each cell of the grid."""
    return cv2.resize(changed.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)


def add_moment(window: Window, moment: Moment) -> None:
    """Take the newest moment in, and drop what is too old."""
    window.moments.append(moment)
    spare = len(window.moments) - KEPT
    if spare > 0:
        del window.moments[:spare]
        window.due -= spare


def next_step(window: Window, least_after: int) -> Step | None:
    """The oldest step that has not been examined, if at least that many frames follow it."""
    if window.due < 1 or len(window.moments) - window.due < least_after:
        return None
    step = _step_at(window.moments, window.due)
    window.due += 1
    return step


def _step_at(moments: list[Moment], at: int) -> Step:
    origin = moments[at - 1]
    back: Transform = IDENTITY
    before, ways_back, times_before = [origin.picture], [IDENTITY], [origin.time_s]
    for position in range(at - 2, max(-1, at - 1 - BEFORE), -1):
        camera = moments[position + 1].camera
        assert camera is not None
        back = compose(camera.transform, back)
        before.append(moments[position].picture)
        ways_back.append(back)
        times_before.append(moments[position].time_s)
    forth: Transform = IDENTITY
    after, ways_forth, times_after = [], [], []
    for moment in moments[at : at + AFTER]:
        assert moment.camera is not None
        forth = compose(forth, moment.camera.transform)
        after.append(moment.picture)
        ways_forth.append(inverse(forth))
        times_after.append(moment.time_s)
    change = moments[at].change
    assert change is not None
    around = [moments[k].cells if 0 <= k < len(moments) else None for k in range(at - 2, at + 3)]
    last = min(at + 2, len(moments) - 1)
    return Step(
        Aligned(before, ways_back),
        Aligned(after, ways_forth),
        times_before,
        times_after,
        change,
        around,
        (origin, moments[at], moments[last]),
    )
