"""What a scene is made of, as plain data in metres.

A flat scene has two coordinates, x right and y up, and the first view's centre is its origin. A solid scene has
three, x right, y away and z up. The last coordinate is the height in both.
"""

import math
from dataclasses import dataclass
from typing import Literal

from lawful.generators.worlds.camera import STILL, CameraPath

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
    """True for one that stands still whatever happens."""

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
    """A stiff light rod that holds a body to a point."""

    body: str
    """Name of the body."""
    point_m: Point
    """Where the rod is held."""


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
    camera: CameraPath = STILL
    """How the view moves."""

    @property
    def dimensions(self) -> int:
        """2 for a flat scene, 3 for a solid one."""
        return len(self.room) // 2

    @property
    def floor_m(self) -> float:
        """Height of the room's lowest point."""
        return self.room[self.dimensions - 1]
