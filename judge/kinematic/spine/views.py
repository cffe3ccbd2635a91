"""What the net sees of a step: the frame, and what changed in it that the camera does not explain, at 64 x 64."""

import math

import cv2
import numpy as np

from lawful.judge.kinematic.spine.eye import CHANNELS, SIZE, View
from lawful.judge.kinematic.window import Change, Picture

_MIDDLE, _STEEP = 128.0, 10.0
_USUAL_S = 1 / 24


def view_of(picture: Picture, held: Picture | None, change: Change | None, step_s: float) -> View:
    """One frame as the net sees it.

    Small changes matter as much as large ones, so that roots of them are kept.

    Args:
        picture: The frame at the size at which motion is looked at.
        held: The frame before, taken along with the camera and in the same light; None for the first of a shot.
        change: Levels by which the frame leaves the range of the one before (`change_between`); None likewise.
        step_s: Time between the two.
    """
    view = np.zeros((CHANNELS, SIZE, SIZE), np.uint8)
    view[:3] = _small(picture).transpose(2, 0, 1)
    if held is None or change is None:
        view[3:6] = int(_MIDDLE)
        return view
    gained = _small(cv2.subtract(picture, held)).astype(np.float32)
    gained -= _small(cv2.subtract(held, picture))
    signed = np.sign(gained) * np.sqrt(np.abs(gained)) * _STEEP + _MIDDLE
    view[3:6] = np.clip(np.rint(signed), 1, 255).astype(np.uint8).transpose(2, 0, 1)
    size = np.sqrt(_small(change).astype(np.float32)) * 16
    view[6] = np.clip(np.rint(size), 0, 255).astype(np.uint8)
    view[7] = round(min(max(128 + 48 * math.log2(max(step_s, 1e-3) / _USUAL_S), 1), 255))
    return view


def _small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
