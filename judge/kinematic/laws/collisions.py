"""Energy and momentum where bodies meet: none leaves faster than it came, or aside of how it was pushed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from lawful.judge.kinematic.bodies import SCENE
from lawful.judge.kinematic.events.breaks import Break
from lawful.judge.kinematic.findings import Finding, weakest
from lawful.judge.kinematic.laws.momentum import friction_cone, outside_rad
from lawful.judge.kinematic.laws.pushes import Pace, Push, is_round, mean_pace, near_is_known, pushes
from lawful.judge.kinematic.laws.witness import finding, lengths_per_s
from lawful.judge.kinematic.memory import SD, SEEN, SIGHT, TIME, XY, Memory

_LEAST_CLOSING = 0.12
_ERRORS = 2.0
_ALLOWED = 0.04
_STRAIGHT = 0.75
_ASIDE_RAD, _ASIDE_KNOWN_RAD = 0.45, 0.12
_LEAST_ALONG, _LEAST_ALONG_KNOWN = 0.2, -0.5
_THIRD = 0.6
_WAIT_S = 0.12
_RESTS = 0.05
_PRESSES = -0.15
_MOST_HITS = 24


class Bounces:
    """The speed with which a body leaves what it bounces off, over that with which it came.

    Speeds are taken along the line of the touch, relative to what is touched; both at the moment of the touch, where
    the two arcs meet. Two bodies that meet are pushed apart along that line, turned by friction at most.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("super_elastic", "wrong_collision", "spontaneous_start")

    def open(self) -> None:
        """It keeps nothing of its own."""
        return

    def push(self, state: None, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """The hits that are due with the newest frame."""
        found = []
        for change in breaks:
            if change.jump_miss > 0 or change.miss < 4:
                continue
            near = _pushing(list(pushes(memory, change)), change)
            straight = [push for push in near if push.along >= _STRAIGHT]
            if straight:
                best = max(straight, key=lambda push: (push.along, -push.gap_px))
                said = _rebound(memory, change, best)
            else:
                said = _aside(memory, change, near)
            if said is not None:
                found.append(said)
        return found


def _rebound(memory: Memory, change: Break, push: Push) -> Finding | None:
    touch = push.touch
    away = np.array(push.away)
    other_before, other_after = _of_other(memory, change, touch.second)
    if other_before is None or other_after is None:
        return None
    closing = -float(away @ np.subtract(change.before_px_s, other_before.px_s))
    opening = float(away @ np.subtract(change.after_px_s, other_after.px_s))
    if opening <= 0 or (touch.second != SCENE and not _both_round(memory, change, touch.second)):
        return None  # what has corners may turn a spin into speed
    if touch.second == SCENE and lengths_per_s(memory, float(np.hypot(*change.before_px_s))) < _RESTS:
        return _jumps(memory, change, push, opening)
    if closing <= 0:
        return None
    ratio = opening / closing
    error = _ratio_error(change, other_before, other_after, ratio, closing)
    if touch.second != SCENE and _met_another(memory, change, touch.second):
        return None  # what it came with is not known
    strength = weakest(
        ((2.5 - change.fit) / 1.0, (push.along - _STRAIGHT) / 0.15),
        faster=(ratio - 1 - _ALLOWED - _ERRORS * error) / 0.2,
        came=(lengths_per_s(memory, closing) - _LEAST_CLOSING) / 0.15,
        clear=(change.miss - 4.0) / 6.0,
    )
    if strength <= 0:
        return None
    trail = memory.trails[change.body]
    if touch.second == SCENE:
        text = f"leaves what it bounces off {ratio:.1f}x faster than it arrived, at {change.time_s:.2f} s"
        return finding(memory, trail, "super_elastic", change.frame_s, strength, ratio, "ratio", text)
    text = f"two bodies part {ratio:.1f}x faster than they met, at {change.time_s:.2f} s"
    return finding(
        memory,
        trail,
        "wrong_collision",
        change.frame_s,
        strength,
        ratio,
        "ratio",
        text,
        others=(touch.second,),
    )


def _jumps(memory: Memory, change: Break, push: Push, opening: float) -> Finding | None:
    """A body at rest that leaves the scene by itself."""
    strength = weakest(
        ((2.5 - change.fit) / 1.0, float(change.limb - 3), (push.along - _STRAIGHT) / 0.15),
        leaves=(lengths_per_s(memory, opening) - _LEAST_CLOSING) / 0.2,
        clear=(change.miss - 4.0) / 6.0,
    )
    if strength <= 0 or any(each.touch.second != SCENE for each in pushes(memory, change)):
        return None
    pace = lengths_per_s(memory, opening)
    text = f"was at rest and leaves what it lies on at {change.time_s:.2f} s, at {pace:.2f} frame sides a second, by itself"
    trail = memory.trails[change.body]
    return finding(memory, trail, "spontaneous_start", change.frame_s, strength, pace, "frame sides/s", text)


def _aside(memory: Memory, change: Break, near: Sequence[Push]) -> Finding | None:
    """A body that leaves a hit far aside of the line along which it was pushed."""
    # What is thrown well aside of all that is known to be near may have met something else, such as a floor in depth.
    known = near_is_known(memory, change)
    least = _LEAST_ALONG_KNOWN if known else _LEAST_ALONG
    met = [push for push in near if push.touch.second != SCENE and push.along > least]
    met = [push for push in met if _both_round(memory, change, push.touch.second)]
    if not met:
        return None  # where corners meet, the line of the push is not known
    push = max(met, key=lambda each: each.along)
    change_px_s = np.subtract(change.after_px_s, change.before_px_s)
    # All that is near may have pushed at once, each away from itself, turned by friction.
    angle = outside_rad([edge for each in near for edge in friction_cone(each.away)], change_px_s)
    trail = memory.trails[change.body]
    allowed = _ASIDE_KNOWN_RAD if known else _ASIDE_RAD
    allowed += 2 * change.error_px_s / change.change_px_s + 4 * float(trail.newest[SD]) / trail.size_px()
    strength = weakest(
        (
            (2.5 - change.fit) / 1.0,
            float(change.limb - 3),
            1.5 - push.gap_px / max(0.25 * trail.size_px(), 4.0),
        ),
        aside=(angle - allowed) / 0.4,
        change=(lengths_per_s(memory, change.change_px_s) - _LEAST_CLOSING) / 0.15,
        clear=(change.miss - 4.0) / 6.0,
    )
    if strength <= 0:
        return None
    text = (
        f"is thrown {np.degrees(angle):.0f} degrees aside of the line along which it was pushed in a hit at "
        f"{change.time_s:.2f} s"
    )
    return finding(
        memory,
        trail,
        "wrong_collision",
        change.frame_s,
        strength,
        float(np.degrees(angle)),
        "degrees",
        text,
        others=(push.touch.second,),
    )


def _pushing(near: Sequence[Push], change: Break) -> list[Push]:
    """All that may have pushed: what stands still, where a body is near too, only if it was pressed into."""
    bodies = [push for push in near if push.touch.second != SCENE]
    return [
        push for push in near if push.touch.second != SCENE or not bodies or _pressed(push, change, bodies)
    ]


def _pressed(scene: Push, change: Break, others: Sequence[Push]) -> bool:
    """True if a body came up to what stands still, or another pushed it into that: else that pushed nothing."""
    away = np.array(scene.away)
    came = -float(away @ np.array(change.before_px_s)) > 2 * change.error_px_s
    return came or any(float(away @ np.array(each.away)) < _PRESSES for each in others)


def _met_another(memory: Memory, change: Break, other: int) -> bool:
    """True if what a body met can have been hit by a third one between two frames, just before."""
    trail = memory.trails[other]
    reach = _THIRD * change.change_px_s * memory.usual_step_s
    since = len(trail) - 1 - trail.at(change.frame_s)
    return any(
        touch.second not in (SCENE, change.body) and touch.gap_px <= reach
        for back in range(since, since + 3)
        for touch in trail.touched(back)
    )


def _both_round(memory: Memory, change: Break, other: int) -> bool:
    return other in memory.trails and all(is_round(memory.trails[each]) for each in (change.body, other))


def _of_other(memory: Memory, change: Break, other: int) -> tuple[Pace | None, Pace | None]:
    """The velocities before and after of what was touched; 0 for the scene."""
    if other == SCENE:
        return Pace((0.0, 0.0), 0.0), Pace((0.0, 0.0), 0.0)
    step = memory.usual_step_s
    before = mean_pace(memory, other, change.frame_s - 3.5 * step, change.frame_s - step)
    return before, mean_pace(memory, other, change.frame_s, change.frame_s + 2.5 * step)


def _ratio_error(change: Break, before: Pace, after: Pace, ratio: float, closing_px_s: float) -> float:
    """Standard deviation of the ratio of the speeds with which two part and met."""
    came, left = (float(np.hypot(change.error_px_s, pace.error_px_s)) for pace in (before, after))
    return float(np.hypot(left, ratio * came)) / closing_px_s


@dataclass(frozen=True)
class _Hit:
    """A body at rest that another came up to; the speeds are the striker's, towards it."""

    struck: int
    striker: int
    frame_s: float
    towards: tuple[float, float]
    closing_px_s: float
    lost_px_s: float


@dataclass
class Hits:
    """Hits that wait for what comes of them."""

    waiting: list[_Hit] = field(default_factory=list)
    """At most so many."""


class Reactions:
    """A body at rest that is hit must move off, unless something behind it holds it.

    Looked at are hits after which the striker itself was thrown back or slowed: that it met something is sure then.
    """

    @property
    def families(self) -> tuple[str, ...]:
        """What it looks for."""
        return ("no_reaction",)

    def open(self) -> Hits:
        """No hit waits."""
        return Hits()

    def push(self, state: Hits, memory: Memory, breaks: Sequence[Break]) -> list[Finding]:
        """The hits whose outcome is known with the newest frame."""
        state.waiting = [*state.waiting, *_hits(memory, breaks)][-_MOST_HITS:]
        wait_s = max(_WAIT_S, 2 * memory.usual_step_s)
        due = [hit for hit in state.waiting if memory.now.time_s >= hit.frame_s + wait_s]
        state.waiting = [hit for hit in state.waiting if hit not in due]
        return [said for hit in due if (said := _unmoved(memory, hit)) is not None]


def _hits(memory: Memory, breaks: Sequence[Break]) -> Iterator[_Hit]:
    for change in breaks:
        for push in pushes(memory, change):
            touch = push.touch
            if touch.second == SCENE or push.along < 0.6 or change.jump_miss > 0:
                continue
            towards = -np.array(push.away)
            closing = float(towards @ np.array(change.before_px_s))
            lost = float(towards @ np.subtract(change.before_px_s, change.after_px_s))
            if lengths_per_s(memory, closing) > _LEAST_CLOSING and lost > 0.3 * closing:
                yield _Hit(
                    striker=change.body,
                    struck=touch.second,
                    frame_s=change.frame_s,
                    towards=(float(towards[0]), float(towards[1])),
                    closing_px_s=closing,
                    lost_px_s=lost,
                )
                break


def _unmoved(memory: Memory, hit: _Hit) -> Finding | None:
    striker, struck = memory.trails.get(hit.striker), memory.trails.get(hit.struck)
    if striker is None or struck is None:
        return None
    step = memory.usual_step_s
    before = struck.rows[struck.rows[:, TIME] < hit.frame_s - 0.5 * step][-4:]
    after = struck.rows[struck.rows[:, TIME] > hit.frame_s - 0.5 * step]
    if len(before) < 3 or len(after) < 3 or (after[:, SIGHT] != SEEN).any():
        return None
    wander = float(np.hypot(*(before[-1, XY] - before[0, XY])))
    moved = float(np.hypot(*(after[:, XY] - before[-1, XY]).T).max())
    # What the striker lost the struck gains, by the masses that their outlines tell.
    heavier = (struck.size_px() / max(striker.size_px(), 1.0)) ** 2
    due_px_s = min(hit.lost_px_s / max(heavier, 1e-9), hit.closing_px_s)
    due_px = due_px_s * float(after[-1, TIME] - hit.frame_s)
    # What it passes the hit on to is there before it, and may have left since.
    held = any(
        touch.gap_px <= 3.0 and float(np.dot(touch.towards, hit.towards)) > 0.3 and touch.second != striker.id
        for back in range(len(after) + 2)
        for touch in struck.touched(back)
    )
    strength = weakest(
        (
            (0.12 - moved / max(due_px, 1e-9)) / 0.08,
            (0.1 - wander / max(due_px, 1e-9)) / 0.08,
            0.0 if held else 1.0,
        ),
        far=(due_px - 2.0) / 4.0,
    )
    if strength <= 0:
        return None
    text = (
        f"is hit at {hit.frame_s:.2f} s by something that comes with {lengths_per_s(memory, hit.closing_px_s):.2f} "
        f"frame sides a second and stays where it is"
    )
    magnitude = lengths_per_s(memory, hit.closing_px_s)
    return finding(
        memory,
        struck,
        "no_reaction",
        hit.frame_s,
        strength,
        magnitude,
        "frame sides/s",
        text,
        others=(striker.id,),
    )
