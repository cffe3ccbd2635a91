"""The windows of pairs that the net is trained on, seen now so, now so."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float64, UInt8

from lawful.judge.kinematic.spine.examples import Example, Views
from lawful.judge.kinematic.spine.eye import CELLS, CHANGE, LOOK_AHEAD, SIZE
from lawful.video.frames import Box

FRAMES = 32
"""Frames of a window that the net is asked about; it sees `LOOK_AHEAD` more."""
_EARLIEST, _LATEST = 20, 4
_TARGET_BEFORE, _TARGET_AFTER = 1, 9
_MARGIN = 0.5
_CLOSER, _MOST_ZOOM = 0.6, 1.5
_GAIN, _LEVEL = (0.6, 1.3), 30
_MIDDLE = 128


@dataclass(frozen=True, eq=False)
class Windows:
    """As the net sees a pair."""

    broken: Views
    """Frames of the clip that breaks a law, `LOOK_AHEAD` of them after the last that is asked about."""
    lawful: Views
    """The same of its twin."""
    target: Bool[np.ndarray, "frames 8 8"]
    """Where something is amiss."""
    onset: int
    """The first frame in which it is."""


@dataclass(frozen=True)
class Sight:
    """How a window is seen."""

    first: int
    """Its first frame."""
    crop: tuple[int, int, int] = (0, 0, SIZE)
    """Left, top and side of what is seen of a view, in pixels."""
    mirrored: bool = False
    """Whether left is right."""
    order: tuple[int, ...] = (0, 1, 2)
    """Of the colours."""
    gain: float = 1.0
    """Contrast."""
    level: float = 0.0
    """Levels of 255 that are added."""


def plain(example: Example) -> Sight:
    """A window as it is, from twenty frames before the moment: for measuring."""
    return Sight(max(0, example.onset - _EARLIEST))


def chosen(example: Example, rng: np.random.Generator) -> Sight:
    """One seen at random: another first frame, closer, mirrored, in other colours, in other light."""
    left = top = 0
    side = SIZE
    if rng.random() < _CLOSER:
        side = round(SIZE / rng.uniform(1.0, _MOST_ZOOM))
        box = example.box or Box(0.0, 0.0, 1.0, 1.0)
        left, top = (_around(middle, side, rng) for middle in ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2))
    earliest = max(0, example.onset - _EARLIEST)
    return Sight(
        first=int(rng.integers(earliest, max(0, example.onset - _LATEST) + 1)),
        crop=(left, top, side),
        mirrored=bool(rng.random() < 0.5),
        order=tuple(rng.permutation(3).tolist()),
        gain=float(rng.uniform(*_GAIN)),
        level=float(rng.uniform(-_LEVEL, _LEVEL)),
    )


def _around(middle: float, side: int, rng: np.random.Generator) -> int:
    """Where a crop begins that holds a place, 0-1, a sixth of its side from its edges where it can."""
    at, edge = middle * SIZE, side / 6
    least = min(max(round(at - side + edge), 0), SIZE - side)
    most = min(max(round(at - edge), least), SIZE - side)
    return int(rng.integers(least, most + 1))


def window_of(example: Example, sight: Sight) -> Windows:
    """A window around the moment.

    Args:
        example: The pair.
        sight: How it is seen; the same for both.
    """
    target = np.zeros((FRAMES, CELLS, CELLS), bool)
    onset = example.onset - sight.first
    target[max(0, onset - _TARGET_BEFORE) : onset + _TARGET_AFTER] = _cells(example.box, sight)
    broken, lawful = (_seen(views, sight) for views in (example.broken, example.lawful))
    return Windows(broken, lawful, target, onset)


def _seen(views: Views, sight: Sight) -> Views:
    part = views[sight.first : sight.first + FRAMES + LOOK_AHEAD]
    planes = np.concatenate([sight.order, 3 + np.array(sight.order), [6, 7]])
    part = _cropped(part[:, planes], sight.crop)
    shown = np.zeros((FRAMES + LOOK_AHEAD, *part.shape[1:]), np.uint8)
    shown[: len(part)] = part[..., ::-1] if sight.mirrored else part
    if sight.gain != 1 or sight.level:
        levels = np.arange(256) - _MIDDLE
        # What is kept of changes are roots of them; 0 stands for no frame.
        root = np.sqrt(sight.gain)
        lit = shown[: len(part)]
        lit[:, :3] = _table(sight.gain * levels + _MIDDLE + sight.level)[lit[:, :3]]
        lit[:, 3:CHANGE] = _table(np.maximum(root * levels + _MIDDLE, 1))[lit[:, 3:CHANGE]]
        lit[:, CHANGE] = _table(root * (levels + _MIDDLE))[lit[:, CHANGE]]
    return shown


def _table(levels: Float64[np.ndarray, "256"]) -> UInt8[np.ndarray, "256"]:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _cropped(views: Views, crop: tuple[int, int, int]) -> UInt8[np.ndarray, "_ 8 64 64"]:
    left, top, side = crop
    if side == SIZE:
        return views
    part = views[:, :, top : top + side, left : left + side]
    layers = np.ascontiguousarray(part.reshape(-1, side, side).transpose(1, 2, 0))
    # Of as many layers as OpenCV takes at once.
    most = 100
    larger = [
        cv2.resize(layers[:, :, k : k + most], (SIZE, SIZE)).reshape(SIZE, SIZE, -1)
        for k in range(0, layers.shape[2], most)
    ]
    return np.concatenate(larger, axis=2).transpose(2, 0, 1).reshape(*views.shape)


def _cells(box: Box | None, sight: Sight) -> Bool[np.ndarray, "8 8"]:
    cells = np.zeros((CELLS, CELLS), bool)
    if box is None:
        cells[:] = True
        return cells
    left, top, side = (at / SIZE for at in sight.crop)
    x0, x1, y0, y1 = (
        (box.x0 - left) / side,
        (box.x1 - left) / side,
        (box.y0 - top) / side,
        (box.y1 - top) / side,
    )
    x0, x1 = (1 - x1, 1 - x0) if sight.mirrored else (x0, x1)
    rows = slice(max(0, int(y0 * CELLS - _MARGIN)), max(0, int(y1 * CELLS + _MARGIN)) + 1)
    columns = slice(max(0, int(x0 * CELLS - _MARGIN)), max(0, int(x1 * CELLS + _MARGIN)) + 1)
    cells[rows, columns] = True
    return cells
