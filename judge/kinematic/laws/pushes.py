"""What can have pushed a body: things so near that it can have met them between two frames."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.bodies import SCENE, Touch
from lawful.judge.kinematic.events.breaks import Break, Pair
from lawful.judge.kinematic.memory import KNOWN, LONGER, SHORTER, TIME, XY, Memory, Trail, noise_px
from lawful.judge.kinematic.middle import median

_SLACK_PX = 1.5
_REACH = 0.3
_ROUND = 1.2
_LEAST_CHANCE = 0.35
_SEEN_PX = 3.0
"""What is nearer than this and not likely to touch is known not to; beyond, it may be met between two frames."""
_ALONG = 0.45
"""Cosine between a push and straight away from what pushes: friction turns it by no more."""


@dataclass(frozen=True)
class Push:
    """Something that a body can have met as its motion changed."""

    touch: Touch
    """As it was seen in a frame near the change."""
    away: Pair
    """Unit vector straight away from it at the moment of the change, in shot coordinates."""
    along: float
    """Cosine of the angle between the change and that, -1 to 1."""
    gap_px: float
    """How far the two were apart at that moment, as their motions before or after tell; less than 0 for overlap."""


def pushes(memory: Memory, found: Break) -> Iterator[Push]:
    """All that a body can have met at a sudden change of its motion.

    From each of the two frames before and after, the gap is followed to the moment of the change by the velocities
    that the two have there. Where both are round the line of the touch is taken at that moment too: what is fast is
    elsewhere a frame later.
    """
    trail = memory.trails[found.body]
    change = np.subtract(found.after_px_s, found.before_px_s)
    unit = change / max(float(np.hypot(*change)), 1e-9)
    for back in range(found.back + 2, max(found.back - 2, -1), -1):
        if back >= len(trail):
            continue
        time_s = float(trail.rows[-1 - back, TIME])
        own = found.before_px_s if back > found.back else found.after_px_s
        for touch in trail.touched(back):
            if touch.chance < _LEAST_CHANCE and touch.gap_px <= _SEEN_PX:
                continue
            then = velocity(memory, touch.second, time_s, before=back > found.back)
            moves = np.subtract(then, own)
            away, closer = _at_moment(memory, found, touch, time_s, moves)
            gap = touch.gap_px - touch.overlap_px + closer
            slack = _SLACK_PX + _REACH * float(np.hypot(*moves)) * memory.usual_step_s
            if min(gap, touch.gap_px) <= slack:
                yield Push(touch, (float(away[0]), float(away[1])), float(unit @ away), gap)


def _at_moment(
    memory: Memory, found: Break, touch: Touch, time_s: float, moves: Float64[np.ndarray, " 2"]
) -> tuple[Float64[np.ndarray, " 2"], float]:
    """The way straight away from what is touched at the moment of a change, and by how much the gap is wider then."""
    since = found.time_s - time_s
    towards = np.array(touch.towards)
    trail, other = memory.trails[found.body], memory.trails.get(touch.second)
    if other is not None and is_round(trail) and is_round(other):
        at = other.at(time_s)
        mine = trail.at(time_s)
        offset = other.rows[at, XY] - trail.rows[mine, XY]
        then = offset + moves * since
        length = float(np.hypot(*then))
        if length > 1.0:
            return -then / length, length - float(np.hypot(*offset))
    return -towards, float(moves @ towards) * since


def is_round(trail: Trail) -> bool:
    """True for a body whose outline is about as wide as high all the time."""
    rows = trail.rows[trail.in_sight]
    return len(rows) > 0 and float(median(rows[:, LONGER] / rows[:, SHORTER])) < _ROUND


def push_chance(memory: Memory, found: Break, bodies_only: bool = False) -> float:
    """Chance that something near, away from which it was pushed, changed a body's motion: 1 where it is sure.

    What can only have been met between two frames counts as sure: where it was then cannot be seen.

    Args:
        memory: What is remembered.
        found: The change.
        bodies_only: What stands still is left out: it sets nothing in motion that rests.
    """
    chances = [
        push.touch.chance if push.touch.gap_px <= _SEEN_PX else 1.0
        for push in pushes(memory, found)
        if push.along >= _ALONG and not (bodies_only and push.touch.second == SCENE)
    ]
    return max(chances, default=0.0)


def near_is_known(memory: Memory, found: Break) -> bool:
    """True if all that a body can have met at a change of its motion would be among its touches."""
    rows = memory.trails[found.body].rows[-2 - found.back :][:2]
    return bool(rows[:, KNOWN].min() >= _SLACK_PX + _REACH * found.faster_px_s * memory.usual_step_s)


def velocity(memory: Memory, body: int, time_s: float, before: bool = True) -> Pair:
    """A body's velocity in the step that leads to a frame, or from it, px/s; 0 of the scene and what is not known."""
    trail = memory.trails.get(body)
    if trail is None or len(trail) < 2:
        return 0.0, 0.0
    at = trail.at(time_s)
    start = min(max(at - 1 if before else at, 0), len(trail) - 2)
    one, two = trail.rows[start], trail.rows[start + 1]
    x, y = (two[XY] - one[XY]) / float(two[TIME] - one[TIME])
    return float(x), float(y)


@dataclass(frozen=True)
class Pace:
    """A body's velocity over some frames, by a straight line."""

    px_s: Pair
    """The velocity."""
    error_px_s: float
    """Standard deviation of its error along either axis: greater where the way was not straight, as beside a hit."""


def mean_pace(memory: Memory, body: int, start_s: float, end_s: float) -> Pace | None:
    """A body's velocity between two times; None where it is not known in two frames."""
    trail = memory.trails.get(body)
    if trail is None:
        return None
    slack = 0.1 * memory.usual_step_s
    inside = (trail.rows[:, TIME] >= start_s - slack) & (trail.rows[:, TIME] <= end_s + slack)
    rows = trail.rows[inside & trail.in_sight]
    if len(rows) < 2:
        return None
    time = rows[:, TIME] - rows[:, TIME].mean()
    spread = float(time @ time)
    slope = time @ rows[:, XY] / spread
    left = rows[:, XY] - rows[:, XY].mean(axis=0) - np.outer(time, slope)
    wanders = float(np.sqrt((left**2).sum() / max(2 * (len(rows) - 2), 1)))
    return Pace((float(slope[0]), float(slope[1])), max(wanders, noise_px(rows)) / float(np.sqrt(spread)))
