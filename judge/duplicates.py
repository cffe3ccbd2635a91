"""Dropping frames that repeat the one before, so that no score depends on how often a frame is shown."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8

from lawful.video.frames import Frames

DUPLICATES_VERSION = 1
"""Changes when the rule below does; part of the identity of every judge that uses it."""
LONG_SIDE_PX = 160
"""Frames are compared in grey at this longer side; smaller ones as they are."""
MEAN_LEVELS = 0.4
"""Duplicates differ by less than this on average, in grey levels of 0-255."""
PATCH_LEVELS = 5.0
"""Duplicates differ by at most this in the mean of any patch of `PATCH_PX`, in grey levels of 0-255."""
PATCH_PX = 5
"""An encoder's second thoughts on a repeated frame cancel out over a patch; a moving edge does not."""


@dataclass(frozen=True, eq=False)
class DuplicateState:
    """What is remembered of the frames so far."""

    last: UInt8[np.ndarray, "height width"] | None = None
    """The last distinct frame, small and grey; None before the first."""


def open_duplicates() -> DuplicateState:
    """The state before the first frame."""
    return DuplicateState()


def keep_distinct(state: DuplicateState, frames: Frames) -> tuple[DuplicateState, Frames]:
    """Drop every frame that repeats the last one kept; times and indices of the others stay as they are.

    A frame repeats another if both are the same picture up to what an encoder does to a repeated frame (x264
    at CRF 18 / 23 / 30: 99 / 98 / 85 % of repeated frames in clips of small bodies are recognised). As it is
    compared with the last frame *kept*, slow motion is thinned out and never lost.

    Args:
        state: From `open_duplicates` or from the frames before.
        frames: The next frames, of one size throughout a clip.

    Returns:
        The new state and the distinct frames, maybe none.
    """
    last = state.last
    kept = np.zeros(len(frames), bool)
    for number, rgb in enumerate(frames.rgb):
        small = small_grey(rgb)
        if last is None or not _same(last, small):
            kept[number] = True
            last = small
    if kept.all():
        return DuplicateState(last), frames
    return DuplicateState(last), Frames(frames.rgb[kept], frames.times_s[kept], frames.indices[kept])


def small_grey(rgb: UInt8[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "h w"]:
    """A frame in grey, 0-255, shrunk to a longer side of `LONG_SIDE_PX`."""
    grey = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    shrink = LONG_SIDE_PX / max(height, width)
    if shrink >= 1:
        return grey
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _same(one: UInt8[np.ndarray, "height width"], two: UInt8[np.ndarray, "height width"]) -> bool:
    difference = cv2.subtract(one, two, dtype=cv2.CV_16S)
    if cv2.norm(difference, cv2.NORM_L1) >= MEAN_LEVELS * difference.size:
        return False
    patches = cv2.blur(difference.astype(np.float32), (PATCH_PX, PATCH_PX))
    return bool(np.abs(patches).max() <= PATCH_LEVELS)
