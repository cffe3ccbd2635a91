"""Bodies that vanish, appear, jump, double, or are exchanged."""

import math
from dataclasses import replace
from itertools import islice

import numpy as np

from lawful.generators.worlds.breaking.moments import (
    Lawful,
    Plan,
    can_break,
    free_place,
    is_free,
    is_held,
    moments,
    point,
    turn_at,
)
from lawful.generators.worlds.interventions import Insert, Move, Remove, Repaint
from lawful.generators.worlds.motion import Motion, Simulated
from lawful.generators.worlds.scene import COLOURS, PATTERNS, Look, Pattern, Point
from lawful.generators.worlds.truth import object_truths

TRIES = 400
_SOFT_EDGE_PX = 1.5
_GROWN = 1.15
"""A solid body is hidden where one so much larger would be: between its points a sliver may be seen."""


def vanish(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body in plain view is gone from one frame to the next."""
    for number, frame in moments(lawful, rng):
        name = lawful.truths[number].name
        return Plan((Remove(frame, name),), frame, name)
    return None


def colour_change(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body has another colour from one frame to the next."""
    for number, frame in moments(lawful, rng):
        old = lawful.truths[number].looks[0]
        new = replace(old, colour=_other_colour(old.colour, rng))
        name = lawful.truths[number].name
        return Plan((Repaint(frame, name, new),), frame, name)
    return None


def appear(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body is there from one frame to the next."""
    scene = lawful.scene
    if lawful.n_frames < 2:
        return None
    first = max(1, round(0.25 * lawful.n_frames))
    last = max(first, min(round(0.7 * lawful.n_frames), lawful.n_frames - 1))
    model = next((body for body in scene.bodies if can_break(scene, body)), None)
    if model is None:
        return None
    hangs = any(joint.body == model.name for joint in (*scene.pivots, *scene.springs))
    used = {body.look.colour for body in scene.bodies}
    free = [name for name in COLOURS if name not in used]
    look = Look(
        free[rng.integers(len(free))], PATTERNS[rng.integers(len(PATTERNS))], int(rng.integers(1 << 31))
    )
    grow = rng.uniform(0.85, 1.15)
    speed = rng.uniform(0.3, 0.8) * scene.view_height_m if scene.table_friction else 0.0
    heading = rng.uniform(0, 2 * math.pi)
    along = (speed * math.cos(heading), speed * math.sin(heading))
    solid = scene.dimensions == 3
    turn = (0.0,) if model.shape == "box" else (heading,)
    body = replace(
        model,
        name=f"{'ball' if hangs else model.name.split()[0]} {len(scene.bodies) + 1}",
        half_size_m=_times(model.half_size_m, grow),
        look=look,
        velocity_m_s=(*along, 0.0) if solid else along,
        turn_rad=model.turn_rad if solid else turn,
        spin_rad_s=_times(model.spin_rad_s, 0.0),
    )
    for attempt in range(TRIES):
        frame = int(rng.integers(first, last + 1))
        if attempt and attempt % (TRIES // 8) == 0:
            # No room: a smaller one may find it.
            body = replace(body, half_size_m=_times(body.half_size_m, 0.9))
        place = free_place(lawful, body, frame, rng, ignore=None)
        if place is not None:
            return Plan((Insert(frame, replace(body, position_m=place)),), frame, body.name)
    return None


def teleport(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body is in another place from one frame to the next."""
    held = {joint.body: joint.point_m for joint in (*lawful.scene.springs, *lawful.scene.pivots)}
    # Where a few moments leave no room, others leave none either.
    for number, frame in islice(moments(lawful, rng), 24):
        motion = lawful.simulated.motions[number]
        body, turn = motion.body, turn_at(motion, frame)
        at, velocity = point(motion.position_m[frame]), point(motion.velocity_m_s[frame])
        if is_held(lawful, body.name, frame):
            if math.dist(held[body.name], at) < body.reach_m:
                continue
            swing = _swing(held[body.name], at, body.half_size_m[0], rng)
            place = _turned(at, held[body.name], swing)
            speed = _turned(velocity, _times(velocity, 0.0), swing)
            if len(turn) == 1:
                turn = (turn[0] + swing,)
            return Plan((Move(frame, body.name, place, speed, turn),), frame, body.name)
        least = max(2.5 * max(body.half_size_m), 0.18 * lawful.scene.view_width_m)
        for _ in range(TRIES):
            place = free_place(lawful, body, frame, rng, ignore=number)
            if place is not None and math.dist(place, at) >= least:
                return Plan((Move(frame, body.name, place, velocity, turn),), frame, body.name)
    return None


def _swing(pivot: Point, at: Point, radius: float, rng: np.random.Generator) -> float:
    """By which angle to turn a bob about its pivot: at least 2.4 radii of its way, towards the other side."""
    length = math.dist(pivot, at)
    angle = math.atan2(at[0] - pivot[0], pivot[-1] - at[-1])
    least = 2.4 * radius / length
    side = -1 if angle > 0 else 1
    return side * max(least, rng.uniform(0.3, 0.6) + abs(angle))


def _turned(at: Point, about: Point, angle: float) -> Point:
    """A point turned in the plane of right and up."""
    x, y = at[0] - about[0], at[-1] - about[-1]
    cos, sin = math.cos(angle), math.sin(angle)
    return (about[0] + x * cos - y * sin, *at[1:-1], about[-1] + x * sin + y * cos)


def _times(values: tuple[float, ...], factor: float) -> tuple[float, ...]:
    return tuple(value * factor for value in values)


def duplicate(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A copy comes out of a body and goes its own way beside it."""
    for number, frame in moments(lawful, rng):
        motion = lawful.simulated.motions[number]
        body = motion.body
        for side in rng.permutation([-1.0, 1.0]):
            at = point(motion.position_m[frame])
            place = (at[0] + float(side) * 2.2 * body.half_size_m[0], *at[1:])
            if not is_free(lawful, body, place, frame, ignore=number):
                continue
            copy = replace(
                body,
                name=f"{body.name.split()[0]} {len(lawful.scene.bodies) + 1}",
                position_m=place,
                velocity_m_s=point(motion.velocity_m_s[frame]),
                turn_rad=turn_at(motion, frame),
                spin_rad_s=point(motion.spin_rad_s[frame]),
            )
            return Plan((Insert(frame, copy),), frame, copy.name)
    return None


def lost_behind(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body that went behind the screen never comes out."""
    found = _hidden(lawful)
    if found is None:
        return None
    name, hidden, out = found
    # Its shadow may show while it is hidden itself.
    gone = out if lawful.scene.style.shadow else hidden
    return Plan((Remove(gone, name),), out, name)


def changed_behind(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body comes out from behind the screen in another colour and with other marks."""
    found = _hidden(lawful)
    if found is None:
        return None
    name, hidden, out = found
    old = next(body.look for body in lawful.scene.bodies if body.name == name)
    colour = _other_colour(old.colour, rng)
    patterns: list[Pattern] = [pattern for pattern in PATTERNS if pattern != old.pattern]
    new = Look(colour, patterns[rng.integers(len(patterns))], int(rng.integers(1 << 31)))
    return Plan((Repaint(hidden, name, new),), out, name)


def _other_colour(old: str, rng: np.random.Generator) -> str:
    others = [name for name in COLOURS if math.dist(COLOURS[name], COLOURS[old]) > 120]
    return others[rng.integers(len(others))]


def _hidden(lawful: Lawful) -> tuple[str, int, int] | None:
    """A body that is wholly behind a screen and comes out: its name, a frame behind it, the frame it comes out."""
    for motion, truth in zip(lawful.simulated.motions, lawful.truths, strict=True):
        if not can_break(lawful.scene, motion.body):
            continue
        if lawful.scene.dimensions == 2:
            # Edges of screen and body are soft: what is a pixel and a half inside is not seen at all.
            reach = motion.body.reach_m + _SOFT_EDGE_PX / lawful.pixels_per_metre
            x = motion.position_m[:, 0]
            inside = np.zeros(lawful.n_frames, bool)
            for block in lawful.scene.blocks:
                inside |= (x - reach >= block.low[0]) & (x + reach <= block.high[0]) & (not block.solid)
        else:
            inside = _wholly_behind(lawful, motion)
        hidden = np.flatnonzero(inside)
        if not len(hidden):
            continue
        out = int(hidden[-1]) + 1
        if out < lawful.n_frames - 1 and truth.visible[out:].max() >= 0.5:
            return motion.body.name, int(hidden[0]), out
    return None


def _wholly_behind(lawful: Lawful, motion: Motion) -> np.ndarray:
    """The frames in which nothing of a solid body is seen, not even a sliver between two points."""
    grown = replace(motion, half_size_m=_GROWN * motion.half_size_m + _SOFT_EDGE_PX / lawful.pixels_per_metre)
    alone = Simulated(lawful.simulated.fps, (grown,), (), lawful.simulated.view)
    (truth,) = object_truths(lawful.scene, alone)
    return (truth.visible == 0) & (truth.behind == 1)
