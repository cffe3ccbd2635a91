"""Time: motion neither stands still nor runs back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.witness import finding, lengths_per_s
from lawful.judge.kinematic.memory import RELIABLE, SD, SEEN, SIGHT, TIME, XY, Memory, Rows, Trail

_LEAST_S = 0.2
_LEAST_STEPS = 2
_AROUND = 3
_REST_PX = 0.5
_LEAST_SPEED = 0.08
_RUN_S = 0.5
_LEAST_GAIN = 0.2
_MOST_SLOPE = 0.12


@dataclass
class Times:
    """What was said of stops."""

    until_s: float = -1.0
    """End of the last stop that was found."""


class Freezes:
    """All that moves stands still for a while and then goes on with the velocity that it had."""

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("freeze",)

    def open(self) -> Times:
        """Nothing stood still."""
        return Times()

    def push(self, state: Times, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """A stop that ended three frames ago."""
        stops: list[tuple[float, float, float, float, Trail]] = []
        movers = 0
        for trail in memory.trails.values():
            if len(trail) < 2 * _AROUND or trail.newest[TIME] != memory.now.time_s:
                continue
            if trail.rows[-_AROUND:, SIGHT].max() > SEEN + 1:
                continue
            pace = _velocity(trail.rows[-_AROUND:])
            if lengths_per_s(memory, float(np.hypot(*pace))) < _LEAST_SPEED:
                continue
            movers += 1
            stop = _stop(memory, trail, pace)
            if stop is not None:
                stops.append((*stop, trail))
        if not stops:
            return []
        strength, start_s, end_s, speed, trail = max(stops, key=lambda stop: (stop[0], -stop[4].id))
        together = [stop for stop in stops if abs(stop[1] - start_s) <= 1.5 * memory.usual_step_s]
        if start_s < state.until_s:
            return []
        share = (len(together) / movers - 0.5) / 0.4
        strength = strength if share >= 1 else min(strength, share)
        if strength <= 0:
            return []
        state.until_s = end_s
        text = (
            f"all that moved stood still for {end_s - start_s:.2f} s from {start_s:.2f} s on and then went on as "
            f"before, at {lengths_per_s(memory, speed):.2f} frame sides a second"
        )
        others = tuple(stop[4].id for stop in together if stop[4] is not trail)
        return [
            finding(
                memory,
                trail,
                "freeze",
                start_s,
                strength,
                end_s - start_s,
                "s",
                text,
                end_s=end_s,
                others=others,
            )
        ]


def _stop(
    memory: Memory, trail: Trail, after: Float64[np.ndarray, " 2"]
) -> tuple[float, float, float, float] | None:
    """Strength, start, end and speed of a stop that ended as the newest motion began."""
    rows = trail.rows
    shifts = np.hypot(*np.diff(rows[:, XY], axis=0).T)
    last = len(shifts) - _AROUND + 1
    rest_px = max(_REST_PX, 3 * float(np.median(rows[-_AROUND:, SD])))
    first = last
    while first > 0 and shifts[first - 1] <= rest_px:
        first -= 1
    steps = last - first
    if (
        steps < _LEAST_STEPS
        or first < _AROUND - 1
        or float(np.ptp(rows[first : last + 1, XY], axis=0).max()) > 2 * rest_px
    ):
        return None
    before = _velocity(rows[first - _AROUND + 1 : first + 1])
    speed, later = float(np.hypot(*before)), float(np.hypot(*after))
    if speed * memory.usual_step_s < 1.5 * rest_px:
        return None
    start_s, end_s = float(rows[first + 1, TIME]), float(rows[last, TIME])
    along = float(before @ after) / (speed * later)
    length = (end_s - start_s + memory.usual_step_s) / max(_LEAST_S, _LEAST_STEPS * memory.usual_step_s)
    away = float(np.hypot(*(rows[last, XY] - rows[first, XY])))
    strength = weakest(
        (
            (along - 0.7) / 0.2,
            (min(speed, later) / max(speed, later) - 0.5) / 0.25,
            (shifts.max() * 3 - away) / max(shifts.max(), 1.0),
        ),
        length=(length - 0.9) / 0.3,
        motion=(speed * memory.usual_step_s / rest_px - 1.5) / 1.5,
    )
    return (strength, start_s, end_s, speed) if strength > 0 else None


def _velocity(rows: Rows) -> Float64[np.ndarray, " 2"]:
    return (rows[-1, XY] - rows[0, XY]) / float(rows[-1, TIME] - rows[0, TIME])


@dataclass
class Gains:
    """Runs in which energy came out of nothing."""

    runs: dict[int, float] = field(default_factory=dict)
    """By body: end of the last run that was told, s."""


class Reversals:
    """Things that only lose energy in a clip that runs forwards, and only gain it in one that runs backwards.

    Looked for are runs over a floor or a table, level or upwards, that get steadily faster for half a second with
    nothing near to push.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("reversal",)

    def open(self) -> Gains:
        """No gain."""
        return Gains()

    def push(self, state: Gains, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """Runs that are long enough with the newest frame."""
        state.runs = {body: end_s for body, end_s in state.runs.items() if body in memory.trails}
        found: list[Finding] = []
        for trail in memory.trails.values():
            if trail.newest[TIME] == memory.now.time_s:
                said = _run(state, memory, trail, {change.body for change in breaks})
                if said is not None:
                    found.append(said)
        return found


def _run(state: Gains, memory: Memory, trail: Trail, broken: set[int]) -> Finding | None:
    """A steady run that gets faster against all that could slow it."""
    now_s = memory.now.time_s
    rows = trail.rows[trail.rows[:, TIME] >= now_s - _RUN_S - 0.1 * memory.usual_step_s]
    if len(rows) < 6 or now_s - rows[0, TIME] < 0.9 * _RUN_S or trail.id in broken:
        return None
    if rows[:, SIGHT].max() > SEEN or rows[:, RELIABLE].min() == 0 or float(rows[:, SD].max()) > 1.0:
        return None
    if state.runs.get(trail.id, -1.0) > rows[0, TIME]:
        return None
    if any(
        touch.second >= 0 and touch.gap_px <= 3.0
        for back in range(len(rows))
        for touch in trail.touched(back)
    ):
        return None
    time = rows[:, TIME] - rows[:, TIME].mean()
    way = rows[-1, XY] - rows[0, XY]
    length = float(np.hypot(*way))
    if lengths_per_s(memory, length / float(np.ptp(time))) < _LEAST_SPEED:
        return None
    unit = way / length
    shifts = rows[:, XY] - rows[0, XY]
    along, across = shifts @ unit, shifts @ np.array([-unit[1], unit[0]])
    fit, cover = np.polyfit(time, along, 2, cov="unscaled")
    left = float(np.std(along - np.polyval(fit, time)))
    noise = max(0.3, left)
    bent = abs(float(np.polyfit(time, along, 3)[0])) * 6 * float(np.ptp(time))
    rate, error = 2 * float(fit[0]), 2 * noise * float(np.sqrt(cover[0, 0]))
    start = float(np.polyval(np.polyder(fit), time[0]))
    end = float(np.polyval(np.polyder(fit), time[-1]))
    gain = (end - max(start, 0.0)) / max(end, 1e-9)
    strength = weakest(
        (
            (_MOST_SLOPE - float(unit[1])) / 0.1,
            (0.6 - bent / max(rate, 1e-9)) / 0.3,
            (1.0 - left) / 0.5,
            (0.05 - float(np.abs(across).max()) / length) / 0.03,
        ),
        faster=(gain - _LEAST_GAIN) / 0.2,
        clear=(rate / max(error, 1e-9) - 4.0) / 4.0,
        large=(lengths_per_s(memory, end - start) - 0.05) / 0.1,
    )
    if strength <= 0:
        return None
    state.runs[trail.id] = now_s
    text = (
        f"gets steadily faster from {float(rows[0, TIME]):.2f} s on, {gain:.0%} in {float(np.ptp(time)):.1f} s, and nothing "
        "drives it: as if the clip ran backwards"
    )
    return finding(
        memory,
        trail,
        "reversal",
        float(rows[0, TIME]),
        strength,
        rate / memory.side_px,
        "frame sides/s^2",
        text,
        end_s=now_s,
    )
