"""Solid scenes of things that stand in rows and stacks until something pushes them."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.flat.layout import counted, listed, looks_apart_from
from lawful.generators.worlds.scene import GRAVITY_M_S2, Body, Mover, Scene
from lawful.generators.worlds.solid.layout import Kind, made, rolling, solid_stage, standing


def dominoes3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A rolling ball pushes the first of a row of dominoes over, and they fall one after another."""
    stage = solid_stage(rng, aspect, 0.8, 1.6, down=(0.45, 0.75), aside=0.25, middle=0.2)
    across, _, _ = stage.room
    sign = 1 if rng.random() < 0.5 else -1
    tall = rng.uniform(0.085, 0.11) * stage.side
    half = (tall * rng.uniform(0.16, 0.22), tall * rng.uniform(0.4, 0.55), tall)
    pitch = 2 * tall * rng.uniform(0.42, 0.6)
    first = rng.uniform(-0.5, -0.4) * across
    looks = looks_apart_from(rng, 2, stage.backdrop)
    radius = tall * rng.uniform(0.65, 0.9)
    start = -across + 1.2 * radius
    # In a narrow picture too the ball has some way to roll.
    first = max(first, start + 1.25 * radius + half[0])
    # The last has room to lie down.
    count = int(np.clip((across - 2.2 * tall - first) / pitch, 2, 7))
    row = [
        Body(
            name=f"domino {number + 1}",
            shape="box",
            half_size_m=tuple(float(h) for h in half),
            position_m=(float((first + number * pitch) * sign), 0.0, float(tall)),
            look=replace(looks[0], seed=looks[0].seed + number),
            velocity_m_s=(0.0, 0.0, 0.0),
            turn_rad=(0.0, 0.0, 0.0),
            spin_rad_s=(0.0, 0.0, 0.0),
            mass_kg=0.3,
            restitution=0.3,
            friction=0.6,
        )
        for number in range(count)
    ]
    speed = (first - half[0] - radius - start) / (duration_s * rng.uniform(0.2, 0.28))
    speed = max(speed, 2.2 * math.sqrt(GRAVITY_M_S2 * tall) * 0.5)
    ball = standing(made(rng, "ball", "ball 1", radius, looks[1]), start * sign, 0.0)
    ball = replace(rolling(ball, (speed * sign, 0.0)), mass_kg=float(rng.uniform(0.6, 1.0)), restitution=0.4)
    dominoes = counted(count, f"{looks[0].colour} domino").replace("dominos", "dominoes")
    caption = (
        f"A {looks[1].colour} ball rolls over a {stage.floor_name} floor into the first of {dominoes}, "
        "and they fall one after another."
    )
    return stage.scene("dominoes3d", caption, [ball, *row], on_floor=True)


def topple3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A stack of boxes is hit by a thrown ball and falls."""
    stage = solid_stage(rng, aspect, 1.4, 2.8, down=(0.06, 0.16), aside=0.2)
    across, _, _ = stage.room
    sign = 1 if rng.random() < 0.5 else -1
    count = int(rng.integers(3, 5))
    looks = looks_apart_from(rng, count + 1, stage.backdrop)
    middle, top = rng.uniform(0.05, 0.25) * across, 0.0
    boxes = []
    for number, look in enumerate(looks[:count]):
        size = rng.uniform(0.06, 0.075) * stage.side
        box = made(rng, "box", f"box {number + 1}", size, look)
        half = (float(size), float(size * rng.uniform(0.85, 1.1)), float(size * rng.uniform(0.75, 1.0)))
        shift = rng.uniform(-0.25, 0.25, 2) * size
        place = (float((middle + shift[0]) * sign), float(shift[1]), float(top + half[2]))
        turn = (0.0, 0.0, float(rng.uniform(-0.3, 0.3)))
        boxes.append(
            replace(box, half_size_m=half, position_m=place, turn_rad=turn, mass_kg=0.3, restitution=0.3)
        )
        top += 2 * half[2]
    radius = rng.uniform(0.065, 0.085) * stage.side
    start = -across + 1.3 * radius
    hit_s = min(rng.uniform(0.2, 0.28) * duration_s, 0.55)
    speed = (middle - boxes[0].half_size_m[0] - radius - start) / hit_s
    aim, low = top * rng.uniform(0.6, 0.85), radius * rng.uniform(1.2, 2.5)
    rise = (aim - low) / hit_s + GRAVITY_M_S2 * hit_s / 2
    ball = made(
        rng, "ball", f"ball {count + 1}", radius, looks[count], (float(start * sign), 0.0, float(low))
    )
    ball = replace(
        ball, velocity_m_s=(float(speed * sign), 0.0, float(rise)), mass_kg=float(rng.uniform(0.5, 0.9))
    )
    caption = f"A {ball.look.colour} ball is thrown at a stack of {counted(count, 'box')}."
    return stage.scene("topple3d", caption.replace("boxs", "boxes"), [*boxes, ball])


def hand3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A hand-like plate pushes one or two things over a floor, stops and goes back."""
    stage = solid_stage(rng, aspect, 1.2, 2.5, down=(0.4, 0.65), aside=0.25)
    across, away, _ = stage.room
    sign = 1 if rng.random() < 0.5 else -1
    count = int(rng.integers(1, 3))
    looks = looks_apart_from(rng, count + 1, stage.backdrop)
    size = rng.uniform(0.065, 0.085) * stage.side
    things = []
    for number, look in enumerate(looks[:count]):
        kind: Kind = "box" if number == 0 or rng.random() < 0.5 else "cylinder"
        thing = made(rng, kind, f"{kind} {number + 1}", size, look)
        thing = replace(
            thing, half_size_m=(*thing.half_size_m[:2], min(thing.half_size_m[2], thing.half_size_m[0]))
        )
        lane = 0.0 if count == 1 else float((-1.6, 1.6)[number] * size)
        thing = standing(thing, sign * (-0.35 * across + rng.uniform(-0.3, 0.3) * size), lane)
        things.append(replace(thing, mass_kg=0.5, restitution=0.1, friction=float(rng.uniform(0.5, 0.8))))
    half = (0.25 * size, min((1.4 if count == 1 else 2.7) * size, away), 0.8 * size)
    start = -across + 1.5 * half[0]
    end = start + rng.uniform(0.75, 0.95) * across
    begin_s, end_s = rng.uniform(0.08, 0.15) * duration_s, rng.uniform(0.55, 0.65) * duration_s
    height = 1.15 * half[2]
    stops = tuple((float(x * sign), 0.0, float(height)) for x in (start, end, end, start))
    times = (begin_s, end_s, end_s + 0.08 * duration_s, 1.05 * duration_s)
    hand = Body(
        name="hand",
        shape="box",
        half_size_m=tuple(float(h) for h in half),
        position_m=stops[0],
        look=looks[count],
        velocity_m_s=(0.0, 0.0, 0.0),
        turn_rad=(0.0, 0.0, 0.0),
        spin_rad_s=(0.0, 0.0, 0.0),
        restitution=0.1,
        friction=0.5,
        fixed=True,
    )
    mover = Mover("hand", tuple(float(time) for time in times), stops)
    pushed = listed(things)
    caption = (
        f"A {hand.look.colour} plate pushes {pushed[0].lower() + pushed[1:]} over a {stage.floor_name} floor, "
        "stops and goes back."
    )
    return stage.scene("hand3d", caption, [*things, hand], on_floor=True, movers=[mover])
