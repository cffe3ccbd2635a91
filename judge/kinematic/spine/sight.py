"""How a clip is seen by the net while it is trained: from nearby, askew, in other light, through a poor lens."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from lawful.judge.kinematic.spine.examples import Views
from lawful.judge.kinematic.spine.eye import CHANGE, MIDDLE, SIZE

_COLOURS = slice(0, 3)
_GAINED = slice(3, CHANGE)

Turn = tuple[tuple[float, float], tuple[float, float]]
AS_IT_IS: Turn = ((1.0, 0.0), (0.0, 1.0))


@dataclass(frozen=True)
class Sight:
    """How a window is seen."""

    first: int
    """Its first frame."""
    turn: Turn = AS_IT_IS
    """From steps in what is seen to steps in a view: turns, mirrors, stretches, comes closer."""
    middle: tuple[float, float] = (0.5, 0.5)
    """What place of a view is seen in the middle, right and down, 0-1."""
    order: tuple[int, ...] = (0, 1, 2)
    """Of the colours."""
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Contrast of each colour."""
    levels: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Levels of 255 that are added to each."""
    grey: bool = False
    """Whether it is seen without colours."""
    blur: float = 0.0
    """Standard deviation of a blur, in pixels of a view."""
    noise: int = 0
    """Most levels of 255 by which noise changes a pixel."""
    noise_seed: int = 0
    """Chooses the noise."""


def seen(views: Views, sight: Sight) -> Views:
    """Views as they are seen; twins that are alike up to some frame still are.

    Args:
        views: As they are.
        sight: How they are seen; its first frame does not count.
    """
    shown = views[:, [*sight.order, *(3 + colour for colour in sight.order), *range(CHANGE, views.shape[1])]]
    _lit(shown, sight)
    if sight.grey:
        shown[:, _COLOURS] = np.rint(shown[:, _COLOURS].mean(axis=1, keepdims=True))
        shown[:, _GAINED] = _mean_gain(shown[:, _GAINED])
    # The length of a step is the same all over.
    planes = shown[:, : CHANGE + 1].reshape(-1, SIZE, SIZE)
    if sight.turn != AS_IT_IS:
        planes = np.stack([_turned(plane, sight) for plane in planes])
    if sight.blur:
        planes = np.stack([cv2.GaussianBlur(plane, (0, 0), sight.blur) for plane in planes])
    if sight.noise:
        planes = _noisy(planes, sight)
    shown[:, : CHANGE + 1] = planes.reshape(-1, CHANGE + 1, SIZE, SIZE)
    return shown


def _lit(shown: Views, sight: Sight) -> None:
    away = np.arange(256) - MIDDLE
    for colour, (gain, level) in enumerate(zip(sight.gains, sight.levels, strict=True)):
        if gain == 1 and level == 0:
            continue
        # What is kept of changes are roots of them; 0 stands for no frame.
        shown[:, colour] = _table(gain * away + MIDDLE + level)[shown[:, colour]]
        shown[:, 3 + colour] = _table(np.maximum(np.sqrt(gain) * away + MIDDLE, 1))[shown[:, 3 + colour]]
    gain = np.mean(sight.gains)
    if gain != 1:
        shown[:, CHANGE] = _table(np.sqrt(gain) * np.arange(256))[shown[:, CHANGE]]


def _mean_gain(gained: UInt8[np.ndarray, "frames 3 64 64"]) -> UInt8[np.ndarray, "frames 1 64 64"]:
    """Of what are roots of gains."""
    roots = gained.astype(np.float32) - MIDDLE
    mean = (np.sign(roots) * roots**2).mean(axis=1, keepdims=True)
    return np.rint(np.sign(mean) * np.sqrt(np.abs(mean)) + MIDDLE).astype(np.uint8)


def _table(levels: Float64[np.ndarray, "256"]) -> UInt8[np.ndarray, "256"]:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _turned(plane: UInt8[np.ndarray, "64 64"], sight: Sight) -> UInt8[np.ndarray, "64 64"]:
    turn = np.array(sight.turn)
    half = SIZE / 2 - 0.5
    shift = np.array(sight.middle) * SIZE - 0.5 - turn @ [half, half]
    matrix = np.hstack([turn, shift[:, None]])
    # Mirrored, a thing near the edge would be seen twice.
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(plane, matrix, (SIZE, SIZE), flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _noisy(planes: UInt8[np.ndarray, "planes 64 64"], sight: Sight) -> UInt8[np.ndarray, "planes 64 64"]:
    rng = np.random.default_rng(sight.noise_seed)
    noise = rng.integers(-sight.noise, sight.noise + 1, planes.shape, np.int8)
    return np.clip(planes + noise.astype(np.int16), 1, 255).astype(np.uint8)
