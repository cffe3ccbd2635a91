"""Swings: what hangs or is held by a spring is pulled every way in turn."""

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.laws.falls import least_squares
from lawful.judge.kinematic.memory import PARTLY, SIGHT, TIME, XY, Rows, noise_px

_TURNS = np.geomspace(1.5, 26.0, 60)
_LEAST_PERIODS = 1.0
_LEAST_ROWS = 11
_MOST_LEFT = 3.0
_CLEARLY = 1.5
_LEAST_SIDE = 3


def may_swing(rows: Rows, loose_s: float) -> bool:
    """True if a damped swing about a place that moves steadily explains a body's whole motion, over a period or more.

    A pendulum's bob rises twice a period, so the swing has a second harmonic. It may leave more than other motions do:
    what swings in depth is not seen to the pixel, and bounces leave far more. What comes loose and then changes its
    acceleration once may look like a swing, and is none where that explains it about as well.

    Args:
        rows: A body's memory; what was out of sight in it is left out.
        loose_s: When the body came loose of all that was near.
    """
    rows = rows[rows[:, SIGHT] <= PARTLY]
    if len(rows) < _LEAST_ROWS:
        return False
    time, places, noise = rows[:, TIME] - rows[0, TIME], rows[:, XY], noise_px(rows)
    turns = _TURNS[_TURNS * time[-1] >= 2 * np.pi * _LEAST_PERIODS]
    swings = min((_left_px(_swing(time, float(each)), places) for each in turns), default=np.inf)
    if swings > _MOST_LEFT * noise:
        return False
    loose = loose_s - float(rows[0, TIME])
    middles = time[_LEAST_SIDE : len(time) - _LEAST_SIDE]
    # Coming loose with the first row, or before, is no change of what is fitted.
    loosens = {loose} if loose > 0 else set[float]()
    changes = (_left_px(_changed(time, loosens | {float(when)}), places) for when in middles)
    return min(changes) > _CLEARLY * max(swings, noise)


def _left_px(design: Float64[np.ndarray, "rows numbers"], places: Float64[np.ndarray, "rows 2"]) -> float:
    return float(np.sqrt(least_squares(design, places)[1] / (2 * (len(design) - design.shape[1]))))


def _swing(time_s: Float64[np.ndarray, " rows"], turns_rad_s: float) -> Float64[np.ndarray, "rows numbers"]:
    once, twice = turns_rad_s * time_s, 2 * turns_rad_s * time_s
    there, back = np.cos(once), np.sin(once)
    # Damping, and a frequency between two of those that are tried, both change a swing's size along the way.
    damped = (time_s * there, time_s * back)
    return np.stack(
        [np.ones_like(time_s), time_s, there, back, *damped, np.cos(twice), np.sin(twice)], axis=1
    )


def _changed(
    time_s: Float64[np.ndarray, " rows"], changes_s: set[float]
) -> Float64[np.ndarray, "rows numbers"]:
    since = [np.maximum(time_s - when, 0.0) ** 2 for when in sorted(changes_s)]
    return np.stack([np.ones_like(time_s), time_s, time_s**2, *since], axis=1)
