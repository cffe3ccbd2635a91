"""Solid scenes of things that slide and roll over a floor, down a board, behind a screen, on a table."""

import math
from dataclasses import replace

import numpy as np

from lawful.generators.worlds.flat.layout import TABLES, counted, listed, looks_apart_from, places_apart
from lawful.generators.worlds.scene import GRAVITY_M_S2, Block, Scene
from lawful.generators.worlds.solid.layout import (
    Kind,
    frame,
    made,
    rolling,
    slope,
    solid_stage,
    standing,
)

_BOARDS = ((150, 112, 76), (112, 120, 128), (134, 98, 90))
_SCREENS = ((110, 84, 60), (86, 96, 74), (90, 84, 110))


def ramp3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A ball or cylinder rolls, or a box slides, down a board and on over the floor."""
    stage = solid_stage(rng, aspect, 1.5, 3.0, aside=0.3)
    across, away, up = stage.room
    sign = 1 if rng.random() < 0.5 else -1
    kind: Kind = ("ball", "box", "cylinder")[rng.choice(3, p=(0.5, 0.3, 0.2))]
    look = looks_apart_from(rng, 1, stage.backdrop)[0]
    size = rng.uniform(0.07, 0.1) * stage.side
    angle = rng.uniform(0.3, 0.55)
    run = min(rng.uniform(0.9, 1.1) * across, 0.6 * up / math.tan(angle))
    low = (rng.uniform(-0.1, 0.15) * across, 0.0)
    high = (low[0] - run, run * math.tan(angle))
    board = slope(
        "ramp",
        (sign * low[0], low[1]),
        (sign * high[0], high[1]),
        min(0.8 * away, 2.2 * size),
        0.04 * stage.side,
        _BOARDS[rng.integers(len(_BOARDS))],
    )
    body = made(rng, kind, f"{kind} 1", size, look)
    lift = size if kind == "ball" else body.half_size_m[0 if kind == "cylinder" else 2]
    share = rng.uniform(0.82, 0.9)
    x = low[0] - run * share + lift * math.sin(angle)
    z = run * share * math.tan(angle) + lift * math.cos(angle)
    place = (float(sign * x), 0.0, float(z))
    if kind == "box":
        body = replace(
            body, turn_rad=board.turn_rad, friction=math.tan(angle) * float(rng.uniform(0.25, 0.6))
        )
    elif kind == "cylinder":
        body = rolling(body, (sign * 1.0, 0.0))
    body = replace(body, position_m=place, velocity_m_s=(0.0, 0.0, 0.0), spin_rad_s=(0.0, 0.0, 0.0))
    does = "slides" if kind == "box" else "rolls"
    caption = f"{listed([body])} {does} down a board and on over a {stage.floor_name} floor."
    return stage.scene("ramp3d", caption, [body], [board])


def billiards3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """Balls on a table with cushions, seen obliquely from above; one is shot at the others."""
    stage = solid_stage(rng, aspect, 0.9, 1.8, down=(0.7, 1.1), aside=0.3, middle=0.0, depth=0.55)
    across, away, _ = stage.room
    cloth = TABLES[rng.integers(len(TABLES))]
    edge = 0.05 * stage.side
    half = (across - edge, away - edge)
    radius = rng.uniform(0.045, 0.065) * stage.side
    cushions = frame("cushion", half, 1.3 * radius, edge, (96, 58, 34), restitution=0.85)
    places = places_apart(
        rng,
        (-half[0], -half[1], half[0], half[1]),
        radius * 1.2,
        count=int(rng.integers(3, 7)),
        clearance=2.6 * radius,
    )
    balls = []
    for number, (place, look) in enumerate(
        zip(places, looks_apart_from(rng, len(places), cloth), strict=False)
    ):
        ball = standing(made(rng, "ball", f"ball {number + 1}", radius, look), *place)
        balls.append(replace(ball, mass_kg=0.2, restitution=0.95, friction=0.3))
    aim = np.subtract(places[1], places[0])
    direction = math.atan2(aim[1], aim[0]) + rng.uniform(-0.5, 0.5) * radius / float(np.hypot(*aim))
    speed = rng.uniform(0.9, 1.5) * stage.side
    balls[0] = rolling(balls[0], (speed * math.cos(direction), speed * math.sin(direction)))
    others = counted(len(balls) - 1, "other ball")
    caption = f"A {balls[0].look.colour} ball rolls into {others} on a table with cushions."
    scene = stage.scene(
        "billiards3d",
        caption,
        balls,
        cushions,
        room=(-half[0], -half[1], 0.0, half[0], half[1], 4 * radius),
        on_floor=True,
    )
    table = replace(stage.floor, rgb=cloth, restitution=0.5)
    return replace(scene, blocks=(table, *cushions))


def slide3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """One to three boxes or cylinders slide over a floor and slow down."""
    stage = solid_stage(rng, aspect, 1.5, 3.5, down=(0.4, 0.65), aside=0.2, depth=0.45)
    across, away, _ = stage.room
    count = int(rng.integers(1, 4))
    sign = 1 if rng.random() < 0.5 else -1
    bodies = []
    for number, look in enumerate(looks_apart_from(rng, count, stage.backdrop)):
        kind: Kind = "box" if number == 0 or rng.random() < 0.5 else "cylinder"
        size = rng.uniform(0.06, 0.085) * stage.side
        body = made(rng, kind, f"{kind} {number + 1}", size, look)
        # Not so high that friction would tip it.
        body = replace(
            body, half_size_m=(*body.half_size_m[:2], min(body.half_size_m[2], body.half_size_m[0]))
        )
        lane = away * (0.0 if count == 1 else 1.8 * number / (count - 1) - 0.9) * 0.7
        # Side by side one would hide the other.
        start = -across + (1.5 + 2.6 * (number % 2)) * size
        way = rng.uniform(0.45, 0.9) * (across - 1.5 * size - start)
        stop_s = duration_s * rng.uniform(0.5, 0.95)
        speed = 2 * way / stop_s
        body = replace(
            standing(body, start * sign, lane),
            velocity_m_s=(speed * sign, 0.0, 0.0),
            mass_kg=float(rng.uniform(0.5, 2.0)),
            restitution=0.1,
            friction=float(speed / (GRAVITY_M_S2 * stop_s)),
        )
        bodies.append(body)
    s = "s" if count == 1 else ""
    caption = f"{listed(bodies)} slide{s} over a {stage.floor_name} floor and slow{s} down."
    return stage.scene("slide3d", caption, bodies, on_floor=True)


def roll3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A ball or cylinder rolls into another ball; often a third rolls by."""
    stage = solid_stage(rng, aspect, 1.2, 2.8, down=(0.3, 0.6))
    across, away, _ = stage.room
    count = 3 if rng.random() < 0.5 else 2
    looks = looks_apart_from(rng, count, stage.backdrop)
    sign = 1 if rng.random() < 0.5 else -1
    sizes = rng.uniform(0.065, 0.09, count) * stage.side
    kind: Kind = "ball" if rng.random() < 0.7 else "cylinder"
    lane = float(rng.uniform(-0.9, -0.2) * away) if count == 3 else float(rng.uniform(-0.3, 0.3) * away)
    start, middle = -across + 1.3 * sizes[0], rng.uniform(-0.15, 0.1) * across
    speed = (middle - start - sizes[0] - sizes[1]) / (duration_s * rng.uniform(0.25, 0.35))
    speed = max(speed, 0.45 * stage.side)
    roller = standing(made(rng, kind, f"{kind} 1", sizes[0], looks[0]), start * sign, lane)
    target = made(rng, "ball", "ball 2", sizes[1], looks[1])
    aside = float(rng.uniform(-0.3, 0.3) * sizes[1])
    bodies = [rolling(roller, (speed * sign, 0.0)), standing(target, middle * sign, lane + aside)]
    bodies = [replace(body, mass_kg=float(rng.uniform(0.4, 0.8))) for body in bodies]
    if count == 3:
        third = made(rng, "ball", "ball 3", sizes[2], looks[2])
        far = standing(third, (across - 1.3 * sizes[2]) * sign, 0.85 * away)
        slow = 1.6 * across / duration_s * rng.uniform(0.7, 1.0)
        bodies.append(rolling(far, (-slow * sign, 0.0)))
    one, two = (f"{body.look.colour} {body.name.split()[0]}" for body in bodies[:2])
    passing = f", and a {looks[2].colour} ball rolls by" if count == 3 else ""
    caption = f"A {one} rolls over a {stage.floor_name} floor into a {two}{passing}."
    return stage.scene("roll3d", caption, bodies, on_floor=True)


def screen3d(rng: np.random.Generator, aspect: float, duration_s: float) -> Scene:
    """A ball rolls behind an upright screen and comes out again."""
    stage = solid_stage(rng, aspect, 1.2, 3.0, down=(0.1, 0.25), aside=0.2)
    across, _, up = stage.room
    radius = rng.uniform(0.055, 0.075) * stage.side
    sign = 1 if rng.random() < 0.5 else -1
    start = -across + 1.3 * radius
    speed = 2 * -start / (duration_s * rng.uniform(0.95, 1.1))
    look = looks_apart_from(rng, 1, stage.backdrop)[0]
    body = standing(made(rng, "ball", "ball 1", radius, look), start * sign, 0.0)
    body = replace(rolling(body, (speed * sign, 0.0)), restitution=0.3)
    before, thick = radius * rng.uniform(1.6, 2.2), 0.025 * stage.side
    half = radius * rng.uniform(1.35, 1.7)
    middle = sign * rng.uniform(0.0, 0.12) * across
    x, y, z = stage.camera.position_m
    # What the camera sees over the upper edge goes down behind it.
    height = (2 * radius + (before + radius) * (z / math.hypot(x, y))) * rng.uniform(1.15, 1.5)
    cover = Block(
        name="screen",
        low=(middle - half, -before - thick, 0.0),
        high=(middle + half, -before, float(min(height, 0.8 * up))),
        rgb=_SCREENS[rng.integers(len(_SCREENS))],
        friction=0.5,
    )
    caption = f"A {look.colour} ball rolls over a {stage.floor_name} floor, behind a screen and out again."
    return stage.scene("screen3d", caption, [body], [cover], on_floor=True)
