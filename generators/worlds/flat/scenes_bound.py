"""Flat scenes of things that springs, rods and magnets hold."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.flat.layout import (
    box_body,
    counted,
    disc_body,
    listed,
    looks_apart_from,
    stage,
)
from lawful.generators.worlds.scene import GRAVITY_M_S2, Block, Pivot, Scene, Spring

_IRON = (74, 76, 84)


def spring(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One or two bobs hang on springs and go up and down."""
    set_up = stage(rng, aspect, 1.4, 2.6)
    ceiling, height = 0.43 * set_up.height, set_up.height
    count = int(rng.integers(1, 3)) if aspect >= 1 else 1
    slot = set_up.width / count
    bodies, springs = [], []
    for number, look in enumerate(looks_apart_from(rng, count, set_up.backdrop)):
        size = rng.uniform(0.065, 0.09) * min(slot, height)
        x = -set_up.width / 2 + slot * (number + 0.5) + rng.uniform(-0.1, 0.1) * slot
        mass = rng.uniform(0.4, 1.5)
        hz = rng.uniform(0.7, 1.3)
        stiffness = mass * (2 * math.pi * hz) ** 2
        stretched = mass * GRAVITY_M_S2 / stiffness
        # Room for the swing below the place of rest, and a spring that is never slack.
        length = rng.uniform(0.4, 0.46) * height
        swing = min(0.8 * stretched, 0.24 * height, length - 0.1 * height - size) * rng.uniform(0.75, 1.0)
        side = 1 if rng.random() < 0.5 else -1
        place = (x, ceiling - length - side * swing)
        if rng.random() < 0.5:
            body = disc_body(rng, f"ball {number + 1}", size, place, look)
        else:
            body = box_body(f"box {number + 1}", (size, 0.9 * size), place, look)
        bodies.append(replace(body, mass_kg=mass))
        damping = 0.0 if rng.random() < 0.5 else 2 * mass * rng.uniform(0.05, 0.25)
        springs.append(Spring(body.name, (x, ceiling), length - stretched, stiffness, damping))
    beam = Block("beam", (-4 * set_up.width, ceiling), (4 * set_up.width, 2 * height), _IRON)
    ends = "s" if count == 1 else ""
    caption = f"{listed(bodies)} hang{ends} on {'a spring' if count == 1 else 'springs'} and go{'es' if count == 1 else ''} up and down."
    return set_up.scene("spring", caption, bodies, [set_up.floor, beam], ceiling=ceiling, springs=springs)


def chain(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A chain of two to four linked weights swings from a beam."""
    set_up = stage(rng, aspect, 1.4, 2.8)
    ceiling = 0.44 * set_up.height
    count = int(rng.integers(2, 5))
    length = min(rng.uniform(0.7, 0.85) * (ceiling - set_up.floor_top), 0.6 * set_up.width)
    link = length / (count + 0.4)
    largest = min(0.34 * link, 0.075 * set_up.side)
    angle = rng.uniform(0.4, 0.75) * (1 if rng.random() < 0.5 else -1)
    anchor = (rng.uniform(-0.08, 0.08) * set_up.width, ceiling)
    bodies, pivots, end, held = [], [], anchor, None
    for number, look in enumerate(looks_apart_from(rng, count, set_up.backdrop)):
        turn = angle * rng.uniform(0.85, 1.15)
        place = (end[0] + link * math.sin(turn), end[1] - link * math.cos(turn))
        radius = largest * rng.uniform(0.8, 1.0)
        name = f"weight {number + 1}"
        if rng.random() < 0.7:
            body = disc_body(rng, name, radius, place, look)
        else:
            body = replace(box_body(name, (0.85 * radius, 0.85 * radius), place, look), turn_rad=(turn,))
        bodies.append(replace(body, mass_kg=rng.uniform(0.4, 1.0)))
        pivots.append(Pivot(name, end, held))
        end, held = place, name
    beam = Block("beam", (-4 * set_up.width, ceiling), (4 * set_up.width, 2 * set_up.height), _IRON)
    caption = f"A chain of {counted(count, 'linked weight')} swings to and fro from a beam: {', '.join(body.look.colour for body in bodies)}."
    return set_up.scene(
        "chain", caption, bodies, [set_up.floor, beam], ceiling=ceiling, pivots=pivots, steps_per_s=1200
    )


def magnet(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Things hang from magnets until these let go, and then fall."""
    set_up = stage(rng, aspect, 1.6, 3.5)
    height = set_up.height
    count = int(rng.integers(1, 3)) if aspect >= 1 else 1
    slot = set_up.width / count
    top = rng.uniform(0.3, 0.36) * height
    bodies, pivots, blocks = [], [], [set_up.floor]
    for number, look in enumerate(looks_apart_from(rng, count, set_up.backdrop)):
        size = rng.uniform(0.065, 0.095) * set_up.side
        x = -set_up.width / 2 + slot * (number + 0.5) + rng.uniform(-0.15, 0.15) * slot
        round_one = rng.random() < 0.75
        half = (size, size) if round_one else (size * rng.uniform(0.8, 1.2), 0.85 * size)
        # Nearly touching: what touched would rub.
        place = (x, top - 1.01 * half[1])
        name = f"{'ball' if round_one else 'box'} {number + 1}"
        body = disc_body(rng, name, size, place, look) if round_one else box_body(name, half, place, look)
        bodies.append(replace(body, mass_kg=rng.uniform(0.4, 1.5), restitution=rng.uniform(0.5, 0.75)))
        until_s = duration_s * rng.uniform(0.18, 0.32)
        pivots.append(Pivot(name, place, until_s=until_s, seen=False))
        wide, tall = 1.1 * size, 0.05 * height
        blocks += [
            Block("rod", (x - 0.2 * size, top + 1.5 * tall), (x + 0.2 * size, 2 * height), _IRON),
            Block("magnet", (x - wide, top + 0.4 * tall), (x + wide, top + 1.6 * tall), (170, 48, 44)),
            Block("magnet", (x - wide, top), (x - 0.45 * wide, top + 0.5 * tall), (206, 208, 212)),
            Block("magnet", (x + 0.45 * wide, top), (x + wide, top + 0.5 * tall), (206, 208, 212)),
            Block("magnet", (x - 0.45 * wide, top), (x + 0.45 * wide, top + 0.4 * tall), (96, 34, 32)),
        ]
    ends = "s" if count == 1 else ""
    where = "a magnet, is" if count == 1 else "magnets, are"
    caption = (
        f"{listed(bodies)} hang{ends} from {where} let go and fall{ends} on a {set_up.floor_name} floor."
    )
    return set_up.scene("magnet", caption, bodies, blocks, ceiling=top, pivots=pivots)
