"""Bodies that vanish, appear, jump, double, or are exchanged."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.interventions import Insert, Move, Remove, Repaint
from lawful.generators.worlds.moments import Lawful, Plan, free_place, is_free, moments
from lawful.generators.worlds.scene import COLOURS, PATTERNS, Look, Pattern

TRIES = 400


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
    model = scene.bodies[0]
    used = {body.look.colour for body in scene.bodies}
    free = [name for name in COLOURS if name not in used]
    look = Look(
        free[rng.integers(len(free))], PATTERNS[rng.integers(len(PATTERNS))], int(rng.integers(1 << 31))
    )
    grow = rng.uniform(0.85, 1.15)
    speed = rng.uniform(0.3, 0.8) * scene.view_height_m if scene.table_friction else 0.0
    heading = rng.uniform(0, 2 * math.pi)
    body = replace(
        model,
        name=f"{'ball' if scene.name == 'pendulum' else model.name.split()[0]} {len(scene.bodies) + 1}",
        half_width_m=model.half_width_m * grow,
        half_height_m=model.half_height_m * grow,
        look=look,
        velocity_m_s=(speed * math.cos(heading), speed * math.sin(heading)),
        angle_rad=0.0 if model.shape == "box" else heading,
        spin_rad_s=0.0,
    )
    for attempt in range(TRIES):
        frame = int(rng.integers(first, last + 1))
        if attempt and attempt % (TRIES // 8) == 0:
            # No room: a smaller one may find it.
            body = replace(body, half_width_m=0.9 * body.half_width_m, half_height_m=0.9 * body.half_height_m)
        place = free_place(lawful, body, frame, rng, ignore=None)
        if place is not None:
            return Plan((Insert(frame, replace(body, position_m=place)),), frame, body.name)
    return None


def teleport(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body is in another place from one frame to the next."""
    held = {pivot.body: pivot.point_m for pivot in lawful.scene.pivots}
    for number, frame in moments(lawful, rng):
        body = lawful.simulated.motions[number].body
        x, y, vx, vy, angle, _ = lawful.simulated.motions[number].state[frame]
        if body.name in held:
            turn = _swing(held[body.name], (x, y), body.half_width_m, rng)
            place, speed = _turned((x, y), held[body.name], turn), _turned((vx, vy), (0.0, 0.0), turn)
            return Plan((Move(frame, body.name, place, speed, angle + turn),), frame, body.name)
        least = max(2.5 * max(body.half_width_m, body.half_height_m), 0.18 * lawful.scene.view_width_m)
        for _ in range(TRIES):
            place = free_place(lawful, body, frame, rng, ignore=number)
            if place is not None and math.dist(place, (x, y)) >= least:
                return Plan((Move(frame, body.name, place, (vx, vy), angle),), frame, body.name)
    return None


def _swing(
    point: tuple[float, float], at: tuple[float, float], radius: float, rng: np.random.Generator
) -> float:
    """By which angle to turn a bob about its pivot: at least 2.4 radii of its way, towards the other side."""
    length = math.dist(point, at)
    angle = math.atan2(at[0] - point[0], point[1] - at[1])
    least = 2.4 * radius / length
    side = -1 if angle > 0 else 1
    return side * max(least, rng.uniform(0.3, 0.6) + abs(angle))


def _turned(point: tuple[float, float], about: tuple[float, float], angle: float) -> tuple[float, float]:
    x, y = point[0] - about[0], point[1] - about[1]
    cos, sin = math.cos(angle), math.sin(angle)
    return about[0] + x * cos - y * sin, about[1] + x * sin + y * cos


def duplicate(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A copy comes out of a body and goes its own way beside it."""
    for number, frame in moments(lawful, rng):
        body, state = lawful.simulated.motions[number].body, lawful.simulated.motions[number].state[frame]
        for side in rng.permutation([-1.0, 1.0]):
            place = (float(state[0] + side * 2.2 * body.half_width_m), float(state[1]))
            if not is_free(lawful, body, place, frame, ignore=number):
                continue
            copy = replace(
                body,
                name=f"{body.name.split()[0]} {len(lawful.scene.bodies) + 1}",
                position_m=place,
                velocity_m_s=(float(state[2]), float(state[3])),
                angle_rad=float(state[4]),
                spin_rad_s=float(state[5]),
            )
            return Plan((Insert(frame, copy),), frame, copy.name)
    return None


def lost_behind(lawful: Lawful, rng: np.random.Generator) -> Plan | None:
    """A body that went behind the screen never comes out."""
    found = _hidden(lawful)
    if found is None:
        return None
    name, hidden, out = found
    return Plan((Remove(hidden, name),), out, name)


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
        reach = math.hypot(motion.body.half_width_m, motion.body.half_height_m)
        reach = motion.body.half_width_m if motion.body.shape == "disc" else reach
        # Edges of screen and body are soft: what is a pixel and a half inside is not seen at all.
        reach += 1.5 * reach / truth.radius_px
        for block in lawful.scene.blocks:
            x = motion.state[:, 0]
            inside = (x - reach >= block.x0) & (x + reach <= block.x1) & (not block.solid)
            hidden = np.flatnonzero(inside)
            if not len(hidden):
                continue
            out = int(hidden[-1]) + 1
            if out < lawful.n_frames - 1 and truth.visible[out:].max() >= 0.5:
                return motion.body.name, int(hidden[0]), out
    return None
