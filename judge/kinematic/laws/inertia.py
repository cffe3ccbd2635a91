"""Inertia: a body keeps its velocity until something acts on it, and starts only when something moves it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lawful.judge.kinematic.bodies import SCENE
from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.pushes import near_is_known, push_chance, velocity
from lawful.judge.kinematic.laws.unseen import beyond_bounces
from lawful.judge.kinematic.laws.witness import finding, lengths_per_s
from lawful.judge.kinematic.memory import XY, Memory, Trail

_REST = 0.05
_LEAST_CHANGE = 0.12
_STOPPED = 0.2
_SHARP_RAD = 0.45
_FASTER = 1.15
_CAUSE_S = 0.5
_SURE = 0.9
_DOUBTED = 0.2


class Inertia:
    """Sudden changes of velocity of bodies that nothing near can have caused.

    A body that changes its direction has a kink; one that stops with nothing beneath it stops in mid air; one at rest
    starts by itself, or before what is about to hit it; one that goes on along its way faster gains energy. Changes
    while it is not well seen, jumps, and changes that something near is known to have caused are none. Where something
    may have been touched, or may be near and not seen, a bounce must not explain them either, and a stop is weak.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("kink", "stop_in_mid_air", "spontaneous_start", "energy_gain", "effect_before_cause")

    def open(self) -> None:
        """It keeps nothing of its own."""
        return

    def push(self, state: None, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """The changes that are due with the newest frame."""
        found = []
        for change in breaks:
            if change.jump_miss == 0:
                chance = push_chance(memory, change)
                doubted = chance > 0 or not near_is_known(memory, change)
                named = _named(memory, change, doubted) if chance < _SURE else None
                if named is not None:
                    found.append(named)
        return found


def _named(memory: Memory, change: Break, doubted: bool) -> Finding | None:
    """What a change is; `doubted` where something that is not seen to touch the body may have made it."""
    trail = memory.trails[change.body]
    before, after = np.array(change.before_px_s), np.array(change.after_px_s)
    speed, later = float(np.hypot(*before)), float(np.hypot(*after))
    gates = [(2.5 - change.fit) / 1.0, float(change.limb - 3)]
    margins = {
        "clear": (change.miss - 4.0) / 8.0,
        "sure": (change.change_px_s / max(change.error_px_s, 1e-9) - 4.0) / 6.0,
        "large": (lengths_per_s(memory, change.change_px_s) - _LEAST_CHANGE) / 0.25,
    }
    still = max(_REST * memory.side_px, 2 * change.error_px_s)
    if speed <= still:
        if push_chance(memory, change, bodies_only=True) > 0:
            return None
        return _start(memory, change, trail, later, gates, margins)
    if later <= max(still, 0.1 * speed):
        gates += [(_STOPPED - later / speed) / 0.15, 0.0 if _stands(trail, change) else 1.0]
        text = (
            f"stops dead at {change.time_s:.2f} s with nothing there to stop it; it was moving at "
            f"{_pace(memory, speed)}"
        )
        said = _finding(memory, change, "stop_in_mid_air", gates, margins, lengths_per_s(memory, speed), text)
        return replace(said, strength=_DOUBTED * said.strength) if said is not None and doubted else said
    if doubted:
        margins["beyond_bounces"] = beyond_bounces(change)
    angle = float(np.arccos(np.clip(before @ after / (speed * later), -1, 1)))
    if angle >= _SHARP_RAD:
        margins["sharp"] = (angle - _SHARP_RAD) / 0.4
        text = (
            f"turns by {np.degrees(angle):.0f} degrees at {change.time_s:.2f} s with nothing there to turn it"
        )
        gates.append((min(speed, later) / max(speed, later) - 0.15) / 0.2)
        return _finding(memory, change, "kink", gates, margins, float(np.degrees(angle)), text, "degrees")
    if later > speed:
        margins["faster"] = (later / speed - _FASTER) / 0.25
        text = f"is {later / speed:.1f}x as fast from {change.time_s:.2f} s on, along the same way, and nothing drives it"
        return _finding(memory, change, "energy_gain", gates, margins, later / speed, text, "ratio")
    return None


def _start(
    memory: Memory,
    change: Break,
    trail: Trail,
    later: float,
    gates: list[float],
    margins: dict[str, float],
) -> Finding | None:
    margins["starts"] = (lengths_per_s(memory, later) - _LEAST_CHANGE) / 0.2
    first = -1 - change.back
    gates.append(float(len(trail.rows[:first]) - 2) / 2)
    cause = _coming(memory, change)
    if cause is None:
        text = (
            f"was at rest and is moving at {_pace(memory, later)} from {change.time_s:.2f} s on, though nothing "
            "touches it"
        )
        return _finding(
            memory, change, "spontaneous_start", gates, margins, lengths_per_s(memory, later), text
        )
    body, wait_s = cause
    text = (
        f"moves off at {change.time_s:.2f} s, {wait_s:.2f} s before what comes towards it can have reached it"
    )
    return _finding(memory, change, "effect_before_cause", gates, margins, wait_s, text, "s", (body,))


def _coming(memory: Memory, change: Break) -> tuple[int, float] | None:
    """A body that would have hit this one from behind, as it goes, within half a second: which, and when."""
    trail = memory.trails[change.body]
    row = trail.rows[-1 - change.back]
    best = None
    for other in memory.trails.values():
        if other.id == trail.id or change.back >= len(other):
            continue
        offset = row[XY] - other.rows[-1 - change.back, XY]
        apart = float(np.hypot(*offset))
        unit = offset / max(apart, 1e-9)
        closing = float(unit @ np.array(velocity(memory, other.id, change.frame_s)))
        gap = max(apart - 0.5 * (trail.size_px() + other.size_px()), 0.0)
        if closing <= _REST * memory.side_px or unit @ np.array(change.after_px_s) <= 0:
            continue
        wait_s = gap / closing
        if wait_s <= _CAUSE_S and (best is None or wait_s < best[1]):
            best = (other.id, wait_s)
    return best


def _stands(trail: Trail, change: Break) -> bool:
    """True if something of the scene is right beneath or beside it where it stops."""
    return any(
        touch.second == SCENE and touch.gap_px <= 1.5 and touch.chance >= 0.9
        for touch in trail.touched(change.back)
    )


def _finding(
    memory: Memory,
    change: Break,
    family: str,
    gates: Sequence[float],
    margins: dict[str, float],
    magnitude: float,
    text: str,
    unit: str = "frame sides/s",
    others: tuple[int, ...] = (),
) -> Finding | None:
    strength = weakest(gates, **margins)
    if strength <= 0:
        return None
    trail = memory.trails[change.body]
    return finding(memory, trail, family, change.frame_s, strength, magnitude, unit, text, others=others)


def _pace(memory: Memory, speed_px_s: float) -> str:
    return f"{lengths_per_s(memory, speed_px_s):.2f} frame sides a second"
