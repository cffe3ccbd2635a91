"""What a scene is made of, as plain data in metres (x right, y up, the first view's centre at the origin)."""

from dataclasses import dataclass
from typing import Literal

Pattern = Literal["spots", "stripes", "quarters", "rings"]
PATTERNS: tuple[Pattern, ...] = ("spots", "stripes", "quarters", "rings")

GRAVITY_M_S2 = 9.81
"""Gravity of every scene; how fast things seem to fall depends on the height of the view."""

Point = tuple[float, float]
"""x and y in metres."""


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
    shape: Literal["disc", "box"]
    """Outline."""
    half_width_m: float
    """Half its width; a disc's radius."""
    half_height_m: float
    """Half its height; a disc's radius."""
    position_m: Point
    """Centre at the start."""
    look: Look
    """How it is painted."""
    velocity_m_s: Point = (0.0, 0.0)
    """Velocity at the start."""
    angle_rad: float = 0.0
    """Angle at the start, counter-clockwise."""
    spin_rad_s: float = 0.0
    """Angular velocity at the start."""
    mass_kg: float = 1.0
    """Mass; spread evenly over its area."""
    restitution: float = 0.7
    """Multiplies with that of the other side of a contact."""
    friction: float = 0.4
    """Multiplies with that of the other side of a contact."""
    fixed: bool = False
    """True for one that stands still whatever happens."""


@dataclass(frozen=True)
class Block:
    """An upright rectangle that never moves: a floor, a wall, a cushion."""

    name: str
    """Such as "floor"."""
    x0: float
    """Left edge, m."""
    y0: float
    """Bottom edge, m."""
    x1: float
    """Right edge, m."""
    y1: float
    """Top edge, m."""
    rgb: tuple[int, int, int]
    """Mean colour."""
    restitution: float = 1.0
    """Multiplies with a body's."""
    friction: float = 1.0
    """Multiplies with a body's."""
    solid: bool = True
    """False for a screen: drawn in front of the bodies, touching nothing."""


@dataclass(frozen=True)
class Pivot:
    """A stiff light rod that holds a body to a point."""

    body: str
    """Name of the body."""
    point_m: Point
    """Where the rod is held."""


@dataclass(frozen=True)
class CameraPath:
    """The view's centre over time: `velocity_m_s` * t plus a sway that is 0 at the start."""

    velocity_m_s: Point = (0.0, 0.0)
    """Steady part."""
    sway_m: Point = (0.0, 0.0)
    """Amplitude of the sway."""
    sway_hz: float = 0.0
    """Frequency of the sway."""


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
    room: tuple[float, float, float, float]
    """x0, y0, x1, y1 in metres: the inner space in which bodies may be put."""
    on_floor: bool
    """True where a body that is put into the room must stand on its lower edge."""
    gravity_m_s2: float = GRAVITY_M_S2
    """Downwards; 0 in a view from above."""
    table_friction: float = 0.0
    """Friction of a table that is seen from above."""
    pivots: tuple[Pivot, ...] = ()
    """Rods."""
    camera: CameraPath = CameraPath()
    """How the view moves."""
