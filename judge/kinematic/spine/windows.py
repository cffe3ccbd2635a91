"""The windows of pairs that the net is trained on, seen now so, now so."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from lawful.judge.kinematic.spine.examples import Example, Views
from lawful.judge.kinematic.spine.eye import CELLS, LOOK_AHEAD
from lawful.judge.kinematic.spine.sight import AS_IT_IS, Sight, Turn, seen
from lawful.video.frames import Box

FRAMES = 32
"""Frames of a window that the net is asked about; it sees `LOOK_AHEAD` more."""
_EARLIEST, _LATEST = 20, 4
_TARGET_BEFORE, _TARGET_AFTER = 1, 9
_MARGIN = 0.5
_MIRRORED: Turn = ((-1.0, 0.0), (0.0, 1.0))
_MOVED, _MOST_ZOOM, _ASKEW_RAD, _STRETCH = 0.6, 1.5, math.radians(7), 0.12
_INSIDE, _IN_VIEW = 0.33, 0.45
_GAIN, _TINT, _LEVEL = (0.6, 1.3), 0.08, 30
_GREY = 0.05
_BLURRED, _BLUR = 0.1, (0.4, 1.0)
_NOISY, _NOISE = 0.2, 5


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


def plain(example: Example) -> Sight:
    """A window as it is, from twenty frames before the moment: for measuring."""
    return Sight(max(0, example.onset - _EARLIEST))


def chosen(example: Example, rng: np.random.Generator) -> Sight:
    """One seen at random: another first frame, nearer, askew, mirrored, in other colours and light, less clearly."""
    earliest = max(0, example.onset - _EARLIEST)
    first = int(rng.integers(earliest, max(0, example.onset - _LATEST) + 1))
    turn, middle = AS_IT_IS, (0.5, 0.5)
    if rng.random() < _MOVED:
        turn = _turn(rng)
        middle = _middle(example.box, turn, rng)
    elif rng.random() < 0.5:
        turn = _MIRRORED
    alike, each = np.log(rng.uniform(*_GAIN)), rng.normal(0, _TINT, 3)
    level = rng.uniform(-_LEVEL, _LEVEL) + rng.normal(0, _LEVEL / 3, 3)
    return Sight(
        first=first,
        turn=turn,
        middle=middle,
        order=tuple(rng.permutation(3).tolist()),
        gains=_three(np.exp(alike + each)),
        levels=_three(level),
        grey=bool(rng.random() < _GREY),
        blur=float(rng.uniform(*_BLUR)) if rng.random() < _BLURRED else 0.0,
        noise=int(rng.integers(1, _NOISE + 1)) if rng.random() < _NOISY else 0,
        noise_seed=int(rng.integers(1 << 31)),
    )


def _three(values: Float64[np.ndarray, " 3"]) -> tuple[float, float, float]:
    one, two, three = values.tolist()
    return one, two, three


def _turn(rng: np.random.Generator) -> Turn:
    angle, stretch = rng.uniform(-_ASKEW_RAD, _ASKEW_RAD), np.exp(rng.uniform(-_STRETCH, _STRETCH))
    side = 1 / rng.uniform(1.0, _MOST_ZOOM)
    cos, sin = np.cos(angle), np.sin(angle)
    right = side * stretch * (1 if rng.random() < 0.5 else -1)
    down = side / stretch
    return (float(cos * right), float(-sin * down)), (float(sin * right), float(cos * down))


def _middle(box: Box | None, turn: Turn, rng: np.random.Generator) -> tuple[float, float]:
    """What place is seen in the middle, so that the middle of a box is in view, and little of what is beyond the edges."""
    box = box or Box(0.0, 0.0, 1.0, 1.0)
    at = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
    place = at - np.array(turn) @ rng.uniform(-_INSIDE, _INSIDE, 2)
    reach = np.minimum(np.abs(turn).sum(axis=1) / 2, 0.5)
    place = np.clip(place, reach, 1 - reach)
    # What is near an edge may be out of view then: some of what is beyond the edge is seen rather than that.
    seen_at = np.clip(np.linalg.inv(turn) @ (at - place), -_IN_VIEW, _IN_VIEW)
    x, y = (at - np.array(turn) @ seen_at).tolist()
    return x, y


def window_of(example: Example, sight: Sight) -> Windows:
    """A window around the moment.

    Args:
        example: The pair.
        sight: How it is seen; the same for both.
    """
    target = np.zeros((FRAMES, CELLS, CELLS), bool)
    onset = example.onset - sight.first
    target[max(0, onset - _TARGET_BEFORE) : onset + _TARGET_AFTER] = _cells(example.box, sight)
    broken, lawful = (_part(views, sight) for views in (example.broken, example.lawful))
    return Windows(broken, lawful, target, onset)


def _part(views: Views, sight: Sight) -> Views:
    part = views[sight.first : sight.first + FRAMES + LOOK_AHEAD]
    shown = np.zeros((FRAMES + LOOK_AHEAD, *part.shape[1:]), np.uint8)
    shown[: len(part)] = seen(part, sight)
    return shown


def _cells(box: Box | None, sight: Sight) -> Bool[np.ndarray, "8 8"]:
    """Those in which some of a box is seen, or which are next to it by less than half a cell."""
    cells = np.zeros((CELLS, CELLS), bool)
    if box is None:
        cells[:] = True
        return cells
    corners = np.array([(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)])
    shown = 0.5 + (corners - sight.middle) @ np.linalg.inv(sight.turn).T
    least, most = shown.min(axis=0), shown.max(axis=0)
    first = np.clip(np.floor(least * CELLS - _MARGIN), 0, CELLS - 1).astype(int)
    last = np.clip(np.floor(most * CELLS + _MARGIN), 0, CELLS - 1).astype(int)
    cells[first[1] : last[1] + 1, first[0] : last[0] + 1] = True
    return cells
