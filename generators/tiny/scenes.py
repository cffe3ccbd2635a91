"""Plain flat scenes of the worlds: what the embedded generator learns from, and their states in pixels.

One or two discs of 7 to 9 px in a view of 64 by 64 px, 10 frames a second, simulated as every flat scene is.
Colours are no part of a state: a picture of it can be painted in any.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Int64

from lawful.generators.tiny.prompt import FAMILIES, MOST_BODIES, Family, Side, Way
from lawful.generators.worlds.flat.layout import cushions
from lawful.generators.worlds.scene import Block, Body, Look, Pivot, Scene
from lawful.generators.worlds.simulate import simulate

SIDE_PX = 64
"""Width and height of the pictures."""
FPS = 10.0
VIEW_M = 4.8
"""Width and height of the view."""
PX_PER_M = SIDE_PX / VIEW_M
FLOOR_PX = 6
"""Height of the floor's strip in scenes seen from the side."""
CUSHION_PX = 2
"""Width of the table's edge in scenes seen from above."""
PIVOT_PX = 5
"""How far below the upper edge rods are held."""
RADIUS_PX = (7.0, 9.0)
"""Least and largest radius."""
RESTITUTION = {"fall": 0.85, "throw": 0.85, "slide": 0.95}
STRAIGHT_PX = 0.25
"""A thing that moves less than this across in a frame at first goes straight."""

Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class States:
    """States of some clips, in pixels from the upper left corner of the picture, y down."""

    family: Int64[np.ndarray, " clips"]
    """Index into `FAMILIES`."""
    count: Int64[np.ndarray, " clips"]
    """How many bodies there are."""
    radius: Float32[np.ndarray, "clips bodies"]
    """Radius; 0 for a body that there is not."""
    pivot: Float32[np.ndarray, "clips 2"]
    """Where the rod of a swinging clip is held; NaN in the others."""
    centre: Float32[np.ndarray, "clips frames bodies 2"]
    """x, y of every body's centre; NaN for a body that there is not."""

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.family)

    def side(self, clip: int, frame: int = 0) -> Side:
        """The third of the picture in which the first body is."""
        third = self.centre[clip, frame, 0, 0] / (SIDE_PX / 3)
        return ("left", "middle", "right")[int(np.clip(third, 0, 2))]

    def way(self, clip: int, frame: int = 0) -> Way:
        """Which way the first body goes from a frame to the next."""
        step = self.centre[clip, frame + 1, 0, 0] - self.centre[clip, frame, 0, 0]
        return "straight" if abs(step) < STRAIGHT_PX else ("right" if step > 0 else "left")


def simulate_states(seed: int, numbers: range, n_frames: int) -> States:
    """States of the clips of some numbers; a clip depends on the seed and its number alone."""
    rows = [_simulated(np.random.default_rng((seed, number)), n_frames) for number in numbers]
    family, count, radius, pivot, centre = zip(*rows, strict=True)
    return States(
        np.array(family),
        np.array(count),
        np.array(radius, np.float32),
        np.array(pivot, np.float32),
        np.array(centre, np.float32),
    )


_Row = tuple[int, int, list[float], Point, np.ndarray]


def _simulated(rng: np.random.Generator, n_frames: int) -> _Row:
    family = FAMILIES[rng.choice(len(FAMILIES), p=_SHARES)]
    return run_scene(family, _BUILDERS[family](rng), n_frames)


def run_scene(family: Family, scene: Scene, n_frames: int) -> _Row:
    """Simulate a scene of this package: family index, count, radii, pivot and centres, as `States` has them."""
    done = simulate(scene, FPS, n_frames)
    centre = np.full((n_frames, MOST_BODIES, 2), np.nan)
    radius = [0.0] * MOST_BODIES
    for place, motion in enumerate(done.motions):
        centre[:, place] = (motion.position_m * (1, -1) + VIEW_M / 2) * PX_PER_M
        radius[place] = motion.body.half_size_m[0] * PX_PER_M
    pivot = _px(scene.pivots[0].point_m) if scene.pivots else (math.nan, math.nan)
    return FAMILIES.index(family), len(scene.bodies), radius, pivot, centre


def scene_of(
    family: Family,
    centres: list[Point],
    radii: list[float],
    velocities: list[Point],
    pivot: Point | None = None,
) -> Scene:
    """A scene from states in pixels and pixels a frame; so that a clip can go on from any state."""
    bodies = [
        Body(
            name=f"disc {number + 1}",
            shape="disc",
            half_size_m=(radius / PX_PER_M, radius / PX_PER_M),
            position_m=_m(centre),
            look=Look("red", "spots", 0),
            velocity_m_s=(velocity[0] * FPS / PX_PER_M, -velocity[1] * FPS / PX_PER_M),
            mass_kg=radius**2 / 50,
            # Both sides of a contact count: walls have 1, two discs the product.
            restitution=RESTITUTION.get(family, 1.0),
            friction=0.0,
        )
        for number, (centre, radius, velocity) in enumerate(zip(centres, radii, velocities, strict=True))
    ]
    half = VIEW_M / 2
    table = family == "slide"
    edge = (CUSHION_PX if table else FLOOR_PX) / PX_PER_M
    if table:
        blocks = cushions("cushion", VIEW_M, VIEW_M, edge, (96, 58, 34), restitution=1.0)
    else:
        floor = Block("floor", (-2 * half, -3 * half), (2 * half, edge - half), (96, 100, 108))
        walls = [
            Block("wall", (low, -2 * half), (high, 9 * half), (96, 100, 108))
            for low, high in ((-2 * half, -half), (half, 2 * half))
        ]
        blocks = (floor, *walls)
    pivots: tuple[Pivot, ...] = ()
    if family == "swing":
        if pivot is None:
            raise ValueError("what swings needs a pivot")
        pivots = (Pivot("disc 1", _m(pivot)),)
        # A rod is stiff: the speed along it is none, and the bob turns with it.
        bodies = [_hung(bodies[0], _m(pivot))]
        blocks = blocks[:1]
    return Scene(
        name=family,
        caption="",
        view_height_m=VIEW_M,
        view_width_m=VIEW_M,
        bodies=tuple(bodies),
        blocks=blocks,
        backdrop_rgb=(214, 220, 226),
        room=(-half, edge - half, half, half),
        on_floor=False,
        gravity_m_s2=0.0 if table else 9.81,
        table_friction=0.02 if table else 0.0,
        pivots=pivots,
        steps_per_s=240,
    )


def _hung(body: Body, pivot_m: Point) -> Body:
    arm = np.subtract(body.position_m, pivot_m)
    length = float(np.hypot(*arm))
    across = np.array([-arm[1], arm[0]]) / length
    spin = float(np.dot(body.velocity_m_s, across)) / length
    vx, vy = (float(v) for v in spin * length * across)
    return replace(body, velocity_m_s=(vx, vy), spin_rad_s=(spin,))


def _fall(rng: np.random.Generator) -> Scene:
    count = int(rng.integers(1, 3))
    radii = rng.uniform(*RADIUS_PX, count).tolist()
    velocities = [(_across(rng, 1.0, 4.5), 0.0) for _ in range(count)]
    centres = _apart(rng, radii, (10.0, 26.0))
    return scene_of("fall", centres, radii, velocities)


def _throw(rng: np.random.Generator) -> Scene:
    count = 1 if rng.random() < 0.7 else 2
    radii = rng.uniform(*RADIUS_PX, count).tolist()
    centres = _apart(rng, radii, (34.0, 46.0))
    velocities = [(_across(rng, 1.0, 4.5), -float(rng.uniform(5.5, 8.0))) for _ in range(count)]
    return scene_of("throw", centres, radii, velocities)


def _swing(rng: np.random.Generator) -> Scene:
    radius = float(rng.uniform(*RADIUS_PX))
    pivot = (float(rng.uniform(24.0, 40.0)), float(PIVOT_PX))
    length = float(rng.uniform(24.0, 34.0))
    angle = float(rng.uniform(-1.0, 1.0))
    room = min(pivot[0], SIDE_PX - pivot[0]) - radius - 1
    # Energy for a swing that stays in the picture: angle and speed at the start share it.
    widest = math.asin(min(0.95, room / length))
    angle *= min(1.0, widest / 1.0)
    speed = math.sqrt(max(0.0, 2 * 9.81 * PX_PER_M / FPS**2 * length * (math.cos(angle) - math.cos(widest))))
    speed *= float(rng.uniform(0.3, 1.0)) * (1 if rng.random() < 0.5 else -1)
    centre = (pivot[0] + length * math.sin(angle), pivot[1] + length * math.cos(angle))
    velocity = (speed * math.cos(angle), -speed * math.sin(angle))
    return scene_of("swing", [centre], [radius], [velocity], pivot)


def _slide(rng: np.random.Generator) -> Scene:
    count = 1 if rng.random() < 0.3 else 2
    radii = rng.uniform(*RADIUS_PX, count).tolist()
    centres = _apart(rng, radii, (12.0, 52.0))
    speed = float(rng.uniform(2.5, 6.0))
    if count == 2:
        aim = np.subtract(centres[1], centres[0])
        heading = math.atan2(aim[1], aim[0]) + float(rng.normal(0, 0.25))
        other: Point = (0.0, 0.0) if rng.random() < 0.7 else (_across(rng, 0.5, 2.5), _across(rng, 0.5, 2.5))
    else:
        heading, other = float(rng.uniform(-math.pi, math.pi)), (0.0, 0.0)
    first = (speed * math.cos(heading), speed * math.sin(heading))
    return scene_of("slide", centres, radii, [first, other][:count])


_BUILDERS: dict[Family, Callable[[np.random.Generator], Scene]] = {
    "fall": _fall,
    "throw": _throw,
    "swing": _swing,
    "slide": _slide,
}
_SHARES = (0.3, 0.2, 0.2, 0.3)


def _across(rng: np.random.Generator, least: float, most: float) -> float:
    """A speed to the left or to the right, or none, as often as each other."""
    return float(rng.integers(-1, 2) * rng.uniform(least, most))


def _apart(rng: np.random.Generator, radii: list[float], heights: Point) -> list[Point]:
    """Centres within a band of heights that leave room between the discs; a third of first ones in each third."""
    margin = max(radii) + CUSHION_PX + 0.5
    third = (SIDE_PX - 2 * margin) / 3
    while True:
        places = [
            (margin + third * (float(rng.integers(3)) + float(rng.random())), float(rng.uniform(*heights)))
            for _ in radii
        ]
        if len(places) == 1 or math.dist(*places) > sum(radii) + 2:
            return places


def _m(point_px: Point) -> Point:
    return point_px[0] / PX_PER_M - VIEW_M / 2, VIEW_M / 2 - point_px[1] / PX_PER_M


def _px(point_m: tuple[float, ...]) -> Point:
    x, y = point_m
    return (x + VIEW_M / 2) * PX_PER_M, (VIEW_M / 2 - y) * PX_PER_M
