"""Gravity: free bodies fall as the clip's others do, and as they themselves did before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.events.breaks import SWINGS, Break, swing_left
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.witness import finding, lengths_per_s
from lawful.judge.kinematic.memory import SD, SEEN, SIGHT, TIME, XY, Memory, Rows, Trail

_AFTER_S = 0.2
_LONG_AFTER_S = 0.35
_BEFORE_S = 0.15
_MOST_BEFORE_S = 0.5
_LEAST = 4
_FLOOR_PX = 0.15
_NEAR_PX = 2.0
_LEAST_FALL = 0.3
_MOST_FALLS = 16
_AGREE = 0.3
_DOUBTED = 0.2
_HOLDS = 0.45
_CHANGED = 0.45
_HANGS = 0.3
_SLOW = 0.35


@dataclass
class Falls:
    """How things fell so far in a shot."""

    rates: dict[tuple[int, float], tuple[float, float, float]] = field(default_factory=dict)
    """By body and beginning of a flight: acceleration, px/s^2 along x and y, and its error."""
    loose_s: dict[int, float] = field(default_factory=dict)
    """By body: the first frame from which on nothing was near it and its motion did not change suddenly."""
    strange: set[tuple[int, float]] = field(default_factory=set)
    """Flights of which it was said that they do not fall as they should."""

    def rate(self, but: tuple[int, float]) -> tuple[float, float] | None:
        """The clip's own gravity, px/s^2, by flights other than one; None where fewer than two agree on it."""
        rows = np.array([rate for flight, rate in self.rates.items() if flight != but])
        if len(rows) < 2:
            return None
        middle = np.median(rows[:, :2], axis=0)
        size = float(np.hypot(*middle))
        agree = np.hypot(*(rows[:, :2] - middle).T) < _AGREE * size
        return (float(middle[0]), float(middle[1])) if agree.sum() >= max(2, 0.7 * len(rows)) else None


class Gravity:
    """A free body whose acceleration changes in mid flight.

    Direction and strength of gravity come from the clip: from the same flight before the change, or, where that was
    too short, from other flights. Where nothing falls, nothing is said.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("hover", "reversed_gravity", "wrong_gravity")

    def open(self) -> Falls:
        """Nothing has fallen yet."""
        return Falls()

    def push(self, state: Falls, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """The flights that are long enough with the newest frame."""
        for change in breaks:
            state.loose_s[change.body] = max(state.loose_s.get(change.body, 0.0), change.frame_s)
        state.loose_s = {number: since for number, since in state.loose_s.items() if number in memory.trails}
        found = []
        for trail in memory.trails.values():
            if trail.newest[TIME] != memory.now.time_s:
                continue
            if not _is_loose(trail):
                state.loose_s[trail.id] = memory.now.time_s + 0.5 * memory.usual_step_s
                continue
            flight = trail.rows[
                trail.rows[:, TIME] >= state.loose_s.setdefault(trail.id, trail.first_s) - 1e-9
            ]
            found += [
                said
                for said in (
                    _changed(memory, trail, flight, _AFTER_S),
                    _changed(memory, trail, flight, _LONG_AFTER_S),
                    _strange(state, memory, trail, flight),
                )
                if said is not None
            ]
        return found


def _is_loose(trail: Trail) -> bool:
    """True if a body is well seen and nothing is near it in the newest frame."""
    row = trail.newest
    if row[SIGHT] > SEEN + 1 or row[SD] > 1.5:
        return False
    return not any(touch.gap_px <= _NEAR_PX and touch.chance >= 0.9 for touch in trail.touched(0))


def _changed(memory: Memory, trail: Trail, flight: Rows, after_s: float) -> Finding | None:
    """A flight whose acceleration changed so long before its newest frame."""
    if len(flight) < 2 * _LEAST:
        return None
    time = flight[:, TIME]
    after = int((time > time[-1] - after_s - 0.1 * memory.usual_step_s).sum())
    after = max(after, _LEAST)
    before_rows = flight[: len(flight) - after]
    before_rows = (
        before_rows[before_rows[:, TIME] >= before_rows[-1, TIME] - _MOST_BEFORE_S]
        if len(before_rows)
        else before_rows
    )
    before = len(before_rows)
    if before < _LEAST or before_rows[-1, TIME] - before_rows[0, TIME] < _BEFORE_S:
        return None
    rows = flight[len(flight) - after - before :]
    noise = float(np.hypot(_FLOOR_PX, np.median(rows[:, SD])))
    solve, spread, smooth, design = _press(
        tuple(np.rint((rows[:, TIME] - rows[0, TIME]) * 1e4).astype(int).tolist()), before
    )
    places = rows[:, XY]
    numbers = solve @ places
    left = float(((design @ numbers - places) ** 2).sum())
    cubic = min(float(((each @ places) ** 2).sum()) for each in smooth)
    fall, change = numbers[2] * 1e8, numbers[3] * 1e8
    error = noise * float(np.hypot(spread[2], spread[3])) * 1e8
    fits = float(np.sqrt(left / max(2 * len(rows) - 8, 1))) / noise
    size = float(np.hypot(*fall))
    if size * 0.3 < noise * spread[2] * 1e8 or lengths_per_s(memory, size) < _LEAST_FALL:
        return None
    return _named(memory, trail, rows, before, fall, change, error, (cubic, left, noise, fits))


def _strange(state: Falls, memory: Memory, trail: Trail, flight: Rows) -> Finding | None:
    """A whole flight that does not fall as the clip's others do."""
    if len(flight) < _LEAST + 1 or flight[-1, TIME] - flight[0, TIME] < _AFTER_S:
        return None
    rows = flight[flight[:, TIME] >= flight[-1, TIME] - _MOST_BEFORE_S]
    if len(rows) < _LEAST + 1:  # at few frames a second, little of a long flight is recent
        return None
    time = rows[:, TIME] - rows[:, TIME].mean()
    noise = float(np.hypot(_FLOOR_PX, np.median(rows[:, SD])))
    design = np.vander(time, 3)
    numbers, *_ = np.linalg.lstsq(design, rows[:, XY], rcond=None)
    spread = np.sqrt(np.linalg.inv(design.T @ design)[0, 0])
    fits = float(np.sqrt(((design @ numbers - rows[:, XY]) ** 2).sum() / max(2 * len(rows) - 6, 1))) / noise
    fall, error = 2 * numbers[0], 2 * noise * float(spread)
    key = (trail.id, float(flight[0, TIME]))
    usual = state.rate(key)
    moves = float(np.hypot(*np.ptp(rows[:, XY], axis=0))) > 2.0
    if fits > 1.7 or not moves:
        return None
    if float(np.hypot(*fall)) > 5 * error and lengths_per_s(memory, float(np.hypot(*fall))) > _LEAST_FALL:
        state.rates[key] = (float(fall[0]), float(fall[1]), error)
        state.rates = dict(list(state.rates.items())[-_MOST_FALLS:])
    held = any(
        touch.gap_px <= _NEAR_PX and touch.chance > 0
        for back in range(min(len(rows), len(trail.touches)))
        for touch in trail.touched(back)
    )
    if usual is None or held or key in state.strange:
        return None
    size = float(np.hypot(*usual))
    share = float(fall @ np.array(usual)) / size**2
    strength = weakest(
        other=max((0.4 - share) / 0.4, (share - 2.2) / 1.0),
        clear=(float(np.hypot(*(fall - usual))) / error - 6.0) / 6.0,
        fits=(1.7 - fits) / 0.6,
        falls=(lengths_per_s(memory, size) - _LEAST_FALL) / 0.3,
    )
    if strength <= 0:
        return None
    state.strange = {*list(state.strange)[-_MOST_FALLS:], key}
    way = float(np.hypot(*(rows[-1, XY] - rows[0, XY]))) / float(np.ptp(rows[:, TIME]))
    hangs = abs(share) < _HANGS and lengths_per_s(memory, way) < _SLOW
    family = "reversed_gravity" if share < -0.2 else "hover" if hangs else "wrong_gravity"
    text = (
        f"falls {share:.1f}x as fast as other things in the clip, from {key[1]:.2f} s on; nothing is near it, and the "
        f"others fall at {lengths_per_s(memory, size):.1f} frame sides/s^2"
    )
    return finding(memory, trail, family, key[1], strength, share, "times the clip's gravity", text)


def _named(
    memory: Memory,
    trail: Trail,
    rows: Rows,
    before: int,
    fall: Float64[np.ndarray, " 2"],
    change: Float64[np.ndarray, " 2"],
    error: float,
    fit: tuple[float, float, float, float],
) -> Finding | None:
    cubic, left, noise, fits = fit
    size = float(np.hypot(*fall))
    later = fall + change
    share = float(later @ fall) / size**2
    across = abs(float(later[0] * fall[1] - later[1] * fall[0])) / size**2
    miss = float(np.sqrt(max(cubic - left, 0.0))) / noise
    margins = {
        "clear": (float(np.hypot(*change)) / error - 4.0) / 4.0,
        "sudden": (miss - 3.0) / 5.0,
        "changed": (float(np.hypot(*change)) / size - _CHANGED) / 0.3,
        "fits": (1.7 - fits) / 0.6,
        "falls": (lengths_per_s(memory, size) - _LEAST_FALL) / 0.3,
        "known": (size / error - 3.0) / 4.0,
        "straight": (0.8 - across) / 0.4,
    }
    strength = weakest(**margins)
    if _may_rest(trail, len(rows) - before, change):
        strength *= _DOUBTED
    if strength <= 0:
        return None
    start_s = float(rows[before, TIME])
    speed = np.linalg.norm(rows[before + 1, XY] - rows[before, XY]) / (
        rows[before + 1, TIME] - rows[before, TIME]
    )
    if share < -0.2:
        family, what = "reversed_gravity", f"falls upwards from {start_s:.2f} s on"
    elif abs(share) < _HANGS and lengths_per_s(memory, float(speed)) < _SLOW:
        family, what = "hover", f"hangs in the air from {start_s:.2f} s on"
    else:
        family, what = "wrong_gravity", f"falls {share:.1f}x as fast as before from {start_s:.2f} s on"
    text = f"{what}; nothing is near it, and until then it fell at {lengths_per_s(memory, size):.1f} frame sides/s^2"
    return finding(memory, trail, family, start_s, strength, share, "times the clip's gravity", text)


def _may_rest(trail: Trail, frames: int, change: Float64[np.ndarray, " 2"]) -> bool:
    """True if something that it only may be before, such as a floor seen from above, can have held it."""
    unit = change / float(np.hypot(*change))
    return any(
        touch.chance > 0 and touch.gap_px <= _NEAR_PX and -float(unit @ np.array(touch.towards)) > _HOLDS
        for back in range(frames)
        for touch in trail.touched(back)
    )


@lru_cache(maxsize=512)
def _press(
    ticks: tuple[int, ...], before: int
) -> tuple[
    Float64[np.ndarray, "numbers rows"],
    Float64[np.ndarray, " numbers"],
    tuple[Float64[np.ndarray, "rows rows"], ...],
    Float64[np.ndarray, "rows numbers"],
]:
    """Least squares of a parabola whose acceleration changes once, and what lawful motions leave.

    Those are a polynomial of third degree, and swings of some frequencies about a place that moves steadily.
    """
    time = np.array(ticks, float)
    moment = time[before - 1]
    since = np.maximum(time - moment, 0.0)
    design = np.stack([np.ones_like(time), time, time**2 / 2, since**2 / 2], axis=1)
    scale = np.abs(design).max(axis=0)
    solve = np.linalg.pinv(design / scale) / scale[:, None]
    basis, _ = np.linalg.qr(np.vander((time - time.mean()) / np.ptp(time), 4))
    smooth = [np.eye(len(time)) - basis @ basis.T]
    smooth += [swing_left(time * 1e-4, turns, drifts=True) for turns in SWINGS]
    return solve, np.sqrt((solve**2).sum(axis=1)), tuple(smooth), design
