"""What a scene is made of, as plain data in metres.

A flat scene has two coordinates, x right and y up, and the first view's centre is its origin. A solid scene has
three, x right, y away and z up. The last coordinate is the height in both.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.camera import STILL, Camera, View

Pattern = Literal["spots", "stripes", "quarters", "rings"]
PATTERNS: tuple[Pattern, ...] = ("spots", "stripes", "quarters", "rings")

GRAVITY_M_S2 = 9.81
"""Gravity of every scene; how fast things seem to fall depends on the height of the view."""

Point = tuple[float, ...]
"""Two or three coordinates in metres."""
Turn = tuple[float, ...]
"""One angle, counter-clockwise as seen, or a rotation vector (axis times angle), in radians."""
Shape = Literal["disc", "box", "ball", "cylinder"]
"""Discs and boxes are flat; balls, boxes and cylinders (about their last axis) are solid."""


@dataclass(frozen=True)
class Look:
    """How an object is painted."""

    colour: str
    """A name of `COLOURS`."""
    pattern: Pattern
    """Visible marks, so that turning can be seen."""
    seed: int
    """Chooses where the marks are."""


COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (208, 42, 38),
    "orange": (240, 140, 24),
    "yellow": (238, 212, 40),
    "green": (46, 160, 62),
    "blue": (36, 84, 204),
    "purple": (132, 52, 176),
    "pink": (240, 120, 176),
    "white": (240, 240, 236),
    "black": (30, 30, 34),
}
"""sRGB of every colour name."""


@dataclass(frozen=True)
class Body:
    """One moving object at the start."""

    name: str
    """Unique within the scene, such as "ball 1"."""
    shape: Shape
    """Outline."""
    half_size_m: Point
    """Half its extent along each of its own axes; a disc's or ball's radius in each."""
    position_m: Point
    """Centre at the start."""
    look: Look
    """How it is painted."""
    velocity_m_s: Point = (0.0, 0.0)
    """Velocity at the start."""
    turn_rad: Turn = (0.0,)
    """Orientation at the start."""
    spin_rad_s: Turn = (0.0,)
    """Angular velocity at the start."""
    mass_kg: float = 1.0
    """Mass; spread evenly over its extent."""
    restitution: float = 0.7
    """Multiplies with that of the other side of a contact."""
    friction: float = 0.4
    """Multiplies with that of the other side of a contact."""
    fixed: bool = False
    """True for one that stands still whatever happens, or that a hand leads."""
    touches: bool = True
    """False for one that is only to be seen, behind what happens, and meets nothing."""

    @property
    def reach_m(self) -> float:
        """Radius of the circle or sphere about its centre that holds it."""
        round_shape = self.shape in {"disc", "ball"}
        return self.half_size_m[0] if round_shape else math.hypot(*self.half_size_m)

    @property
    def half_height_m(self) -> float:
        """Half its extent upwards while it is not turned."""
        return self.half_size_m[-1]


@dataclass(frozen=True)
class Block:
    """A box that never moves: a floor, a wall, a ramp, a screen."""

    name: str
    """Such as "floor"."""
    low: Point
    """Lowest corner before it is turned, m."""
    high: Point
    """Highest corner before it is turned, m."""
    rgb: tuple[int, int, int]
    """Mean colour."""
    restitution: float = 1.0
    """Multiplies with a body's."""
    friction: float = 1.0
    """Multiplies with a body's."""
    solid: bool = True
    """False for a screen: drawn in front of the bodies of a flat scene, touching nothing."""
    turn_rad: Turn = (0.0,)
    """Turned about its centre."""


@dataclass(frozen=True)
class Pivot:
    """A stiff light rod that holds a body to a point of the world or to another body's centre."""

    body: str
    """Name of the body."""
    point_m: Point
    """Where the rod is held at the start."""
    other: str | None = None
    """Name of the body that holds it; None for the world."""
    until_s: float | None = None
    """When it lets go; None for never."""
    seen: bool = True
    """False where no rod is drawn, as with a magnet."""


@dataclass(frozen=True)
class Spring:
    """A light spring between a body's centre and a point of the world or another body's centre."""

    body: str
    """Name of the body."""
    point_m: Point
    """Where its other end is at the start."""
    rest_m: float
    """Length at which it neither pulls nor pushes."""
    stiffness_n_m: float
    """Force for each metre beyond."""
    damping_n_s_m: float = 0.0
    """Force against each metre a second of lengthening."""
    other: str | None = None
    """Name of the body at its other end; None for the world."""


@dataclass(frozen=True)
class Mover:
    """A hand that leads a body: it goes from place to place, slow at both ends, whatever it meets."""

    body: str
    """Name of the body, which is `fixed`."""
    times_s: tuple[float, ...]
    """When it is at each place, growing; before the first and after the last it stands still."""
    places_m: tuple[Point, ...]
    """The places."""

    def velocity_m_s(self, time_s: float) -> Point:
        """Its velocity at a time."""
        for (start, end), (one, two) in zip(pairwise(self.times_s), pairwise(self.places_m), strict=True):
            if start <= time_s < end:
                share = (time_s - start) / (end - start)
                rate = 6 * share * (1 - share) / (end - start)
                return tuple(rate * (there - here) for here, there in zip(one, two, strict=True))
        return tuple(0.0 for _ in self.places_m[0])


@dataclass(frozen=True)
class Light:
    """A change of the light that comes and goes, or stays."""

    start_s: float
    """When it begins."""
    end_s: float
    """When it is over; infinite where it stays."""
    gain: float
    """Times the brightness."""


Surface = Literal["clouds", "checks", "stripes", "bricks", "speckle", "plain", "dots", "patches", "ripples"]
SURFACES: tuple[Surface, ...] = get_args(Surface)
"""Textures of backgrounds and blocks."""


@dataclass(frozen=True)
class Style:
    """How the picture is lit and what surfaces look like; no law depends on it."""

    backdrop: Surface = "clouds"
    """Texture of the background."""
    blocks: Surface = "clouds"
    """Texture of floors and walls."""
    gain: float = 1.0
    """Times the brightness of everything."""
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Times red, green and blue."""
    shadow: float = 0.0
    """Darkness, 0-1, of the soft shadows that bodies cast on what is behind them."""


DAYLIGHT = Style()
"""Even white light, no shadows."""


@dataclass(frozen=True)
class Scene:
    """All that a simulation starts from."""

    name: str
    """A name of `SCENES`."""
    caption: str
    """One sentence on what is to be seen; serves as the prompt."""
    view_height_m: float
    """Height of the picture."""
    view_width_m: float
    """Width of the picture."""
    bodies: tuple[Body, ...]
    """Moving objects; later ones are drawn over earlier ones."""
    blocks: tuple[Block, ...]
    """Fixed things."""
    backdrop_rgb: tuple[int, int, int]
    """Mean colour of the background."""
    room: tuple[float, ...]
    """Lowest and highest corner in metres, one after the other: the inner space in which bodies may be put."""
    on_floor: bool
    """True where a body that is put into the room must stand on its lower edge."""
    gravity_m_s2: float = GRAVITY_M_S2
    """Downwards; 0 in a view from above."""
    table_friction: float = 0.0
    """Friction of a table that is seen from above."""
    pivots: tuple[Pivot, ...] = ()
    """Rods."""
    springs: tuple[Spring, ...] = ()
    """Springs."""
    movers: tuple[Mover, ...] = ()
    """Hands."""
    camera: Camera = STILL
    """How the view moves."""
    lights: tuple[Light, ...] = ()
    """Flashes and switched lamps."""
    style: Style = DAYLIGHT
    """How it looks."""
    steps_per_s: int = 600
    """Least number of simulation steps a second; a solid scene makes 1200 anyway. Small fast bodies want more."""

    def view(self, times_s: Float64[np.ndarray, " frames"]) -> View:
        """Where the camera is at some times."""
        return self.camera.view(times_s, self.view_width_m, self.view_height_m)

    @property
    def dimensions(self) -> int:
        """2 for a flat scene, 3 for a solid one."""
        return len(self.room) // 2

    @property
    def floor_m(self) -> float:
        """Height of the room's lowest point."""
        return self.room[self.dimensions - 1]
