"""Does a body leave a bounce faster than it came? Free flight is fitted on both sides of the contact."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.groups import Motion, Object

_LEAST_BEFORE = 3
_MOST_STEPS = 8
AFTER_STEPS = 3
"""Steps after the contact that are waited for."""
_LEAST_PX = 1.2


@dataclass(frozen=True)
class Contact:
    """A fall that became a rise."""

    before: list[Motion]
    """The fall, oldest first."""
    after: list[Motion]
    """The rise."""
    from_s: float
    """End of the last step that falls."""
    to_s: float
    """Start of the first step that rises."""

    @property
    def time_s(self) -> float:
        """Middle of the time in which the contact lies."""
        return (self.from_s + self.to_s) / 2


def examine_bounce(objects: Sequence[Object], width_px: int, height_px: int) -> list[Finding]:
    """Contacts that ended `AFTER_STEPS` steps ago and that gave more speed than they took."""
    findings = []
    for thing in objects:
        contact = _contact(list(thing.series))
        if contact is None:
            continue
        others = [other for other in objects if other.id != thing.id and not _alike(contact, other)]
        if any(_near(contact, other) for other in others):
            continue
        fitted = _ratio(contact)
        if fitted is None:
            continue
        ratio, error, misfit = fitted
        strength = weakest(gain=(ratio - 2 * error - 1.0) / 0.2, fit=(0.25 - misfit) / 0.15)
        if strength <= 0:
            continue
        at = contact.time_s
        text = f"it leaves the contact at {at:.2f} s {ratio:.2f}x (give or take {error:.2f}) as fast as it arrived"
        box = contact.before[-1].box(width_px, height_px, at - contact.from_s)
        end = contact.after[-1].time_s
        findings.append(
            Finding("super_elastic", at, end, box, strength, ratio, "ratio", text, thing.track_ids)
        )
    return findings


def _contact(series: Sequence[Motion]) -> Contact | None:
    """The contact that the newest `AFTER_STEPS` steps leave, if all of them rise and those before it fall."""
    after = list(series[-AFTER_STEPS:])
    rest = list(series[:-AFTER_STEPS])
    if len(after) < AFTER_STEPS or any(motion.dy_px > -_LEAST_PX for motion in after):
        return None
    usual = max((_rate(motion) for motion in rest[-3:-1]), default=0.0)
    if rest and (rest[-1].dy_px < _LEAST_PX or _rate(rest[-1]) < 0.6 * usual):
        rest.pop()
    before: list[Motion] = []
    while rest and rest[-1].dy_px > _LEAST_PX and len(before) < _MOST_STEPS:
        if before and before[0].time_s - rest[-1].time_s > 1.5 * before[0].step_s:
            break
        before.insert(0, rest.pop())
    if len(before) < _LEAST_BEFORE:
        return None
    from_s = before[-1].time_s + before[-1].step_s / 2
    to_s = after[0].time_s - after[0].step_s / 2
    return Contact(before, after, from_s, to_s) if to_s - from_s < 3.5 * after[0].step_s else None


def _rate(motion: Motion) -> float:
    """Downward speed, px/s."""
    return motion.dy_px / motion.step_s


def _alike(contact: Contact, other: Object) -> bool:
    """True if the other moves like this one before and after the contact: a piece of the same body."""
    theirs = {motion.time_s: motion for motion in other.series}
    around = [*contact.before[-3:], *contact.after]
    pairs = [(motion, theirs[motion.time_s]) for motion in around if motion.time_s in theirs]
    if len(pairs) < 3:
        return False
    differ = [np.hypot(mine.dx_px - its.dx_px, mine.dy_px - its.dy_px) for mine, its in pairs]
    return float(np.median(differ)) <= 1.0 + 0.3 * float(np.median([mine.shift_px for mine, _ in pairs]))


def _near(contact: Contact, other: Object) -> bool:
    """True if something else moved near by around that time."""
    at = contact.before[-1]
    for motion in other.series:
        around = contact.from_s - 2 * at.step_s <= motion.time_s <= contact.to_s + 2 * at.step_s
        if around and motion.shift_px > _LEAST_PX / 2:
            apart = np.hypot(motion.x_px - at.x_px, motion.y_px - at.y_px)
            if apart < 1.1 * (motion.extent_px + at.extent_px) + 3:
                return True
    return False


def _ratio(contact: Contact) -> tuple[float, float, float] | None:
    """Leaving over arriving speed at the contact, its standard error, and the misfit as a share of the speed.

    Speeds before and after are fitted with one common acceleration; the moment of the contact is
    known to the time in which it lies, which is part of the error.
    """
    motions = [*contact.before, *contact.after]
    time = np.array([motion.time_s - contact.time_s for motion in motions])
    speed = np.array([_rate(motion) for motion in motions])
    side = np.array([1.0] * len(contact.before) + [0.0] * len(contact.after))
    rows = np.stack([side, 1 - side, time], axis=1)
    solution, *_ = np.linalg.lstsq(rows, speed, rcond=None)
    arriving, leaving, gravity = (float(value) for value in solution)
    if arriving <= 0 or leaving >= 0:
        return None
    miss = speed - rows @ solution
    spread = float(np.sqrt((miss**2).sum() / max(len(motions) - 3, 1)))
    covariance = np.linalg.inv(rows.T @ rows) * spread**2
    open_s = max(contact.to_s - contact.from_s, contact.after[0].step_s / 2)
    when = 0.29 * abs(gravity) * open_s
    error_arriving = float(np.hypot(np.sqrt(covariance[0, 0]), when))
    error_leaving = float(np.hypot(np.sqrt(covariance[1, 1]), when))
    ratio = -leaving / arriving
    error = ratio * float(np.hypot(error_arriving / arriving, error_leaving / leaving))
    return ratio, error, spread / max(arriving, -leaving)
