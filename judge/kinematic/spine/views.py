"""What the net sees of a step: the frame, and what changed in it that the camera does not explain, at 64 x 64."""

import math

import cv2
import numpy as np

from lawful.judge.kinematic.spine.eye import CHANNELS, MIDDLE, SIZE, View
from lawful.judge.kinematic.window import Change, Held, Picture

VERSION = 1
"""Of what the net sees; raised when that changes, and the net is trained anew then."""
_USUAL_S = 1 / 24
_A_ROOT, _A_ROOT_OF_CHANGE, _A_DOUBLING = 10.0, 16.0, 48.0


def view_of(picture: Picture, held: Held | None, change: Change | None, step_s: float) -> View:
    """One frame as the net sees it: eight planes of 64 x 64, 0-255.

    Planes 0 to 2 are red, green and blue. Planes 3 to 5 say what each gained, 128 for nothing and 10 more or less for
    the root of a level; small changes matter as much as large ones. Plane 6 is 16 for the root of a level of change.
    Plane 7 is the length of the step: 128 for 1/24 s, 48 more for each doubling. In the first frame of a shot nothing
    is known to have changed: 3 to 5 are 128, 6 and 7 are 0.

    Args:
        picture: The frame at the size at which motion is looked at.
        held: The frame before; None for the first of a shot.
        change: Levels by which the frame leaves the range of the one before (`change_between`); None likewise.
        step_s: Time between the two, s.
    """
    view = np.zeros((CHANNELS, SIZE, SIZE), np.uint8)
    view[:3] = _small(picture).transpose(2, 0, 1)
    if held is None or change is None:
        view[3:6] = MIDDLE
        return view
    gained = _small(cv2.subtract(picture, held.picture)).astype(np.float32)
    gained -= _small(cv2.subtract(held.picture, picture))
    signed = np.sign(gained) * np.sqrt(np.abs(gained)) * _A_ROOT + MIDDLE
    view[3:6] = np.clip(np.rint(signed), 1, 255).astype(np.uint8).transpose(2, 0, 1)
    size = np.sqrt(_small(change).astype(np.float32)) * _A_ROOT_OF_CHANGE
    view[6] = np.clip(np.rint(size), 0, 255).astype(np.uint8)
    view[7] = round(min(max(MIDDLE + _A_DOUBLING * math.log2(max(step_s, 1e-3) / _USUAL_S), 1), 255))
    return view


def _small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
