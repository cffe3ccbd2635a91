"""Flat scenes of things that stand in rows, in stacks and in heaps until something pushes them."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.flat.layout import (
    box_body,
    counted,
    disc_body,
    either_side,
    listed,
    looks_apart_from,
    stage,
)
from lawful.generators.worlds.scene import GRAVITY_M_S2, Block, Body, Mover, Scene


def dominoes(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A rolling ball pushes the first of a row of dominoes over, and they fall one after another."""
    set_up = stage(rng, aspect, 1.0, 2.0)
    width, floor = set_up.width, set_up.floor_top
    sign = either_side(rng)
    half_height = rng.uniform(0.1, 0.13) * min(set_up.height, 0.85 * width)
    half_width = half_height * rng.uniform(0.18, 0.26)
    pitch = 2 * half_height * rng.uniform(0.42, 0.62)
    first = rng.uniform(-0.18, -0.1) * width
    # The last has room to lie down.
    count = min(10, int((0.47 * width - 1.8 * half_height - first) / pitch) + 1)
    looks = looks_apart_from(rng, 2, set_up.backdrop)
    row = [
        replace(
            box_body(
                f"domino {number + 1}",
                (half_width, half_height),
                ((first + number * pitch) * sign, floor + half_height),
                replace(looks[0], seed=looks[0].seed + number),
            ),
            mass_kg=0.3,
            restitution=0.2,
            friction=0.6,
        )
        for number in range(count)
    ]
    radius = half_height * rng.uniform(1.05, 1.25)
    hit_s = rng.uniform(0.2, 0.3) * duration_s
    # Fast enough to push the first over, and no faster: it would slide.
    speed = rng.uniform(0.55, 0.75) * math.sqrt(GRAVITY_M_S2 * half_height)
    gap = speed * hit_s
    ball = replace(
        disc_body(
            rng, "ball 1", radius, ((first - half_width - radius - gap) * sign, floor + radius), looks[1]
        ),
        velocity_m_s=(speed * sign, 0.0),
        spin_rad_s=(-speed * sign / radius,),
        mass_kg=rng.uniform(0.4, 0.7),
        restitution=0.4,
    )
    caption = (
        f"A {looks[1].colour} ball rolls over a {set_up.floor_name} floor into the first of "
        f"{counted(count, f'{looks[0].colour} domino')}, and they fall one after another."
    ).replace("dominos", "dominoes")
    return set_up.scene("dominoes", caption, [ball, *row], steps_per_s=1200)


def topple(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A stack of boxes is hit by a thrown ball, or is built too far out, and falls."""
    set_up = stage(rng, aspect, 1.5, 3.0)
    width, floor = set_up.width, set_up.floor_top
    sign = either_side(rng)
    looks = looks_apart_from(rng, int(rng.integers(4, 6)), set_up.backdrop)
    count = len(looks) - 1
    half_height = rng.uniform(0.06, 0.075) * set_up.side
    half_width = half_height * rng.uniform(0.85, 1.25)
    leans = rng.random() < 0.25
    # Beyond half a box in `count` steps the upper ones have nothing under their middle.
    shift = 2 * half_width / count * rng.uniform(1.15, 1.4) if leans else 0.0
    middle = rng.uniform(0.0, 0.12) * width
    boxes = []
    for number, look in enumerate(looks[:count]):
        aside = number * shift if leans else rng.uniform(-0.1, 0.1) * half_width
        place = ((middle + aside) * sign, floor + (2 * number + 1) * half_height)
        box = box_body(f"box {number + 1}", (half_width, half_height), place, look)
        boxes.append(replace(box, mass_kg=0.25, restitution=0.1, friction=0.6))
    if leans:
        caption = f"A stack of {counted(count, 'box')}, built too far out, tips over on a {set_up.floor_name} floor."
        return set_up.scene("topple", caption.replace("boxs", "boxes"), boxes, on_floor=True)
    radius = rng.uniform(0.06, 0.08) * set_up.side
    target = (middle - 1.1 * half_width - radius, floor + half_height * (2 * count - rng.uniform(1.0, 2.6)))
    start = (-0.48 * width + radius, floor + rng.uniform(0.15, 0.3) * set_up.height)
    flight_s = rng.uniform(0.3, 0.4)
    along = (target[0] - start[0]) / flight_s
    rise = (target[1] - start[1]) / flight_s + GRAVITY_M_S2 * flight_s / 2
    ball = replace(
        disc_body(rng, "ball 1", radius, (start[0] * sign, start[1]), looks[-1]),
        velocity_m_s=(along * sign, rise),
        mass_kg=rng.uniform(1.2, 2.0),
        restitution=0.5,
    )
    caption = f"A {looks[-1].colour} ball is thrown at a stack of {counted(count, 'box')} and knocks it over."
    return set_up.scene("topple", caption.replace("boxs", "boxes"), [*boxes, ball], on_floor=True)


def hand(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A hand-like arm comes in, pushes boxes along or lifts them on a tray, and stops."""
    set_up = stage(rng, aspect, 1.2, 2.5)
    width, floor = set_up.width, set_up.floor_top
    sign = either_side(rng)
    pushes = rng.random() < 0.75
    looks = looks_apart_from(rng, 3 if rng.random() < 0.6 else 2, set_up.backdrop)
    half = rng.uniform(0.06, 0.08, 2) * set_up.side
    thick = 0.035 * set_up.side
    reach = 0.47 * width
    begin_s, end_s = rng.uniform(0.12, 0.2) * duration_s, rng.uniform(0.6, 0.7) * duration_s
    arm_half = (reach, thick)
    boxes = []
    if pushes:
        left = -0.2 * width + rng.uniform(-0.05, 0.05) * width
        for number, look in enumerate(looks[1:]):
            # A second one stands before the first, and is pushed by it.
            place = ((left + half[0] * (1 + 3 * number)) * sign, floor + half[1])
            boxes.append(box_body(f"box {number + 1}", (float(half[0]), float(half[1])), place, look))
        start = (left - rng.uniform(0.1, 0.16) * width - reach, floor + 1.02 * half[1])
        way = rng.uniform(0.36, 0.48) * width
        times = (begin_s, end_s, end_s + 0.1 * duration_s, 1.1 * duration_s)
        stops = (start, (start[0] + way, start[1]), (start[0] + way, start[1]), start)
    else:
        left = -0.25 * width
        for number, look in enumerate(looks[1:]):
            x = left + (2.6 * number - 1.3 * (len(looks) - 2)) * half[0]
            place = (x * sign, floor + 2 * thick + half[1])
            boxes.append(box_body(f"box {number + 1}", (float(half[0]), float(half[1])), place, look))
        start = (left + 4.2 * half[0] - reach, floor + thick)
        up = (start[0], start[1] + rng.uniform(0.2, 0.3) * set_up.height)
        away = (up[0] + rng.uniform(0.25, 0.35) * width, up[1])
        middle_s = (begin_s + end_s) / 2
        times, stops = (begin_s, middle_s, end_s + 0.12 * duration_s), (start, up, away)
    boxes = [replace(box, mass_kg=0.5, restitution=0.05, friction=0.75) for box in boxes]
    arm = Body(
        "hand",
        "box",
        arm_half,
        (start[0] * sign, start[1]),
        looks[0],
        friction=0.9,
        fixed=True,
        restitution=0.1,
    )
    path = tuple((x * sign, y) for x, y in stops)
    mover = Mover("hand", tuple(float(time) for time in times), path)
    things = listed(boxes)
    things = things[0].lower() + things[1:]
    does = (
        f"pushes {things} along a {set_up.floor_name} floor"
        if pushes
        else f"lifts {things} on a tray and carries on"
    )
    caption = f"A {looks[0].colour} arm {does}, and stops."
    return set_up.scene("hand", caption, [*boxes, arm], on_floor=pushes, movers=[mover])


def splash(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A heavy ball lands in a heap of tiny discs, and they burst out like drops."""
    set_up = stage(rng, aspect, 2.5, 4.5)
    height, floor = set_up.height, set_up.floor_top
    looks = looks_apart_from(rng, 2, set_up.backdrop)
    tiny = rng.uniform(0.017, 0.021) * set_up.side
    across, rows = int(rng.integers(8, 11)), int(rng.integers(3, 5))
    middle = rng.uniform(-0.12, 0.12) * set_up.width
    half_inner = across * tiny
    thick = 0.03 * set_up.side
    rim = floor + 0.02 * height + 2.2 * tiny
    rgb = (112, 116, 124)
    blocks = [
        set_up.floor,
        Block("trough", (middle - half_inner - thick, floor), (middle - half_inner, rim), rgb),
        Block("trough", (middle + half_inner, floor), (middle + half_inner + thick, rim), rgb),
    ]
    drops = []
    for row in range(rows):
        in_row = across - row
        for place in range(in_row):
            x = middle + (2 * place - in_row + 1) * tiny
            y = floor + tiny + row * math.sqrt(3) * tiny
            drop = disc_body(rng, f"drop {len(drops) + 1}", tiny, (x, y), replace(looks[1], pattern="rings"))
            drops.append(replace(drop, mass_kg=0.05, restitution=0.95, friction=0.2))
    radius = rng.uniform(0.062, 0.076) * set_up.side
    fall_s = rng.uniform(0.7, 1.0)
    lands = floor + tiny + rows * math.sqrt(3) * tiny + radius
    high = min(lands + GRAVITY_M_S2 * fall_s**2 / 2, 0.7 * height)
    ball = replace(
        disc_body(rng, "ball 1", radius, (middle + rng.uniform(-0.3, 0.3) * half_inner, high), looks[0]),
        mass_kg=rng.uniform(2.5, 3.0),
        restitution=0.3,
    )
    caption = f"A heavy {looks[0].colour} ball falls into a heap of {len(drops)} small {looks[1].colour} discs, and they burst out."
    return set_up.scene("splash", caption, [ball, *drops], blocks, steps_per_s=1200)
