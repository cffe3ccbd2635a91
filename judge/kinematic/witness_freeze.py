"""Did time stand still? What moved stops all at once, and goes on as if nothing had been."""

from collections.abc import Sequence

import numpy as np

from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.groups import Motion, Object

LEAST_S = 0.2
LEAST_INTERVALS = 3
_AROUND = 2
_SLOW_SHARE = 0.4
_LEAST_PX = 1.0


def examine_freeze(objects: Sequence[Object], usual_step_s: float, said: float) -> list[Finding]:
    """A stop of all that moved, that ended a moment ago.

    Args:
        objects: The objects of the shot, their newest motion that of the newest step.
        usual_step_s: The shot's usual time between two frames that differ, s.
        said: End of the last stop that was found, s; earlier ones are not found again.
    """
    moving = [found for thing in objects if (found := _stop(thing, usual_step_s))]
    seen = [thing for thing in objects if len(thing.series) > _AROUND and _moves_now(thing, usual_step_s)]
    if not moving or len(moving) < 0.6 * len(seen):
        return []
    strength, start, end, speed, ids = max(moving, key=lambda found: (found[0], found[1]))
    if start < said or end - start < max(LEAST_S, LEAST_INTERVALS * usual_step_s):
        return []
    text = (
        f"all that moved stood still for {end - start:.2f} s from {start:.2f} s on and then went on as before, "
        f"at {speed:.0f} px/s"
    )
    share = len(moving) / max(len(seen), 1)
    strength = weakest(clear=strength, all=(share - 0.4) / 0.5)
    return [Finding("freeze", start, end, None, strength, end - start, "s", text, ids)]


def _moves_now(thing: Object, usual_step_s: float) -> bool:
    newest = list(thing.series)[-_AROUND:]
    return float(np.mean([motion.speed_px_s for motion in newest])) * usual_step_s >= _LEAST_PX


def _stop(thing: Object, usual_step_s: float) -> tuple[float, float, float, float, tuple[int, ...]] | None:
    """Strength, start, end and speed of a stop that ended `_AROUND` steps ago."""
    series = list(thing.series)
    if len(series) < 2 * _AROUND + 1:
        return None
    after = _mean(series[-_AROUND:])
    speed_after = float(np.hypot(*after))
    if speed_after * usual_step_s < _LEAST_PX:
        return None
    first = len(series) - _AROUND
    while first > 0 and series[first - 1].speed_px_s <= _SLOW_SHARE * speed_after:
        first -= 1
    if first < _AROUND or first == len(series) - _AROUND:
        return None
    before = _mean(series[first - _AROUND : first])
    speed_before = float(np.hypot(*before))
    start = series[first].time_s - series[first].step_s / 2
    last = series[len(series) - _AROUND - 1]
    end = last.time_s + last.step_s / 2
    if speed_before * usual_step_s < _LEAST_PX:
        return None
    along = float(before @ after) / (speed_before * speed_after)
    ratio = min(speed_before, speed_after) / max(speed_before, speed_after)
    length = (end - start) / max(LEAST_S, LEAST_INTERVALS * usual_step_s)
    strength = weakest(
        direction=(along - 0.6) / 0.3,
        speed=(ratio - 0.3) / 0.3,
        motion=(min(speed_before, speed_after) * usual_step_s - 0.5) / 1.0,
        length=(length - 0.8) / 0.4,
    )
    return (strength, start, end, speed_after, thing.track_ids) if strength > 0 else None


def _mean(motions: Sequence[Motion]) -> np.ndarray:
    time = sum(motion.step_s for motion in motions)
    return np.array([sum(m.dx_px for m in motions), sum(m.dy_px for m in motions)]) / time
