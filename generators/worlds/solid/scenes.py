"""Solid scenes of things in the air: dropped, thrown, dropped into a box, swung on a rod."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.flat.layout import counted, listed, looks_apart_from
from lawful.generators.worlds.scene import GRAVITY_M_S2, Pivot, Scene
from lawful.generators.worlds.solid.layout import KINDS, Kind, frame, made, solid_stage


def drop3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A ball, and often boxes and cylinders beside it, fall on a floor and bounce."""
    stage = solid_stage(rng, aspect, 1.5, 3.5)
    across, away, up = stage.room
    count = int(rng.integers(1, 4 if aspect >= 1 else 3))
    kinds = ["ball", *(KINDS[k] for k in rng.integers(len(KINDS), size=count - 1))]
    order = rng.permutation(count)
    slot = 2 * across / count
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, stage.backdrop)):
        kind: Kind = kinds[number]
        size = rng.uniform(0.06, 0.1) * stage.side
        reach = 1.7 * size
        x = -across + slot * (order[number] + 0.5) + rng.uniform(-0.5, 0.5) * max(slot - 2 * reach, 0)
        place = (float(x), float(rng.uniform(-0.6, 0.6) * away), float(rng.uniform(0.6, 0.95) * up - size))
        body = made(rng, kind, f"{kind} {number + 1}", size, look, place, turned=True)
        drift = rng.uniform(-0.08, 0.08, 2) * stage.side
        spin = rng.uniform(-3, 3, 3)
        bodies.append(
            replace(
                body,
                velocity_m_s=(float(drift[0]), float(drift[1]), 0.0),
                spin_rad_s=tuple(float(c) for c in spin),
            )
        )
    s = "s" if count == 1 else ""
    caption = f"{listed(bodies)} fall{s} on a {stage.floor_name} floor and bounce{s}."
    return stage.scene("drop3d", caption, bodies)


def throw3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One or two things are thrown across, land and bounce on."""
    stage = solid_stage(rng, aspect, 1.5, 3.5, aside=0.25)
    across, away, up = stage.room
    count = 2 if rng.random() < 0.4 else 1
    sign = 1 if rng.random() < 0.5 else -1
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, stage.backdrop)):
        kind: Kind = KINDS[rng.choice(3, p=(0.6, 0.25, 0.15))]
        size = rng.uniform(0.06, 0.1) * stage.side
        low, top = size * rng.uniform(1.2, 2.5), (up - 1.2 * size) * rng.uniform(0.8, 1.0)
        start, end = -(across - 1.2 * size), across * rng.uniform(0.0, 0.5)
        rise = math.sqrt(2 * GRAVITY_M_S2 * (top - low))
        flight_s = (rise + math.sqrt(2 * GRAVITY_M_S2 * (top - size))) / GRAVITY_M_S2
        heading = sign * (1 if number == 0 else -1)
        lane = away * (0.0 if count == 1 else (0.6, -0.6)[number])
        body = made(rng, kind, f"{kind} {number + 1}", size, look, (start * heading, lane, low), turned=True)
        spin = rng.uniform(-6, 6, 3)
        bodies.append(
            replace(
                body,
                velocity_m_s=(heading * (end - start) / flight_s, 0.0, rise),
                spin_rad_s=tuple(float(c) for c in spin),
                restitution=max(body.restitution, 0.45),
            )
        )
    s = "is" if count == 1 else "are"
    caption = f"{listed(bodies)} {s} thrown through the air and land{'s' if count == 1 else ''}"
    return stage.scene("throw3d", f"{caption} on a {stage.floor_name} floor.", bodies)


def container3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Two to four balls and boxes fall into an open box and come to rest in it."""
    stage = solid_stage(rng, aspect, 1.3, 2.6, down=(0.5, 0.75), aside=0.3, middle=0.25, depth=0.32)
    across, away, up = stage.room
    count = int(rng.integers(2, 5))
    size = rng.uniform(0.055, 0.075) * stage.side
    half = (min(across - 0.02 * stage.side, 0.42 * stage.side), min(away, 0.3 * stage.side))
    walls = frame(
        "wall",
        half,
        size * rng.uniform(1.0, 1.5),
        0.02 * stage.side,
        ((142, 106, 70), (96, 108, 118), (126, 92, 96))[rng.integers(3)],
    )
    # No cylinders: MuJoCo lets them sink into walls and boxes that they meet at a slant.
    kinds: list[Kind] = ["ball", *(("ball", "box")[k] for k in rng.integers(2, size=count - 1))]
    slot, order = 2 * half[0] / count, rng.permutation(count)
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, stage.backdrop)):
        kind = kinds[number]
        x = -half[0] + slot * (order[number] + 0.5)
        y = rng.uniform(-0.5, 0.5) * (half[1] - 1.6 * size)
        place = (float(x), float(y), float(rng.uniform(0.55, 0.95) * up - size))
        body = made(rng, kind, f"{kind} {number + 1}", size, look, place, turned=True)
        drift = rng.uniform(-0.15, 0.15, 2) * stage.side
        bodies.append(replace(body, velocity_m_s=(float(drift[0]), float(drift[1]), 0.0)))
    caption = f"{listed(bodies)} fall into an open box on a {stage.floor_name} floor."
    room = (-half[0], -half[1], 0.0, half[0], half[1], up)
    return stage.scene("container3d", caption, bodies, walls, room=room)


def pendulum3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One or two bobs swing on stiff rods, to and fro or around."""
    stage = solid_stage(rng, aspect, 1.2, 2.8, middle=0.42)
    across, _, up = stage.room
    count = int(rng.integers(1, 3)) if aspect >= 1 else 1
    slot = 2 * across / count
    bodies, pivots = [], []
    for number, look in enumerate(looks_apart_from(rng, count, stage.backdrop)):
        kind: Kind = KINDS[rng.choice(3, p=(0.6, 0.2, 0.2))]
        size = rng.uniform(0.08, 0.11) * min(1.2 * slot, stage.side)
        top = float(up * rng.uniform(0.9, 0.98))
        length = min(rng.uniform(0.55, 0.85) * top, 0.62 * slot) - 1.7 * size
        # The swing is seen from its side, more or less.
        angle, heading = rng.uniform(0.35, 0.75), rng.uniform(-0.5, 0.5) + math.pi * rng.integers(2)
        out = length * math.sin(angle)
        x, y = out * math.cos(heading), out * math.sin(heading)
        pivot = (-across + slot * (number + 0.5), 0.0, top)
        place = (pivot[0] + x, y, top - length * math.cos(angle))
        around = rng.uniform(-0.35, 0.35) * math.sqrt(GRAVITY_M_S2 * length) * math.sin(angle)
        body = made(rng, kind, f"{'bob' if kind == 'ball' else kind} {number + 1}", size, look)
        bodies.append(
            replace(
                body,
                position_m=tuple(float(c) for c in place),
                velocity_m_s=(-around * math.sin(heading), around * math.cos(heading), 0.0),
                spin_rad_s=_swinging(
                    place, pivot, (-around * math.sin(heading), around * math.cos(heading), 0.0)
                ),
            )
        )
        pivots.append(Pivot(bodies[-1].name, pivot))
    s = "s" if count == 1 else ""
    on = "on a rod" if count == 1 else f"on {counted(count, 'rod')}"
    caption = f"{listed(bodies)} swing{s} {on}."
    return stage.scene("pendulum3d", caption, bodies, pivots=pivots)


def _swinging(
    place: tuple[float, ...], pivot: tuple[float, ...], velocity: tuple[float, ...]
) -> tuple[float, ...]:
    """The spin of a rod whose end moves at right angles to it."""
    arm = np.subtract(place, pivot)
    return tuple(float(c) for c in np.cross(arm, velocity) / (arm @ arm))
