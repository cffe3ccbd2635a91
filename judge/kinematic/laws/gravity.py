"""Gravity: free bodies fall as the clip's others do, and as they themselves did before."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.events.breaks import SWINGS, TICK_S, Break, swing_left, ticks_of
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.falls import LEAST_FRAMES, MOST_LEFT, Falls, fall_of, may_have_bounced
from lawful.judge.kinematic.laws.swings import may_swing
from lawful.judge.kinematic.laws.witness import finding, lengths_per_s
from lawful.judge.kinematic.memory import KNOWN, SD, SEEN, SIGHT, TIME, XY, Memory, Rows, Trail, noise_px

_AFTER_S = 0.2
_LONG_AFTER_S = 0.35
_BEFORE_S = 0.08
_MOST_BEFORE_S = 0.5
_LEAST_BEFORE = 3
_NEAR_PX = 2.0
_LEAST_FALL, _LEAST_USUAL = 0.3, 1.0
_DOUBTED = 0.2
_HOLDS = 0.45
_CHANGED = 0.45
_HANGS = 0.3
_SLOW = 0.35
_LEVEL = 0.15
_UPWARDS, _HEAVY = -0.2, 2.2


class Gravity:
    """A free body whose acceleration changes in mid flight.

    Direction and strength of gravity come from the clip: from the same flight before the change, or, where that was
    too short, from other flights. Where nothing falls, nothing is said.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("hover", "reversed_gravity", "wrong_gravity", "stop_in_mid_air")

    def open(self) -> Falls:
        """Nothing has fallen yet."""
        return Falls()

    def push(self, state: Falls, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """The flights that are long enough with the newest frame."""
        for change in breaks:
            # A step beside a bounce seems to be a change too, with few frames on the side of the bounce.
            echo = change.limb <= _LEAST_BEFORE and (
                change.frame_s - state.broken_s.get(change.body, -1.0) < 2.5 * memory.usual_step_s
            )
            if not echo:
                state.loose_s[change.body] = max(state.loose_s.get(change.body, 0.0), change.frame_s)
                state.broken_s[change.body] = change.frame_s
        state.broken_s = {number: when for number, when in state.broken_s.items() if number in memory.trails}
        state.loose_s = {number: since for number, since in state.loose_s.items() if number in memory.trails}
        found = []
        for trail in memory.trails.values():
            if trail.newest[TIME] != memory.now.time_s:
                continue
            if not _is_loose(trail):
                # Loose from the next frame on, wherever that is if this is a shot's first.
                step_s = memory.usual_step_s if memory.steps_s else 1e-6
                state.loose_s[trail.id] = memory.now.time_s + 0.5 * step_s
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
    if len(flight) < _LEAST_BEFORE + LEAST_FRAMES:
        return None
    time = flight[:, TIME]
    after = int((time > time[-1] - after_s - 0.1 * memory.usual_step_s).sum())
    after = max(after, LEAST_FRAMES)
    before_rows = flight[: len(flight) - after]
    before_rows = (
        before_rows[before_rows[:, TIME] >= before_rows[-1, TIME] - _MOST_BEFORE_S]
        if len(before_rows)
        else before_rows
    )
    before = len(before_rows)
    if before < _LEAST_BEFORE or before_rows[-1, TIME] - before_rows[0, TIME] < _BEFORE_S:
        return None
    rows = flight[len(flight) - after - before :]
    noise = noise_px(rows)
    solve, spread, smooth, design = _press(ticks_of(rows[:, TIME]), before)
    places = rows[:, XY]
    numbers = solve @ places
    left = float(((design @ numbers - places) ** 2).sum())
    cubic = min(float(((each @ places) ** 2).sum()) for each in smooth)
    fall, change = numbers[2] / TICK_S**2, numbers[3] / TICK_S**2
    error = noise * float(np.hypot(spread[2], spread[3])) / TICK_S**2
    fits = float(np.sqrt(left / max(2 * len(rows) - 8, 1))) / noise
    size = float(np.hypot(*fall))
    if size * 0.3 < noise * spread[2] / TICK_S**2 or lengths_per_s(memory, size) < _LEAST_FALL:
        return None
    loose_s = float(flight[0, TIME])
    return _named(memory, trail, rows, before, loose_s, fall, change, error, (cubic, left, noise, fits))


def _strange(state: Falls, memory: Memory, trail: Trail, flight: Rows) -> Finding | None:
    """A flight, or its newest part, that does not fall as the clip's others do.

    A floor in depth, with which no touch is seen, throws things back: that makes a fall seem to be upwards.
    """
    if len(flight) < LEAST_FRAMES + 1 or flight[-1, TIME] - flight[0, TIME] < _AFTER_S:
        return None
    key = (trail.id, float(flight[0, TIME]))
    rows = flight[flight[:, TIME] >= flight[-1, TIME] - _MOST_BEFORE_S]
    if len(rows) < LEAST_FRAMES + 1:  # at few frames a second, little of a long flight is recent
        return None
    fall = fall_of(rows)
    if fall.fits > MOST_LEFT:
        if not state.fell(key):  # springs and swings pull every way in turn
            return None
        part = flight[flight[:, TIME] >= flight[-1, TIME] - _AFTER_S - 0.1 * memory.usual_step_s]
        if len(part) < LEAST_FRAMES + 1:
            return None
        rows, fall = part, fall_of(part)
    elif fall.moves and lengths_per_s(memory, fall.size) > _LEAST_FALL and fall.size > 5 * fall.error:
        state.remember(key, fall)
    usual = state.rate(key)
    if fall.fits > MOST_LEFT or usual is None or key in state.strange:
        return None
    if not fall.moves and not (state.fell(key) and rows[:, KNOWN].min() > _NEAR_PX):
        return None
    size = float(np.hypot(*usual))
    share = float(fall.rate @ np.array(usual)) / size**2
    if fall.moves and share < 0 and may_have_bounced(rows, np.array(usual)):
        state.forget(key)
        return None
    # What rests or rolls on something falls slowly, and no faster.
    if _may_be_held(trail, len(rows)) and _UPWARDS <= share <= _HEAVY:
        return None
    strength = weakest(
        ((MOST_LEFT - fall.fits) / 0.6,),
        other=max((0.4 - share) / 0.4, (share - _HEAVY) / 1.0),
        clear=(float(np.hypot(*(fall.rate - usual))) / fall.error - 6.0) / 6.0,
        falls=(lengths_per_s(memory, size) - _LEAST_USUAL) / 0.5,
    )
    if strength <= 0:
        return None
    if share < 0 and may_swing(trail.rows, key[1]):
        state.forget(key)
        return None
    state.strange.append(key)
    start_s = float(rows[0, TIME])
    way = float(np.hypot(*(rows[-1, XY] - rows[0, XY]))) / float(np.ptp(rows[:, TIME]))
    hangs = abs(share) < _HANGS and lengths_per_s(memory, way) < _SLOW
    family = "reversed_gravity" if share < _UPWARDS else "hover" if hangs else "wrong_gravity"
    family = family if fall.moves else "stop_in_mid_air"
    text = (
        f"falls {share:.1f}x as fast as it did before or as others do, from {start_s:.2f} s on; nothing is near it, and "
        f"the clip's gravity is {lengths_per_s(memory, size):.1f} frame sides/s^2"
    )
    return finding(memory, trail, family, start_s, strength, share, "times the clip's gravity", text)


def _may_be_held(trail: Trail, frames: int) -> bool:
    return any(
        touch.gap_px <= _NEAR_PX and touch.chance > 0
        for back in range(min(frames, len(trail.touches)))
        for touch in trail.touched(back)
    )


def _named(
    memory: Memory,
    trail: Trail,
    rows: Rows,
    before: int,
    loose_s: float,
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
        "falls": (lengths_per_s(memory, size) - _LEAST_FALL) / 0.3,
        "known": (size / error - 3.0) / 4.0,
    }
    strength = weakest(((MOST_LEFT - fits) / 0.6, (0.8 - across) / 0.4), **margins)
    rises = share < _UPWARDS and not _is_level(memory, rows, fall)
    if not rises and _may_rest(trail, len(rows) - before, change):
        strength *= _DOUBTED
    if strength <= 0 or (share < 0 and may_swing(trail.rows, loose_s)):
        return None
    start_s = float(rows[before, TIME])
    speed = np.linalg.norm(rows[before + 1, XY] - rows[before, XY]) / (
        rows[before + 1, TIME] - rows[before, TIME]
    )
    if share < _UPWARDS:
        family, what = "reversed_gravity", f"falls upwards from {start_s:.2f} s on"
    elif abs(share) < _HANGS and lengths_per_s(memory, float(speed)) < _SLOW:
        family, what = "hover", f"hangs in the air from {start_s:.2f} s on"
    else:
        family, what = "wrong_gravity", f"falls {share:.1f}x as fast as before from {start_s:.2f} s on"
    text = f"{what}; nothing is near it, and until then it fell at {lengths_per_s(memory, size):.1f} frame sides/s^2"
    return finding(memory, trail, family, start_s, strength, share, "times the clip's gravity", text)


def _is_level(memory: Memory, rows: Rows, fall: Float64[np.ndarray, " 2"]) -> bool:
    """True if a body ends up neither falling nor rising, as what lies or rolls on a floor."""
    way = (rows[-1, XY] - rows[-3, XY]) / float(rows[-1, TIME] - rows[-3, TIME])
    return lengths_per_s(memory, abs(float(way @ fall)) / float(np.hypot(*fall))) < _LEVEL


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
    smooth += [swing_left(time * TICK_S, turns, drifts=True) for turns in SWINGS]
    return solve, np.sqrt((solve**2).sum(axis=1)), tuple(smooth), design
