"""What solid scenes are put together from: a floor seen by a camera, bodies, boards, walls."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.spatial.transform import Rotation

from lawful.generators.worlds.flat.layout import backdrop_colour, floor_block, view_size
from lawful.generators.worlds.scene import Block, Body, Look, Mover, Pivot, Point, Scene, Spring, Turn
from lawful.generators.worlds.solid.camera import SolidPath

Kind = Literal["ball", "box", "cylinder"]
KINDS: tuple[Kind, ...] = ("ball", "box", "cylinder")

_MARGIN = 0.04
"""Share of the picture along each edge in which nothing is put."""


@dataclass(frozen=True)
class SolidStage:
    """A floor and a camera that looks at a place above it. The floor's upper side is at 0."""

    height: float
    """Of the view at what the camera looks at, m."""
    width: float
    """The same."""
    floor: Block
    """From behind the camera to far away."""
    floor_name: str
    """What it is made of."""
    backdrop: tuple[int, int, int]
    """Mean colour of what is behind it all."""
    camera: SolidPath
    """How it is seen."""
    room: tuple[float, float, float]
    """How far to both sides, how far away and back, and how high all is seen, m."""

    @property
    def side(self) -> float:
        """The shorter of height and width, m."""
        return min(self.height, self.width)

    def scene(
        self,
        name: str,
        caption: str,
        bodies: Sequence[Body],
        blocks: Sequence[Block] = (),
        *,
        room: tuple[float, ...] | None = None,
        on_floor: bool = False,
        pivots: Sequence[Pivot] = (),
        springs: Sequence[Spring] = (),
        movers: Sequence[Mover] = (),
    ) -> Scene:
        """The scene of some bodies and blocks on it."""
        across, away, up = self.room
        return Scene(
            name=name,
            caption=caption.replace("a orange", "an orange").replace("A orange", "An orange"),
            view_height_m=self.height,
            view_width_m=self.width,
            bodies=tuple(bodies),
            blocks=(self.floor, *blocks),
            backdrop_rgb=self.backdrop,
            room=room or (-across, -away, 0.0, across, away, up),
            on_floor=on_floor,
            pivots=tuple(pivots),
            springs=tuple(springs),
            movers=tuple(movers),
            camera=self.camera,
        )


def solid_stage(
    rng: np.random.Generator,
    aspect: float,
    lowest_m: float,
    highest_m: float,
    *,
    down: tuple[float, float] = (0.12, 0.35),
    aside: float = 0.35,
    middle: float = 0.36,
    depth: float = 0.3,
) -> SolidStage:
    """A floor as a camera sees it.

    Args:
        rng: Chooses.
        aspect: Width over height of the picture.
        lowest_m: Least height of the view.
        highest_m: Most height of the view.
        down: Least and most angle by which the camera looks down.
        aside: Most angle by which it looks from one side.
        middle: Height of what it looks at, in view heights.
        depth: Half of how far away and back things happen, in the shorter side of the view.
    """
    height, width = view_size(rng, aspect, lowest_m, highest_m)
    flat_floor, _, name = floor_block(rng, width, height)
    far = 14 * max(height, width)
    floor = Block("floor", (-far, -far, -height), (far, far, 0.0), flat_floor.rgb)
    elevation, azimuth = rng.uniform(*down), rng.uniform(-aside, aside)
    distance = max(height, 0.8 * width) * rng.uniform(2.2, 3.2)
    level = distance * math.cos(elevation)
    target = (0.0, 0.0, middle * height)
    position = (
        level * math.sin(azimuth),
        -level * math.cos(azimuth),
        target[2] + distance * math.sin(elevation),
    )
    camera = SolidPath(tuple(float(c) for c in position), target)
    room = _seen_room(camera, width, height, depth * min(height, width))
    return SolidStage(height, width, floor, name, backdrop_colour(rng), camera, room)


def _seen_room(camera: SolidPath, width: float, height: float, away: float) -> tuple[float, float, float]:
    """The largest room about the origin, no deeper than asked, that is seen whole."""
    view = camera.view(np.zeros(1), width, height)

    def seen(x: float, y: float, z: float) -> bool:
        corners = np.array([(a * x, b * y, c * z) for a in (-1, 1) for b in (-1, 1) for c in (0, 1)])
        shares = view.project(corners[None])[0]
        return bool(((shares >= _MARGIN) & (shares <= 1 - _MARGIN)).all())

    across, up = 0.42 * width, height
    while not seen(across, away, 0.0):
        across, away = 0.99 * across, 0.95 * away
    while not seen(across, away, up):
        across, up = 0.995 * across, 0.97 * up
    while seen(1.03 * across, away, up):
        across *= 1.03
    return across, away, up


def made(
    rng: np.random.Generator,
    kind: Kind,
    name: str,
    size: float,
    look: Look,
    place: Point = (0.0, 0.0, 0.0),
    *,
    turned: bool = False,
) -> Body:
    """A body of about a size, with the mass, bounce and grip of some stuff.

    Args:
        rng: Chooses.
        kind: Its shape.
        name: Its name.
        size: Radius of a ball; about half the extent of others.
        look: How it is painted.
        place: Its centre.
        turned: Turned anyhow; else it stands upright, but for a ball.
    """
    if kind == "ball":
        half = (size, size, size)
    elif kind == "cylinder":
        radius = size * rng.uniform(0.65, 0.95)
        half = (radius, radius, size * rng.uniform(0.7, 1.1))
    else:
        half = (
            size * rng.uniform(0.65, 1.05),
            size * rng.uniform(0.65, 1.05),
            size * rng.uniform(0.65, 1.05),
        )
    bounce = rng.uniform(0.62, 0.86) if kind == "ball" else rng.uniform(0.35, 0.6)
    return Body(
        name=name,
        shape=kind,
        half_size_m=tuple(float(h) for h in half),
        position_m=place,
        look=look,
        velocity_m_s=(0.0, 0.0, 0.0),
        turn_rad=any_turn(rng) if turned or kind == "ball" else (0.0, 0.0, 0.0),
        spin_rad_s=(0.0, 0.0, 0.0),
        mass_kg=float(rng.uniform(0.2, 1.0)),
        restitution=float(bounce),
        friction=float(rng.uniform(0.25, 0.6)),
    )


def standing(body: Body, x: float, y: float) -> Body:
    """A body on the floor, not turned but for a ball."""
    return replace(body, position_m=(float(x), float(y), body.half_height_m))


def rolling(body: Body, velocity: tuple[float, float]) -> Body:
    """A ball, or a cylinder that lies across its way, that rolls without slipping."""
    vx, vy = (float(v) for v in velocity)
    radius = body.half_size_m[0]
    turn = body.turn_rad
    if body.shape == "cylinder":
        turn = lying(math.atan2(vy, vx) + math.pi / 2)
        body = replace(body, position_m=(*body.position_m[:2], radius))
    return replace(
        body, turn_rad=turn, velocity_m_s=(vx, vy, 0.0), spin_rad_s=(-vy / radius, vx / radius, 0.0)
    )


def any_turn(rng: np.random.Generator) -> Turn:
    """Any orientation, each as likely."""
    vector = Rotation.from_quat(rng.normal(0, 1, 4)).as_rotvec()
    return tuple(float(c) for c in vector)


def lying(heading: float) -> Turn:
    """A cylinder on its side, its axis in a direction of the floor."""
    turn = Rotation.from_euler("z", heading) * Rotation.from_euler("y", math.pi / 2)
    return tuple(float(c) for c in turn.as_rotvec())


def slope(
    name: str,
    low: tuple[float, float],
    high: tuple[float, float],
    half_depth: float,
    thick: float,
    rgb: tuple[int, int, int],
) -> Block:
    """A board whose upper side goes up from (x, z) to (x, z), as deep as asked to both sides."""
    (x0, z0), (x1, z1) = sorted((low, high))
    length, angle = math.hypot(x1 - x0, z1 - z0), math.atan2(z1 - z0, x1 - x0)
    x = (x0 + x1) / 2 + math.sin(angle) * thick / 2
    z = (z0 + z1) / 2 - math.cos(angle) * thick / 2
    half = (length / 2, half_depth, thick / 2)
    middle = (x, 0.0, z)
    return Block(
        name,
        tuple(m - h for m, h in zip(middle, half, strict=True)),
        tuple(m + h for m, h in zip(middle, half, strict=True)),
        rgb,
        turn_rad=(0.0, -angle, 0.0),
    )


def frame(
    name: str,
    half: tuple[float, float],
    height: float,
    thick: float,
    rgb: tuple[int, int, int],
    restitution: float = 0.7,
) -> tuple[Block, ...]:
    """Four walls on the floor around an oblong about the origin."""
    x, y = half
    sides = (
        (-x - thick, -y - thick, x + thick, -y),
        (-x - thick, y, x + thick, y + thick),
        (-x - thick, -y, -x, y),
        (x, -y, x + thick, y),
    )
    return tuple(
        Block(name, (a, b, 0.0), (c, d, height), rgb, restitution=restitution, friction=0.5)
        for a, b, c, d in sides
    )
