"""What is remembered of one body."""

import math
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Complex64, Float64, UInt8

from lawful.judge.kinematic.bodies import Sight
from lawful.judge.kinematic.objects.colours import Colours

Crop = UInt8[np.ndarray, "rows columns"]
Vector = Float64[np.ndarray, " 2"]


@dataclass
class Part:
    """How much is seen of a body of which only a part seems to be seen, and since when."""

    area_px: float
    """Area of what is seen, slowly followed."""
    start: Vector
    """Centre of it when it began to be so large, in shot coordinates."""
    frames: int = 0
    """For so many frames."""


@dataclass
class Member:
    """One body: where it is, what it looks like, how it moves. All of bounded size."""

    id: int
    """Its name in the clip."""
    xy: Vector
    """Centre in the newest frame, of the whole body."""
    at: Vector
    """The same in shot coordinates."""
    velocity: Vector
    """Velocity in shot coordinates, px a second."""
    sd_px: float
    """Standard deviation of the centre's error."""
    whole: Crop
    """Outline of the whole body as it was last seen: 255 inside."""
    centre: Vector
    """Where the centre lies in `whole`, (x, y)."""
    full_px: float
    """Area of the whole body."""
    colours: Colours
    """Its colours."""
    sight: Sight = "seen"
    """How much of it was seen in the newest frame."""
    crop: Crop | None = None
    """What is seen of it in the newest frame; None where nothing is."""
    corner: tuple[int, int] = (0, 0)
    """Left column and top row of `crop` in the frame."""
    seen_px: float = 0.0
    """Area of what is seen."""
    fill: float = float("nan")
    """Area over that of the convex hull, of what is seen."""
    axes_px: tuple[float, float] = (float("nan"), float("nan"))
    """Half axes of what is seen, in the frame."""
    rgb: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    """Mean colour of what is seen."""
    spread_rgb: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    """Its standard deviation."""
    angle_rad: float = 0.0
    """How far it has turned."""
    spin_rad_s: float = 0.0
    """How fast it turns."""
    polar: Complex64[np.ndarray, "frequencies radii channels"] | None = None
    """What was seen of it by distance from the centre and by frequency around it; None where not known."""
    polar_angle: float = 0.0
    """`angle_rad` when `polar` was taken."""
    track_ids: tuple[int, ...] = ()
    """Points on it."""
    age: int = 0
    """Frames since it was first seen."""
    seen_s: float = 0.0
    """Time of the frame in which something of it was last seen."""
    born_s: float = 0.0
    """Time of the frame in which it was first seen."""
    sure: bool = False
    """True once it is told of: it moved, or stood out in plain view for long enough."""
    apart: float = 2.0
    """How unlike its surroundings it looks of late: mean log odds of its colours."""
    met: dict[int, float] = field(default_factory=dict)
    """Distance to the older bodies that it touched when it was first seen, by id."""
    plain: bool = False
    """True if it was there in plain view from one frame to the next."""
    fresh: float = float("nan")
    """How plainly it came out of nothing when it was first seen: smallest margin, 0 = barely, 1 = clearly."""
    part: Part | None = None
    """What is seen of it since only a part seems to be; None where all is."""
    usual_px: float = 0.0
    """Area of what was seen of it of late, where that was about the whole."""
    free: Vector = field(default_factory=lambda: np.zeros(2))
    """Velocity when it was last seen in its usual size, in shot coordinates."""
    free_s: float = -math.inf
    """When that was."""
    way_px: float = 0.0
    """Length of the way that it has come, in shot coordinates."""
    far_px: float = 0.0
    """How far it has been from its start."""
    start: Vector = field(default_factory=lambda: np.zeros(2))
    """Where it was first seen, in shot coordinates."""

    @property
    def radius_px(self) -> float:
        """Radius of the disc with its whole area."""
        return math.sqrt(max(self.full_px, 1.0) / math.pi)

    @property
    def slow(self) -> bool:
        """True if it hardly moves."""
        return math.hypot(*self.velocity) < 0.25 * self.radius_px + 2
