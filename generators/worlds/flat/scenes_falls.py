"""Flat scenes of things that fly, fall, roll and come to rest."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.flat.layout import (
    Stage,
    box_body,
    disc_body,
    either_side,
    listed,
    looks_apart_from,
    plank,
    stage,
)
from lawful.generators.worlds.scene import GRAVITY_M_S2, Block, Body, Look, Scene

_WOOD = ((168, 128, 84), (140, 98, 62), (120, 110, 96))


def throw(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One or two things are thrown in an arc, land and go on, at times off a wall."""
    set_up = stage(rng, aspect, 2.2, 4.5)
    count = int(rng.integers(1, 3)) if aspect >= 1 else 1
    sign = either_side(rng)
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, set_up.backdrop)):
        body = _thing(rng, set_up, number, look, (0.06, 0.095))
        reach = body.reach_m
        x = -(0.46 - rng.uniform(0, 0.06)) * set_up.width + reach
        low = set_up.floor_top + reach + rng.uniform(0.08, 0.22) * set_up.height
        rise = rng.uniform(0.75, 1.0) * (0.47 * set_up.height - reach - low)
        speed = math.sqrt(2 * GRAVITY_M_S2 * rise)
        fall = low + rise - set_up.floor_top - body.half_height_m
        flight_s = speed / GRAVITY_M_S2 + math.sqrt(2 * fall / GRAVITY_M_S2)
        along = rng.uniform(0.5, 0.75) * set_up.width / flight_s
        # The second comes from the other side.
        side = sign if number == 0 else -sign
        bodies.append(
            replace(
                body,
                position_m=(x * side, low),
                velocity_m_s=(along * side, speed),
                spin_rad_s=(rng.uniform(-5, 5),),
                restitution=rng.uniform(0.5, 0.8),
                friction=rng.uniform(0.3, 0.6),
            )
        )
    blocks = [set_up.floor]
    walls = (-set_up.width / 2, set_up.width / 2)
    if rng.random() < 0.5 and count == 1:
        blocks.append(_wall(rng, set_up, sign))
        edge = abs(blocks[-1].low[0] if sign > 0 else blocks[-1].high[0])
        walls = (-set_up.width / 2, edge) if sign > 0 else (-edge, set_up.width / 2)
    are = "is" if count == 1 else "are"
    caption = f"{listed(bodies)} {are} thrown in an arc and land{'s' if count == 1 else ''} on a {set_up.floor_name} floor."
    return set_up.scene("throw", caption, bodies, blocks, walls=walls)


def ramp(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A ball or a box is dropped on a ramp, goes down it and on along the floor."""
    set_up = stage(rng, aspect, 1.8, 4.0)
    height, width, floor = set_up.height, set_up.width, set_up.floor_top
    sign = either_side(rng)
    extent = rng.uniform(0.38, 0.5) * width
    rise = min(rng.uniform(0.26, 0.4) * height, 0.6 * extent)
    slope = math.atan2(rise, extent)
    left, thick = -0.49 * width, 0.045 * set_up.side
    rgb = _WOOD[rng.integers(len(_WOOD))]
    # Its foot goes on into the floor, so that nothing trips over it.
    foot = (left + 1.15 * extent, floor - 0.15 * rise)
    board = plank("ramp", (left * sign, floor + rise), (foot[0] * sign, foot[1]), thick, rgb)
    inner = left + 0.035 * width
    top = floor + rise * (1 - 0.035 * width / extent) - 1.02 * thick / math.cos(slope)
    post = Block(
        "post", (min(left * sign, inner * sign), floor - thick), (max(left * sign, inner * sign), top), rgb
    )
    rolls = rng.random() < 0.5
    bodies = []
    # Two boxes would pile up at the foot.
    count = int(rng.integers(1, 3)) if rolls else 1
    for number, look in enumerate(looks_apart_from(rng, count, set_up.backdrop)):
        size = rng.uniform(0.05, 0.075) * set_up.side
        half = (size, size) if rolls else (size * rng.uniform(1.1, 1.5), size)
        gap = rng.uniform(0.05, 0.12) * height
        # The second starts further down.
        share = (0.16, 0.62)[number] + rng.uniform(-0.04, 0.04)
        place = (
            left + share * extent + half[1] * math.sin(slope),
            floor + (1 - share) * rise + half[1] * math.cos(slope) + gap,
        )
        name = f"{'ball' if rolls else 'box'} {number + 1}"
        bodies.append(
            Body(
                name,
                "disc" if rolls else "box",
                half,
                (place[0] * sign, place[1]),
                look,
                turn_rad=(rng.uniform(0, 2 * math.pi) if rolls else -slope * sign,),
                mass_kg=rng.uniform(0.4, 1.5),
                restitution=rng.uniform(0.1, 0.3),
                friction=rng.uniform(0.6, 0.9) if rolls else math.tan(slope) * rng.uniform(0.25, 0.6),
            )
        )
    blocks = [post, board, set_up.floor]
    walls = (-width / 2, width / 2)
    if rng.random() < 0.4:
        blocks.append(_wall(rng, set_up, sign))
        edge = abs(blocks[-1].low[0] if sign > 0 else blocks[-1].high[0])
        walls = (-width / 2, edge) if sign > 0 else (-edge, width / 2)
    ends = "s" if len(bodies) == 1 else ""
    how = f"roll{ends}" if rolls else f"slide{ends}"
    caption = f"{listed(bodies)} drop{ends} on a ramp, {how} down and on along a {set_up.floor_name} floor."
    return set_up.scene("ramp", caption, bodies, blocks, walls=walls)


def container(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Balls fall one after another into an open container and stay in it."""
    set_up = stage(rng, aspect, 2.2, 4.5)
    height, width, floor = set_up.height, set_up.width, set_up.floor_top
    looks = looks_apart_from(rng, int(rng.integers(3, 6)), set_up.backdrop)
    radius = rng.uniform(0.05, 0.065) * set_up.side
    inner = max(5 * radius, rng.uniform(0.3, 0.42) * width)
    thick = 0.03 * set_up.side
    middle = rng.uniform(-0.18, 0.18) * width
    bottom = floor + (rng.uniform(0.1, 0.2) * height if rng.random() < 0.5 else thick)
    rim = bottom + rng.uniform(0.28, 0.34) * height
    rgb = _WOOD[rng.integers(len(_WOOD))]
    left, right = middle - inner / 2, middle + inner / 2
    blocks = [
        Block("container", (left - thick, bottom - thick), (right + thick, bottom), rgb),
        Block("container", (left - thick, bottom), (left, rim), rgb),
        Block("container", (right, bottom), (right + thick, rim), rgb),
    ]
    if bottom > floor + 2 * thick:
        for x in (left, right - thick):
            blocks.append(Block("leg", (x, floor), (x + thick, bottom - thick), rgb))
    bodies = []
    above = rim + radius
    for number, look in enumerate(looks):
        half = radius * rng.uniform(0.85, 1.0)
        x = middle + rng.uniform(-1, 1) * (inner / 2 - 1.5 * half)
        above += rng.uniform(0.14, 0.22) * height if number else 0.0
        body = disc_body(rng, f"ball {number + 1}", half, (x, above), look)
        bodies.append(
            replace(
                body,
                spin_rad_s=(rng.uniform(-3, 3),),
                mass_kg=rng.uniform(0.3, 0.8),
                restitution=rng.uniform(0.35, 0.5),
            )
        )
    caption = f"{listed(bodies)} fall into an open container and stay in it."
    return set_up.scene("container", caption, bodies, [set_up.floor, *blocks])


def roll(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Wheels roll over a floor, at times down a small step, and two of them meet."""
    set_up = stage(rng, aspect, 1.5, 3.5)
    width, floor = set_up.width, set_up.floor_top
    sign = either_side(rng)
    count = int(rng.integers(2, 4))
    looks = looks_apart_from(rng, count, set_up.backdrop)
    step = rng.uniform(0.04, 0.07) * set_up.side if rng.random() < 0.5 else 0.0
    edge = rng.uniform(-0.15, -0.05) * width
    blocks = [set_up.floor]
    if step:
        ends = sorted((-4 * width * sign, edge * sign))
        blocks.append(Block("step", (ends[0], floor - step), (ends[1], floor + step), set_up.floor.rgb))
    # The first rolls on from behind; the second stands, or comes to meet it; a third stands far off.
    meet_s, at = duration_s * rng.uniform(0.35, 0.5), rng.uniform(0.05, 0.15) * width
    stands = rng.random() < 0.6
    radii = rng.uniform(0.06, 0.1, count) * set_up.side
    speed = (at + 0.45 * width - radii[0] - radii[1]) / meet_s
    second = 0.0 if stands else -rng.uniform(0.3, 0.6) * (0.48 * width - radii[1] - at) / meet_s
    places = [at - radii[0] - radii[1] - speed * meet_s, at - second * meet_s, 0.4 * width]
    speeds = [speed, second, 0.0]
    bodies = []
    for number, look in enumerate(looks):
        radius = float(radii[number])
        x = places[number]
        if number == 2 and places[1] + radii[1] > x - 1.2 * radius:
            break
        high = step if x < edge else 0.0
        body = disc_body(rng, f"wheel {number + 1}", radius, (x * sign, floor + high + radius), look)
        bodies.append(
            replace(
                body,
                velocity_m_s=(speeds[number] * sign, 0.0),
                spin_rad_s=(-speeds[number] * sign / radius,),
                mass_kg=rng.uniform(0.5, 1.5),
                restitution=rng.uniform(0.7, 0.9),
            )
        )
    down = ", down a step" if step else ""
    other = f"a {looks[1].colour} {'one that stands' if stands else 'one that comes'} on a {set_up.floor_name} floor"
    caption = f"A {looks[0].colour} wheel rolls along{down} and hits {other}."
    return set_up.scene("roll", caption, bodies, blocks, on_floor=True)


def crossing(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Things come in at one edge of the picture, roll or hop across it and leave at the other."""
    set_up = stage(rng, aspect, 1.5, 3.5)
    width, floor = set_up.width, set_up.floor_top
    sign = either_side(rng)
    hops = rng.random() < 0.4
    looks = looks_apart_from(rng, int(rng.integers(1, 4)), set_up.backdrop)
    bodies = []
    # Later ones are slower, so that none catches up with another.
    cross_s = duration_s * rng.uniform(0.36, 0.44)
    enter_s = duration_s * rng.uniform(0.04, 0.1)
    for number, look in enumerate(looks):
        radius = rng.uniform(0.06, 0.095) * set_up.side
        speed = (width + 2.2 * radius) / cross_s
        x = -width / 2 - 1.1 * radius - speed * enter_s
        drop = rng.uniform(0.3, 0.55) * set_up.height if hops else 0.0
        body = disc_body(rng, f"ball {number + 1}", radius, (x * sign, floor + radius + drop), look)
        bodies.append(
            replace(
                body,
                velocity_m_s=(speed * sign, 0.0),
                spin_rad_s=(-speed * sign / radius,),
                mass_kg=rng.uniform(0.3, 1.0),
                restitution=rng.uniform(0.85, 0.92) if hops else 0.3,
                friction=0.5,
            )
        )
        enter_s += duration_s * rng.uniform(0.16, 0.2)
        cross_s *= 1.02
    ends = "s" if len(bodies) == 1 else ""
    how = f"hop{ends}" if hops else f"roll{ends}"
    one, other = ("left", "right") if sign > 0 else ("right", "left")
    caption = f"{listed(bodies)} come{ends} in from the {one}, {how} over a {set_up.floor_name} floor and leave{ends} to the {other}."
    return set_up.scene("crossing", caption, bodies, on_floor=not hops)


def _thing(
    rng: np.random.Generator, set_up: Stage, number: int, look: Look, sizes: tuple[float, float]
) -> Body:
    """A ball, or less often a box."""
    size = rng.uniform(*sizes) * set_up.side
    if rng.random() < 0.7:
        return disc_body(rng, f"ball {number + 1}", size, (0.0, 0.0), look)
    half = (size * rng.uniform(0.8, 1.2), 0.85 * size)
    return replace(box_body(f"box {number + 1}", half, (0.0, 0.0), look), turn_rad=(rng.uniform(-1, 1),))


def _wall(rng: np.random.Generator, set_up: Stage, sign: int) -> Block:
    """A wall near the edge of the picture."""
    near = rng.uniform(0.44, 0.47) * set_up.width
    ends = sorted((near * sign, set_up.width * sign))
    return Block("wall", (ends[0], set_up.floor_top), (ends[1], 2 * set_up.height), _WOOD[2], friction=0.3)
