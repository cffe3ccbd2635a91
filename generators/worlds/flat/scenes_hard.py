"""Flat scenes in which something lawful looks unlawful: near-perfect bounces, soft landings, fast turns."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.flat.layout import (
    TABLES,
    backdrop_colour,
    cushions,
    disc_body,
    listed,
    looks_apart_from,
    places_apart,
    stage,
    view_size,
)
from lawful.generators.worlds.scene import GRAVITY_M_S2, Block, Body, Scene


def elastic(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One or two balls bounce back almost to the height they fell from."""
    set_up = stage(rng, aspect, 1.5, 3.5)
    height, width = set_up.height, set_up.width
    count = int(rng.integers(1, 3))
    slot = width / count
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, set_up.backdrop)):
        radius = rng.uniform(0.06, 0.095) * set_up.side
        x = -width / 2 + slot * (number + 0.5) + rng.uniform(-0.2, 0.2) * (slot - 2.4 * radius)
        low = set_up.floor_top + 0.5 * height
        body = disc_body(
            rng, f"ball {number + 1}", radius, (x, rng.uniform(low, 0.48 * height - radius)), look
        )
        bodies.append(
            replace(
                body,
                velocity_m_s=(rng.uniform(-0.04, 0.04) * width, 0.0),
                spin_rad_s=(rng.uniform(-2, 2),),
                mass_kg=rng.uniform(0.2, 1.0),
                restitution=rng.uniform(0.95, 0.985),
                friction=0.1,
            )
        )
    ends = "s" if count == 1 else ""
    caption = (
        f"{listed(bodies)} bounce{ends} on a {set_up.floor_name} floor, almost to the old height each time."
    )
    return set_up.scene("elastic", caption, bodies)


def cushion(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One or two balls fall on a mattress, and it stops them without a bounce."""
    set_up = stage(rng, aspect, 2.5, 5.0)
    height, width, floor = set_up.height, set_up.width, set_up.floor_top
    count = int(rng.integers(1, 3))
    middle, half = rng.uniform(-0.1, 0.1) * width, rng.uniform(0.26, 0.34) * width
    layer = rng.uniform(0.035, 0.05) * height
    pale, seam = (
        ((226, 222, 210), (150, 170, 196)) if rng.random() < 0.5 else ((232, 214, 206), (186, 150, 160))
    )
    layers = [
        Block(
            "mattress",
            (middle - half + inset * layer, floor + number * layer),
            (middle + half - inset * layer, floor + (number + 1) * layer),
            seam if number == 1 else pale,
            restitution=0.0,
        )
        for number, inset in enumerate((0.25, 0.0, 0.25))
    ]
    top = floor + 3 * layer
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, set_up.backdrop)):
        radius = rng.uniform(0.06, 0.09) * set_up.side
        x = middle + half * (2 * (number + 0.5) / count - 1) + rng.uniform(-0.15, 0.15) * half / count
        fall_s = rng.uniform(0.75, 1.0)
        # One that starts higher starts above the picture.
        high = top + radius + min(GRAVITY_M_S2 * fall_s**2 / 2, 0.85 * height)
        body = disc_body(rng, f"ball {number + 1}", radius, (x, high), look)
        bodies.append(replace(body, mass_kg=rng.uniform(0.3, 1.5), restitution=0.5))
    ends = "s" if count == 1 else ""
    caption = f"{listed(bodies)} fall{ends} on a soft mattress and stay{ends} there."
    return set_up.scene("cushion", caption, bodies, [set_up.floor, *layers])


def spin(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Discs and boxes spin fast on a table, seen from above, and drift slowly."""
    height, width = view_size(rng, aspect, 1.0, 2.0)
    side = min(height, width)
    edge = 0.05 * side
    backdrop = TABLES[rng.integers(len(TABLES))] if rng.random() < 0.5 else backdrop_colour(rng)
    room = (-width / 2 + edge, -height / 2 + edge, width / 2 - edge, height / 2 - edge)
    places = places_apart(rng, room, 0.16 * side, count=int(rng.integers(1, 4)), clearance=0.36 * side)
    bodies = []
    for number, (place, look) in enumerate(
        zip(places, looks_apart_from(rng, len(places), backdrop), strict=True)
    ):
        size = rng.uniform(0.08, 0.11) * side
        is_box = rng.random() < 0.5
        half = (size * rng.uniform(1.0, 1.3), size * rng.uniform(0.5, 0.8)) if is_box else (size, size)
        heading, speed = rng.uniform(0, 2 * math.pi), rng.uniform(0.22, 0.45) * side
        spins = rng.uniform(12, 45) * (1 if rng.random() < 0.5 else -1)
        bodies.append(
            Body(
                name=f"{'box' if is_box else 'disc'} {number + 1}",
                shape="box" if is_box else "disc",
                half_size_m=half,
                position_m=place,
                look=look,
                velocity_m_s=(speed * math.cos(heading), speed * math.sin(heading)),
                turn_rad=(rng.uniform(0, 2 * math.pi),),
                spin_rad_s=(spins,),
                mass_kg=0.3,
                restitution=0.8,
                friction=0.2,
            )
        )
    ends = "s" if len(bodies) == 1 else ""
    return Scene(
        name="spin",
        caption=f"Seen from above, {listed(bodies)[0].lower()}{listed(bodies)[1:]} spin{ends} fast on a smooth table.",
        view_height_m=height,
        view_width_m=width,
        bodies=tuple(bodies),
        blocks=cushions("rim", width, height, edge, (70, 66, 62), restitution=0.9),
        backdrop_rgb=backdrop,
        room=room,
        on_floor=False,
        gravity_m_s2=0.0,
        table_friction=0.004,
    )
