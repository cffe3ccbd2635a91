"""Sudden changes of a body's motion: what no smooth motion fits, and where, and by how much.

A window of a few frames on either side of a step is fitted by smooth motions (one of third degree; one whose
acceleration changes once, as at a release) and by a sudden one: constant acceleration and one change of velocity at
a moment within the step, or, where a body rests on one side, an arc that ends or begins there. How far the smooth ones miss by more than the sudden one, in standard deviations of the
places, says how sure it is. No differences of places are taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.memory import RELIABLE, SD, SEEN, SIGHT, TIME, XY, Memory, Rows, Trail, noise_px

BEFORE, AFTER = 5, 4
"""Frames that are fitted before and after a step, at most."""
_LEAST = 3
_LEAST_MISS = 3.0
_MOST_SD_PX = 2.0
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_PARTS = 40
_EVEN = 1.5
_REST = 4.0
SWINGS = (3.0, 4.5, 6.0, 8.0, 9.0, 10.5, 14.0, 18.0, 24.0)
"""Angular frequencies of pendulums and springs, rad/s."""
TICK_S = 1e-4
"""Times are rounded to this where least squares are remembered for the same series of them."""
_LIMB_MISS = 3.0

Pair = tuple[float, float]


@dataclass(frozen=True)
class Break:
    """A sudden change of one body's motion, in shot coordinates."""

    body: int
    """Which."""
    time_s: float
    """When, within the step."""
    frame_s: float
    """Time of the first frame after it."""
    back: int
    """So many rows before the newest is that frame."""
    at_px: Pair
    """Where."""
    before_px_s: Pair
    """Velocity just before."""
    after_px_s: Pair
    """Velocity just after."""
    error_px_s: float
    """Standard deviation of the error of the change, along either axis."""
    jump_px: Pair
    """By how much it moved at once beside that."""
    jump_error_px: float
    """Standard deviation of that, along either axis."""
    miss: float
    """How far smooth motions miss, standard deviations."""
    jump_miss: float
    """How far motions without a jump miss, standard deviations."""
    rate: Pair
    """The acceleration beside it, px/s^2."""
    limb: int
    """Frames of smooth motion on the side that has fewer of them."""
    fit: float
    """What is left of the places beside it, standard deviations a number: about 1 or less where it explains all."""

    @property
    def change_px_s(self) -> float:
        """Size of the change of velocity."""
        return float(
            np.hypot(self.after_px_s[0] - self.before_px_s[0], self.after_px_s[1] - self.before_px_s[1])
        )

    @property
    def faster_px_s(self) -> float:
        """The greater of the speeds before and after."""
        return max(float(np.hypot(*self.before_px_s)), float(np.hypot(*self.after_px_s)))


def breaks(memory: Memory, least_after: int = AFTER) -> Iterator[Break]:
    """The sudden changes of all bodies in the step that so many frames follow, its own included."""
    for trail in memory.trails.values():
        if trail.newest[TIME] == memory.now.time_s:
            found = break_of(trail, least_after)
            if found is not None:
                yield found


def break_of(trail: Trail, after: int) -> Break | None:
    """The sudden change of a body's motion in the step that leads to the frame `after` - 1 rows before the newest.

    None where it moves smoothly, is not well seen, or where there are fewer than three frames on a side.
    """
    n = len(trail)
    if after < _LEAST or n < _LEAST + after:
        return None
    rows = trail.rows[-BEFORE - after :]
    rows = rows[_well_seen_since(rows) :]
    before = len(rows) - after
    if before < _LEAST or rows[before - 1 : before + 1, RELIABLE].min() == 0:
        return None
    noise = noise_px(rows)
    if _smooth_miss(rows, noise) < _LEAST_MISS:
        return None
    limb = _limb(rows[:before][::-1], noise)
    tail = _limb(rows[before:], noise)
    if limb < _LEAST or tail < _LEAST:
        return None
    return _fitted(trail, rows[before - limb : before + tail], limb, noise, after)


def _well_seen_since(rows: Rows) -> int:
    bad = (rows[:, SIGHT] > SEEN + 1) | (rows[:, SD] > _MOST_SD_PX)
    return int(np.flatnonzero(bad)[-1]) + 1 if bad.any() else 0


def _limb(rows: Rows, noise: float) -> int:
    """So many frames from the step on are one smooth motion."""
    for count in range(len(rows), _LEAST, -1):
        fit = _residual(ticks_of(rows[:count, TIME]), 2) @ rows[:count, XY]
        if float(np.sqrt((fit**2).sum() / (2 * (count - 3)))) < _LIMB_MISS * noise:
            return count
    return min(len(rows), _LEAST)


def _smooth_miss(rows: Rows, noise: float) -> float:
    degree = 3 if len(rows) > 6 else 2
    left = _residual(ticks_of(rows[:, TIME]), degree) @ rows[:, XY]
    return float(np.sqrt((left**2).sum())) / noise


def _fitted(trail: Trail, rows: Rows, before: int, noise: float, after: int) -> Break | None:
    ticks = ticks_of(rows[:, TIME])
    places = rows[:, XY]
    limb = min(before, len(rows) - before)
    free, free_spread, jumped_left = _solved(ticks, before, "jump", 0.0, places)
    joined = "bend"
    rests = (
        min(float(np.ptp(side, axis=0).max()) for side in (places[:before], places[before:])) < _REST * noise
    )
    if rests and limb > _LEAST and _fit(jumped_left, len(rows), 5) > _EVEN * noise:
        free, free_spread, jumped_left = _solved(ticks, before, "two", 0.0, places)
        joined = "both"
    share, jump = _moment(ticks, before, free)
    numbers, spread, left = _solved(ticks, before, joined, share, places)
    smooth_left = min(_solved(ticks, before, "press", each, places)[2] for each in _SHARES)
    if len(rows) > 6:
        lawful = (_residual(ticks, 3), *_swings(ticks))
        smooth_left = min(smooth_left, *(float(((each @ places) ** 2).sum()) for each in lawful))
    miss = float(np.sqrt(max(smooth_left - left, 0.0))) / noise
    jump_miss = float(np.sqrt(max(min(left, smooth_left) - jumped_left, 0.0))) / noise
    jump_error = noise * float(free_spread[4])
    step = float(ticks[before] - ticks[before - 1])
    pace = max(float(np.hypot(*free[1])), float(np.hypot(*(free[1] + free[3])))) * step
    far = float(np.hypot(*jump)) > max(5 * jump_error, 0.25 * pace + 1.0)
    with_jump = far and jump_miss >= _LEAST_MISS and limb > _LEAST
    if max(miss, jump_miss if with_jump else 0.0) < _LEAST_MISS:
        return None
    if with_jump:
        numbers, spread, left = free, free_spread, jumped_left
    fit = _fit(left, len(rows), len(numbers)) / noise
    # What is left is as much as the places err, whatever their source says of it.
    wider = max(1.0, fit)
    noise *= wider
    miss, jump_miss, jump_error = miss / wider, jump_miss / wider, jump_error * wider
    moment = _at_share(ticks, before, share)
    speed = (numbers[1] + numbers[2] * moment) / TICK_S
    later = speed + numbers[3] / TICK_S
    at = numbers[0] + numbers[1] * moment + numbers[2] * moment**2 / 2
    return Break(
        body=trail.id,
        time_s=float(rows[0, TIME]) + moment * TICK_S,
        frame_s=float(rows[before, TIME]),
        back=after - 1,
        at_px=(float(at[0]), float(at[1])),
        before_px_s=(float(speed[0]), float(speed[1])),
        after_px_s=(float(later[0]), float(later[1])),
        error_px_s=noise * float(spread[3]) / TICK_S,
        jump_px=jump if with_jump else (0.0, 0.0),
        jump_error_px=jump_error,
        miss=miss,
        jump_miss=jump_miss if with_jump else 0.0,
        rate=(float(numbers[2, 0]) / TICK_S**2, float(numbers[2, 1]) / TICK_S**2),
        limb=limb,
        fit=fit,
    )


def _solved(
    ticks: tuple[int, ...], before: int, kind: str, share: float, places: Float64[np.ndarray, "rows 2"]
) -> tuple[Float64[np.ndarray, "numbers 2"], Float64[np.ndarray, " numbers"], float]:
    """The numbers of a motion, their spread for unit noise, and what is left."""
    solve, spread, design = _model(ticks, before, kind, share)
    numbers = solve @ places
    return numbers, spread, float(((design @ numbers - places) ** 2).sum())


def _moment(
    ticks: tuple[int, ...], before: int, free: Float64[np.ndarray, "numbers 2"]
) -> tuple[float, Pair]:
    """The share of the step at which two arcs come nearest to each other, and how far they are apart there."""
    start, end = float(ticks[before - 1]), float(ticks[before])
    shares = np.linspace(0.0, 1.0, _PARTS + 1)[:, None]
    since = shares * (end - start)
    apart = free[4] + free[3] * since
    if len(free) > 5:
        apart = apart + free[5] * since**2 / 2
    best = int(np.argmin((apart**2).sum(axis=1)))
    share, jump = best / _PARTS, apart[best]
    return share, (float(jump[0]), float(jump[1]))


def _fit(left: float, n_rows: int, n_numbers: int) -> float:
    """Root mean square of what is left, per number that is free."""
    return float(np.sqrt(left / max(2 * (n_rows - n_numbers), 1)))


def _at_share(ticks: tuple[int, ...], before: int, share: float) -> float:
    return (1 - share) * ticks[before - 1] + share * ticks[before]


@lru_cache(maxsize=2048)
def _model(
    ticks: tuple[int, ...], before: int, kind: str, share: float
) -> tuple[
    Float64[np.ndarray, "numbers rows"], Float64[np.ndarray, " numbers"], Float64[np.ndarray, "rows numbers"]
]:
    """The least squares of one of the motions with a change at a share of the step, times in ticks."""
    time = np.array(ticks, float)
    moment = _at_share(ticks, before, share)
    since = np.maximum(time - moment, 0.0)
    columns = [np.ones_like(time), time, time**2 / 2, since**2 / 2 if kind == "press" else since]
    if kind in ("jump", "two"):
        columns.append((np.arange(len(time)) >= before).astype(float))
    if kind in ("both", "two"):
        columns.append(since**2 / 2)
    design = np.stack(columns, axis=1)
    scale = np.abs(design).max(axis=0)
    solve = np.linalg.pinv(design / scale) / scale[:, None]
    return solve, np.sqrt((solve**2).sum(axis=1)), design


@lru_cache(maxsize=256)
def _residual(ticks: tuple[int, ...], degree: int) -> Float64[np.ndarray, "rows rows"]:
    """What a polynomial leaves of a series."""
    time = np.array(ticks, float)
    time = (time - time.mean()) / max(float(np.ptp(time)), 1.0)
    basis, _ = np.linalg.qr(np.vander(time, degree + 1))
    return np.eye(len(time)) - basis @ basis.T


@lru_cache(maxsize=256)
def _swings(ticks: tuple[int, ...]) -> tuple[Float64[np.ndarray, "rows rows"], ...]:
    """What swings of some frequencies about a place leave of a series."""
    return tuple(swing_left(np.array(ticks, float) * TICK_S, turns, drifts=False) for turns in SWINGS)


def swing_left(
    time_s: Float64[np.ndarray, " rows"], turns_rad_s: float, drifts: bool
) -> Float64[np.ndarray, "rows rows"]:
    """What a swing of a frequency about a place, which may move steadily, leaves of a series."""
    phase = turns_rad_s * time_s
    columns = [np.ones_like(time_s), np.cos(phase), np.sin(phase)]
    basis, _ = np.linalg.qr(np.stack([*columns, time_s] if drifts else columns, axis=1))
    return np.eye(len(time_s)) - basis @ basis.T


def ticks_of(times_s: Float64[np.ndarray, " rows"]) -> tuple[int, ...]:
    """Times since the first in ticks: the same for every window of a steady clip."""
    return tuple(int(tick) for tick in np.rint((times_s - times_s[0]) / TICK_S))
