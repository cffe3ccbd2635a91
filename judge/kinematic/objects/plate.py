"""The plate: the still scene without what moves, in the coordinates of the newest frame, and what differs from it."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from lawful.judge.kinematic.camera import Transform, is_identity
from lawful.judge.kinematic.middle import middle
from lawful.judge.kinematic.window import Picture, strongest_channel

Mask = UInt8[np.ndarray, "height width"]

_RATE_STILL, _RATE_MOVING = 0.08, 0.3
_LEAST_LEVELS, _NOISE_TIMES = 11.0, 2.5
_DARKEST, _LIGHTEST = 0.35, 0.985
_SATURATED = 250
_KERNEL = np.ones((3, 3), np.uint8)
_ONES = np.ones(3, np.float32)


@dataclass
class Plate:
    """The still scene as far as it is known."""

    rgb: Float32[np.ndarray, "height width 3"]
    """Its colours, 0-255, in the light of the shot's first frame."""
    known: Mask
    """255 where it was seen without a body before it."""


@dataclass(frozen=True, eq=False)
class Foreground:
    """What differs from the plate in one frame."""

    lit: Picture
    """The frame in the plate's light."""
    plate: Picture
    """The plate."""
    differs: Mask
    """255 where it differs, shadows and what is not known left out."""
    shadow: Mask
    """255 where it differs as a shadow does."""
    levels: float
    """Difference from which on a pixel differs."""
    share: float
    """Share of the known pixels that differ or are in shadow, 0-1."""
    burns: Mask
    """255 where it is burnt out in a flash: what is there cannot be seen."""


def open_plate(picture: Picture) -> Plate:
    """All of the first frame, bodies too: they come out of it when they move."""
    return Plate(picture.astype(np.float32), np.full(picture.shape[:2], 255, np.uint8))


def move_plate(plate: Plate, step: Transform) -> None:
    """Take the plate along with the camera; what comes into view is not known."""
    if is_identity(step):
        return
    size = plate.known.shape[::-1]
    plate.rgb = cv2.warpAffine(plate.rgb, step, size, borderMode=cv2.BORDER_REPLICATE)
    plate.known = cv2.warpAffine(plate.known, step, size)
    plate.known = cv2.threshold(plate.known, 254, 255, cv2.THRESH_BINARY)[1]


def foreground(plate: Plate, picture: Picture, bodies: Mask) -> Foreground:
    """What differs from the plate, the common change of light taken out.

    Args:
        plate: The plate in the frame's coordinates.
        picture: The frame.
        bodies: Not 0 where bodies are expected: they do not count for the light.
    """
    shown = plate.rgb.astype(np.uint8)
    lit, gain = _in_its_light(shown, picture, plate.known, bodies)
    over = cv2.subtract(lit, cv2.dilate(shown, _KERNEL))
    under = cv2.subtract(cv2.erode(shown, _KERNEL), lit)
    change = strongest_channel(cv2.max(over, under))
    rough = strongest_channel(cv2.absdiff(lit[::4, ::4], shown[::4, ::4]))
    levels = _LEAST_LEVELS + _NOISE_TIMES * middle(rough)
    change = cv2.bitwise_and(change, plate.known)
    burns = np.zeros_like(change)
    if gain > 1.05:
        # What is burnt out says nothing about its colour.
        burns = cv2.threshold(strongest_channel(picture), _SATURATED - 1, 255, cv2.THRESH_BINARY)[1]
        change[burns > 0] = 0
    differs = cv2.threshold(change, levels, 255, cv2.THRESH_BINARY)[1]
    share = cv2.countNonZero(differs) / max(cv2.countNonZero(plate.known), 1)
    shadow = _shadows(lit, shown, differs, levels)
    return Foreground(lit, shown, cv2.subtract(differs, shadow), shadow, levels, share, burns)


def update_plate(plate: Plate, seen: Foreground, bodies: Mask, doubtful: Mask, still: bool) -> None:
    """Learn the still scene from a frame.

    Args:
        plate: Changed in place.
        seen: The frame.
        bodies: Not 0 where bodies are, with a margin: the plate behind them stays as it was.
        doubtful: Not 0 where something differs that may become a body: the plate stays too.
        still: True if the camera stands still.
    """
    # What is burnt out is at least as bright as it looks: nothing to learn from.
    unseen = cv2.max(bodies, cv2.max(doubtful, seen.burns))
    rate = _RATE_STILL if still else _RATE_MOVING
    learns = cv2.bitwise_and(plate.known, cv2.bitwise_not(cv2.max(unseen, seen.shadow)))
    cv2.accumulateWeighted(seen.lit, plate.rgb, rate, learns)
    if cv2.countNonZero(plate.known) == plate.known.size:
        return
    fresh = cv2.bitwise_and(cv2.bitwise_not(plate.known), cv2.bitwise_not(unseen))
    put_back(plate, seen.lit, fresh)


def put_back(plate: Plate, lit: Picture, where: Mask) -> None:
    """Take the frame for the plate where a mask is not 0."""
    cv2.accumulateWeighted(lit, plate.rgb, 1.0, where)
    plate.known[:] = cv2.max(plate.known, where)


def _in_its_light(shown: Picture, picture: Picture, known: Mask, bodies: Mask) -> tuple[Picture, float]:
    """The frame as it would be in the plate's light, and how much brighter it is than the plate."""
    part = (slice(None, None, 6), slice(None, None, 6))
    usable = (known[part] > 0) & (bodies[part] == 0)
    here, there = picture[part][usable], shown[part][usable]
    gains = []
    for channel in range(3):
        one, two = here[:, channel], there[:, channel]
        fair = (two > 12) & (one > 4) & (one < _SATURATED)
        if fair.sum() < 30:
            gains.append(1.0)
            continue
        gains.append(middle(one[fair] / two[fair].astype(np.float32)))
    if max(abs(gain - 1) for gain in gains) < 0.012:
        return picture, 1.0
    levels = np.arange(256)[:, None] / np.array(gains)[None]
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return cv2.LUT(picture, table.reshape(256, 1, 3)), float(np.mean(gains))


def _shadows(lit: Picture, shown: Picture, differs: Mask, levels: float) -> Mask:
    """Where a frame is the plate, only darker, and the colour kept."""
    mask = np.zeros(differs.shape, np.uint8)
    found = cv2.findNonZero(differs)
    if found is None:
        return mask
    x, y = found.reshape(-1, 2).T
    at = y * differs.shape[1] + x
    now, before = (picture.reshape(-1, 3)[at].astype(np.float32) for picture in (lit, shown))
    share = (now @ _ONES) / np.maximum(before @ _ONES, 1)
    away = np.abs(now - share[:, None] * before)
    miss = np.maximum(np.maximum(away[:, 0], away[:, 1]), away[:, 2])
    dark = (share > _DARKEST) & (share < _LIGHTEST) & (miss < 0.55 * levels)
    mask.reshape(-1)[at[dark]] = 255
    return mask
