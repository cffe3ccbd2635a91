"""The scene families: from a random generator and the shape of the picture to a `Scene`."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np

from lawful.generators.worlds.camera import CameraPath
from lawful.generators.worlds.flat.layout import (
    TABLES,
    backdrop_colour,
    counted,
    cushions,
    floor_block,
    listed,
    looks_apart_from,
    places_apart,
    spoken,
    view_size,
)
from lawful.generators.worlds.scene import GRAVITY_M_S2, Block, Body, Pivot, Scene


def bounce(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One to three balls fall on a floor between two walls."""
    return _falling(rng, aspect, "bounce", room_widths=1.0)


def pan(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Balls bounce in a wide room; the camera follows along and sways."""
    scene = _falling(rng, aspect, "pan", room_widths=1.6)
    shift = rng.uniform(0.2, 0.55) * scene.view_width_m * (1 if rng.random() < 0.5 else -1)
    bodies = [
        replace(body, velocity_m_s=(shift / duration_s * rng.uniform(0.5, 1.5), body.velocity_m_s[1]))
        for body in scene.bodies
    ]
    camera = CameraPath(
        velocity_m_s=(shift / duration_s, 0.0),
        sway_m=(0.0, rng.uniform(0.01, 0.04) * scene.view_height_m),
        sway_hz=rng.uniform(0.2, 0.6),
    )
    return replace(scene, bodies=tuple(bodies), camera=camera)


def billiards(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Discs on a table, seen from above; one is shot at the others."""
    height, width = view_size(rng, aspect, 1.0, 2.0)
    edge = 0.06 * min(width, height)
    cushion = (96, 58, 34)
    blocks = cushions("cushion", width, height, edge, cushion, restitution=0.9)
    room = (-width / 2 + edge, -height / 2 + edge, width / 2 - edge, height / 2 - edge)
    radius = rng.uniform(0.055, 0.08) * min(width, height)
    places = places_apart(rng, room, radius * 1.15, count=int(rng.integers(3, 7)), clearance=2.4 * radius)
    backdrop = TABLES[rng.integers(len(TABLES))]
    looks = looks_apart_from(rng, len(places), backdrop)
    bodies = [
        Body(
            name=f"disc {number + 1}",
            shape="disc",
            half_size_m=(radius, radius),
            position_m=place,
            look=look,
            turn_rad=(rng.uniform(0, 2 * math.pi),),
            mass_kg=0.2,
            restitution=0.95,
            friction=0.2,
        )
        for number, (place, look) in enumerate(zip(places, looks, strict=True))
    ]
    aim = np.subtract(places[1], places[0])
    direction = math.atan2(aim[1], aim[0]) + rng.uniform(-0.5, 0.5) * radius / float(np.hypot(*aim))
    speed = rng.uniform(1.0, 1.8) * min(width, height)
    shot = (speed * math.cos(direction), speed * math.sin(direction))
    bodies[0] = replace(bodies[0], velocity_m_s=shot, spin_rad_s=(rng.uniform(-3, 3),))
    return Scene(
        name="billiards",
        caption=spoken(
            f"Seen from above, a {looks[0].colour} disc slides into {counted(len(bodies) - 1, 'other disc')} on a table."
        ),
        view_height_m=height,
        view_width_m=width,
        bodies=tuple(bodies),
        blocks=blocks,
        backdrop_rgb=backdrop,
        room=room,
        on_floor=False,
        gravity_m_s2=0.0,
        table_friction=speed / (GRAVITY_M_S2 * rng.uniform(2.5, 4.0)),
    )


def slide(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One to three boxes slide over a floor and slow down."""
    height, width = view_size(rng, aspect, 1.5, 4.0)
    floor, floor_top, floor_name = floor_block(rng, width, height)
    backdrop = backdrop_colour(rng)
    count = int(rng.integers(1, 4 if aspect > 1.2 else 3))
    sign = 1 if rng.random() < 0.5 else -1
    largest = 0.08 * min(width, height)
    pitch = 3.2 * largest
    free = width - 3 * largest - pitch * (count - 1)
    # The front box goes farthest, so that most clips have no collision.
    shares = np.append(np.sort(rng.uniform(0.3, 0.6, count - 1)), rng.uniform(0.6, 0.9))
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, backdrop)):
        half_height = rng.uniform(0.6, 1.0) * largest
        half_width = half_height * rng.uniform(1.0, 1.4)
        x = -width / 2 + 1.5 * largest + pitch * number
        stop_s = duration_s * rng.uniform(0.5, 0.95)
        speed = 2 * shares[number] * free / stop_s
        bodies.append(
            Body(
                name=f"box {number + 1}",
                shape="box",
                half_size_m=(half_width, half_height),
                position_m=(x * sign, floor_top + half_height),
                look=look,
                velocity_m_s=(speed * sign, 0.0),
                mass_kg=rng.uniform(0.5, 2.0),
                restitution=0.1,
                friction=speed / (GRAVITY_M_S2 * stop_s),
            )
        )
    return Scene(
        name="slide",
        caption=f"{listed(bodies)} slide{'s' if count == 1 else ''} over a {floor_name} floor and slow{'s' if count == 1 else ''} down.",
        view_height_m=height,
        view_width_m=width,
        bodies=tuple(bodies),
        blocks=(floor,),
        backdrop_rgb=backdrop,
        room=(-width / 2, floor_top, width / 2, height / 2),
        on_floor=True,
    )


def pendulum(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One or two bobs swing on stiff rods."""
    height, width = view_size(rng, aspect, 1.2, 3.0)
    floor, floor_top, _ = floor_block(rng, width, height)
    backdrop = backdrop_colour(rng)
    count = int(rng.integers(1, 3)) if aspect >= 1 else 1
    slot = width / count
    bodies, pivots = [], []
    for number, look in enumerate(looks_apart_from(rng, count, backdrop)):
        radius = rng.uniform(0.06, 0.09) * min(slot, height)
        top = height * rng.uniform(0.36, 0.44)
        length = min(rng.uniform(0.5, 0.85) * (top - floor_top), 0.62 * slot) - radius
        angle = rng.uniform(0.35, 0.75) * (1 if rng.random() < 0.5 else -1)
        pivot = (-width / 2 + slot * (number + 0.5), top)
        bodies.append(
            Body(
                name=f"bob {number + 1}",
                shape="disc",
                half_size_m=(radius, radius),
                position_m=(pivot[0] + length * math.sin(angle), top - length * math.cos(angle)),
                look=look,
                turn_rad=(angle,),
                mass_kg=rng.uniform(0.5, 2.0),
            )
        )
        pivots.append(Pivot(f"bob {number + 1}", pivot))
    return Scene(
        name="pendulum",
        caption=f"{listed(bodies)} swing{'s' if count == 1 else ''} to and fro on a rod.",
        view_height_m=height,
        view_width_m=width,
        bodies=tuple(bodies),
        blocks=(floor,),
        backdrop_rgb=backdrop,
        room=(-width / 2, floor_top, width / 2, height / 2),
        on_floor=False,
        pivots=tuple(pivots),
    )


def screen(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A disc rolls behind a screen and comes out again."""
    height, width = view_size(rng, aspect, 1.5, 4.0)
    floor, floor_top, floor_name = floor_block(rng, width, height)
    backdrop = backdrop_colour(rng)
    look = looks_apart_from(rng, 1, backdrop)[0]
    radius = rng.uniform(0.07, 0.11) * min(width, height)
    sign = 1 if rng.random() < 0.5 else -1
    start = -width / 2 + 1.3 * radius
    speed = (width - 2.6 * radius) / (duration_s * rng.uniform(0.95, 1.15))
    half_screen = max(1.2 * radius, rng.uniform(0.08, 0.13) * width)
    middle = rng.uniform(-0.05, 0.12) * width
    body = Body(
        name="wheel 1",
        shape="disc",
        half_size_m=(radius, radius),
        position_m=(start * sign, floor_top + radius),
        look=look,
        velocity_m_s=(speed * sign, 0.0),
        turn_rad=(rng.uniform(0, 2 * math.pi),),
        spin_rad_s=(-speed * sign / radius,),
        restitution=0.3,
    )
    cover = Block(
        name="screen",
        low=(middle * sign - half_screen, floor_top - 0.02 * height),
        high=(middle * sign + half_screen, floor_top + radius * rng.uniform(2.6, 4.0)),
        rgb=((110, 84, 60), (86, 96, 74), (90, 84, 110))[rng.integers(3)],
        solid=False,
    )
    return Scene(
        name="screen",
        caption=spoken(
            f"A {look.colour} wheel rolls over a {floor_name} floor, behind a screen and out again."
        ),
        view_height_m=height,
        view_width_m=width,
        bodies=(body,),
        blocks=(floor, cover),
        backdrop_rgb=backdrop,
        room=(-width / 2, floor_top, width / 2, height / 2),
        on_floor=True,
    )


def still(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Some things stand on a floor and nothing moves."""
    height, width = view_size(rng, aspect, 1.5, 4.0)
    floor, floor_top, floor_name = floor_block(rng, width, height)
    backdrop = backdrop_colour(rng)
    count = int(rng.integers(1, 4 if aspect > 1.2 else 3))
    slot = width / count
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, backdrop)):
        shape: Literal["disc", "box"] = "disc" if rng.random() < 0.5 else "box"
        half_height = rng.uniform(0.06, 0.1) * min(width, height)
        half_width = half_height if shape == "disc" else half_height * rng.uniform(0.7, 1.3)
        play = max(slot / 2 - 1.2 * half_width, 0.0)
        x = -width / 2 + slot * (number + 0.5) + rng.uniform(-play, play)
        bodies.append(
            Body(
                name=f"{'ball' if shape == 'disc' else 'box'} {number + 1}",
                shape=shape,
                half_size_m=(half_width, half_height),
                position_m=(x, floor_top + half_height),
                look=look,
                turn_rad=(rng.uniform(0, 2 * math.pi) if shape == "disc" else 0.0,),
                fixed=True,
            )
        )
    return Scene(
        name="still",
        caption=f"{listed(bodies)} stand{'s' if count == 1 else ''} still on a {floor_name} floor.",
        view_height_m=height,
        view_width_m=width,
        bodies=tuple(bodies),
        blocks=(floor,),
        backdrop_rgb=backdrop,
        room=(-width / 2, floor_top, width / 2, height / 2),
        on_floor=True,
    )


def _falling(rng: np.random.Generator, aspect: float, name: str, room_widths: float) -> Scene:
    height, width = view_size(rng, aspect, 1.5, 4.0)
    floor, floor_top, floor_name = floor_block(rng, width * room_widths * 2, height)
    backdrop = backdrop_colour(rng)
    thick = rng.uniform(0.03, 0.06) * width
    inner = room_widths * width / 2 - thick
    wall_rgb = backdrop_colour(rng)
    walls = [
        Block("left wall", (-inner - thick, floor_top), (-inner, 2 * height), wall_rgb, friction=0.3),
        Block("right wall", (inner, floor_top), (inner + thick, 2 * height), wall_rgb, friction=0.3),
    ]
    count = int(rng.integers(1, 4))
    reach = width / 2 - thick
    slot = 2 * reach / count
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, backdrop)):
        radius = rng.uniform(0.06, 0.11) * min(width, height)
        x = -reach + slot * (number + 0.5) + rng.uniform(-0.2, 0.2) * (slot - 2 * radius)
        lowest, highest = floor_top + 0.45 * height, height / 2 - 1.3 * radius
        bodies.append(
            Body(
                name=f"ball {number + 1}",
                shape="disc",
                half_size_m=(radius, radius),
                position_m=(x, rng.uniform(min(lowest, highest), highest)),
                look=look,
                velocity_m_s=(rng.uniform(-0.35, 0.35) * width, 0.0),
                turn_rad=(rng.uniform(0, 2 * math.pi),),
                spin_rad_s=(rng.uniform(-4, 4),),
                mass_kg=rng.uniform(0.2, 1.0),
                restitution=rng.uniform(0.62, 0.86),
                friction=rng.uniform(0.2, 0.6),
            )
        )
    moving = " while the camera moves" if name == "pan" else ""
    return Scene(
        name=name,
        caption=f"{listed(bodies)} fall{'s' if count == 1 else ''} and bounce{'s' if count == 1 else ''}"
        f" on a {floor_name} floor{moving}.",
        view_height_m=height,
        view_width_m=width,
        bodies=tuple(bodies),
        blocks=(floor, *walls),
        backdrop_rgb=backdrop,
        room=(-inner, floor_top, inner, height / 2),
        on_floor=False,
    )
