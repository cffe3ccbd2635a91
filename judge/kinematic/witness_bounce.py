"""Does a body leave a bounce faster than it came? Free flight is fitted on both sides of the contact."""

from collections.abc import Sequence

import numpy as np

from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.groups import Motion, Object

_LEAST_STEPS = 3
_MOST_STEPS = 8
AFTER_STEPS = 5
"""Steps after the contact that are waited for."""
_LEAST_PX = 1.2


def examine_bounce(objects: Sequence[Object], width_px: int, height_px: int) -> list[Finding]:
    """Contacts that ended `AFTER_STEPS` steps ago and that gave more speed than they took."""
    findings = []
    for thing in objects:
        series = list(thing.series)
        contact = len(series) - AFTER_STEPS - 1
        if contact < _LEAST_STEPS or not _turns(series, contact):
            continue
        if any(_near(series[contact], other) for other in objects if other.id != thing.id):
            continue
        fitted = _ratio(series, contact)
        if fitted is None:
            continue
        ratio, error, misfit = fitted
        strength = weakest(
            gain=(ratio - 2 * error - 1.0) / 0.15,
            fit=(0.25 - misfit) / 0.15,
            points=(series[contact].points - 1) / 2,
        )
        if strength <= 0:
            continue
        at = series[contact].time_s
        text = f"it leaves the contact at {at:.2f} s {ratio:.2f}x (give or take {error:.2f}) as fast as it arrived"
        box = thing.box(width_px, height_px)
        findings.append(
            Finding(
                "super_elastic",
                at,
                at + AFTER_STEPS * series[contact].step_s,
                box,
                strength,
                ratio,
                "ratio",
                text,
                thing.track_ids,
            )
        )
    return findings


def _turns(series: Sequence[Motion], contact: int) -> bool:
    """True if the step at `contact` is the one in which the fall becomes a rise."""
    before, after = series[contact - 1], series[contact + 1]
    falls = all(motion.dy_px > _LEAST_PX for motion in series[contact - 2 : contact])
    rises = all(motion.dy_px < -_LEAST_PX for motion in series[contact + 1 : contact + 3])
    jump = before.dy_px / before.step_s - after.dy_px / after.step_s
    return falls and rises and jump > 0


def _near(at: Motion, other: Object) -> bool:
    """True if something else moved near by around that time."""
    for motion in other.series:
        if abs(motion.time_s - at.time_s) <= 2.5 * at.step_s and motion.shift_px > _LEAST_PX / 2:
            apart = np.hypot(motion.x_px - at.x_px, motion.y_px - at.y_px)
            if apart < 1.3 * (motion.extent_px + at.extent_px) + 4:
                return True
    return False


def _ratio(series: Sequence[Motion], contact: int) -> tuple[float, float, float] | None:
    """Leaving over arriving speed at the contact, its standard error, and the misfit as a share of the speed.

    Speeds before and after are fitted with one common acceleration; the moment of the contact is
    known to the step in which it lies, which is part of the error.
    """
    first = contact
    while first > 0 and contact - first < _MOST_STEPS and series[first - 1].dy_px > 0:
        first -= 1
    last = contact + 1
    while last < len(series) and last - contact - 1 < _MOST_STEPS and series[last].dy_px < 0:
        last += 1
    before, after = series[first:contact], series[contact + 1 : last]
    if len(before) < _LEAST_STEPS or len(after) < _LEAST_STEPS:
        return None
    motions = [*before, *after]
    at = series[contact].time_s
    time = np.array([motion.time_s - at for motion in motions])
    speed = np.array([motion.dy_px / motion.step_s for motion in motions])
    side = np.array([1.0] * len(before) + [0.0] * len(after))
    rows = np.stack([side, 1 - side, time], axis=1)
    solution, *_ = np.linalg.lstsq(rows, speed, rcond=None)
    arriving, leaving, gravity = (float(value) for value in solution)
    if arriving <= 0 or leaving >= 0:
        return None
    miss = speed - rows @ solution
    spread = float(np.sqrt((miss**2).sum() / max(len(motions) - 3, 1)))
    covariance = np.linalg.inv(rows.T @ rows) * spread**2
    when = abs(gravity) * series[contact].step_s / 2
    error_arriving = float(np.hypot(np.sqrt(covariance[0, 0]), 0.58 * when))
    error_leaving = float(np.hypot(np.sqrt(covariance[1, 1]), 0.58 * when))
    ratio = -leaving / arriving
    error = ratio * float(np.hypot(error_arriving / arriving, error_leaving / leaving))
    return ratio, error, spread / max(arriving, -leaving)
