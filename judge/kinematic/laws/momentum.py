"""Momentum where two bodies meet: what one gains the other loses, whatever the line of their touch."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float64
from scipy.optimize import nnls

from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.pushes import is_round, near_is_known, pushes
from lawful.judge.kinematic.laws.witness import finding, lengths_per_s
from lawful.judge.kinematic.memory import Memory

_FRICTION_RAD = 0.42
_TOGETHER_STEPS = 1.6
_MOST = 48
_LEAST_CHANGE = 0.12
_ALLOWED_RAD = 0.2
_ERRORS = 2.0


@dataclass
class Partners:
    """Sudden changes of late."""

    recent: list[Break] = field(default_factory=list)
    """Those of the last few steps."""


class Partings:
    """Two round bodies that meet change their motions in opposite ways, friction between them or not.

    What else is near either of them may have pushed too, straight away from itself or turned by friction. Said only
    where all that is near is known.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("wrong_collision",)

    def open(self) -> Partners:
        """Nothing has met."""
        return Partners()

    def push(self, state: Partners, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """The hits of which the second body's change is due with the newest frame."""
        found: list[Finding] = []
        within_s = _TOGETHER_STEPS * memory.usual_step_s
        sound = [change for change in breaks if change.jump_miss == 0 and change.miss >= 4]
        known = [change for change in state.recent if change.body in memory.trails]
        for number, change in enumerate(sound):
            near = {push.touch.second for push in pushes(memory, change)}
            for other in (*known, *sound[:number]):
                if (
                    other.body in near
                    and _both_round(memory, change, other)
                    and abs(other.time_s - change.time_s) <= within_s
                ):
                    said = _unlike(memory, change, _aged(memory, other))
                    found += [said] if said is not None else []
        kept = [each for each in known if memory.now.time_s - each.frame_s < 0.5 + within_s]
        state.recent = [*kept, *sound][-_MOST:]
        return found


def friction_cone(away: Sequence[float]) -> list[tuple[float, float]]:
    """The unit vectors between which a push away from something lies."""
    x, y = away
    cos, sin = float(np.cos(_FRICTION_RAD)), float(np.sin(_FRICTION_RAD))
    return [(x * cos - y * sin, x * sin + y * cos), (x * cos + y * sin, y * cos - x * sin)]


def outside_rad(columns: Sequence[Sequence[float]], change: Float64[np.ndarray, " 2"]) -> float:
    """Angle between a change of velocity and the nearest sum of pushes; a right angle where all push against it."""
    _, left = nnls(np.array(columns).T, change)
    return float(np.arcsin(min(1.0, left / max(float(np.hypot(*change)), 1e-9))))


def _both_round(memory: Memory, one: Break, two: Break) -> bool:
    return is_round(memory.trails[one.body]) and is_round(memory.trails[two.body])


def _aged(memory: Memory, change: Break) -> Break:
    """The same change as counted back from the newest frame."""
    trail = memory.trails[change.body]
    return replace(change, back=len(trail) - 1 - trail.at(change.frame_s))


def _unlike(memory: Memory, one: Break, two: Break) -> Finding | None:
    if not (near_is_known(memory, one) and near_is_known(memory, two)):
        return None
    first, second = (np.subtract(each.after_px_s, each.before_px_s) for each in (one, two))
    pushed = [
        edge
        for change, other in ((one, two), (two, one))
        for push in pushes(memory, change)
        if push.touch.second != other.body
        for edge in friction_cone(push.away)
    ]
    angle = min(
        outside_rad([(-float(second[0]), -float(second[1])), *pushed], first),
        outside_rad([(-float(first[0]), -float(first[1])), *pushed], second),
    )
    error = float(np.hypot(one.error_px_s / one.change_px_s, two.error_px_s / two.change_px_s))
    smaller = min(one.change_px_s, two.change_px_s)
    strength = weakest(
        (2.5 - one.fit, 2.5 - two.fit, float(one.limb - 3), float(two.limb - 3)),
        aside=(angle - _ALLOWED_RAD - _ERRORS * error) / 0.35,
        change=(lengths_per_s(memory, smaller) - _LEAST_CHANGE) / 0.15,
        clear=(min(one.miss, two.miss) - 4.0) / 6.0,
    )
    if strength <= 0:
        return None
    trail = memory.trails[one.body]
    text = (
        f"two bodies meet at {one.time_s:.2f} s and one is thrown {np.degrees(angle):.0f} degrees aside of the line "
        "along which it pushed the other"
    )
    return finding(
        memory,
        trail,
        "wrong_collision",
        min(one.frame_s, two.frame_s),
        strength,
        float(np.degrees(angle)),
        "degrees",
        text,
        others=(two.body,),
    )
