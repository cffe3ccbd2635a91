"""What is seen of a shot, body by body: what the witnesses of laws look at, whoever measured it.

Two sources give it: one measures it from the pictures, one reads it from the truth of a simulated clip. Lengths are in
pixels of the motion picture (longer side `Settings.long_side_px`). Shot coordinates are those of the shot's first frame:
the camera's motion is taken out.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from lawful.video.frames import Box

Sight = Literal["seen", "partly", "hidden", "outside"]
"""Wholly seen; partly behind something or cut by the frame's edge; behind something; out of the frame."""
SCENE = -1
"""Stands for the still part of the scene where a body is named."""


@dataclass(frozen=True, eq=False)
class Body:
    """One body in one frame. What is not known is NaN."""

    id: int
    """The same body has the same in every frame of a clip, also after it was hidden."""
    sight: Sight
    """How much of it is seen."""
    box_px: tuple[float, float, float, float]
    """x0, y0, x1, y1 in the frame, of what is seen; NaN where nothing is."""
    xy_px: tuple[float, float]
    """Centre in the frame, of the whole body; carried on where it is hidden."""
    at_px: tuple[float, float]
    """The same in shot coordinates."""
    sd_px: float
    """Standard deviation of the centre's error; grows while hidden."""
    angle_rad: float
    """How far it has turned since it was first seen, clockwise as seen."""
    area_px: float
    """Area of what is seen in the frame."""
    axes_px: tuple[float, float]
    """Longer and shorter half axis of what is seen in the frame: of the ellipse with the same moments."""
    fill: float
    """Area over that of its convex hull: tells shapes apart, 0-1."""
    rgb: tuple[float, float, float]
    """Mean colour of what is seen, 0-255."""
    spread_rgb: tuple[float, float, float]
    """Standard deviation of the colour over what is seen: the pattern on it."""
    track_ids: tuple[int, ...] = ()
    """Points on it."""
    covered: float = float("nan")
    """Where it is hidden: share of the place where it should be that something is known to hide, 0-1."""

    fresh: float = float("nan")
    """How plainly it came out of nothing when it was first seen: 0 = barely, 1 = clearly, less than 0 not."""

    born_s: float = float("nan")
    """When it was first seen, which may be some frames before it was told of."""

    def box(self, width_px: int, height_px: int) -> Box:
        """What is seen as shares of a frame of that size; the centre alone where nothing is."""
        x0, y0, x1, y1 = self.box_px
        if not np.isfinite(self.box_px).all():
            (x0, y0), (x1, y1) = self.xy_px, self.xy_px
        shares = np.clip(np.array([x0 / width_px, y0 / height_px, x1 / width_px, y1 / height_px]), 0.0, 1.0)
        return Box(*(float(value) for value in shares))


@dataclass(frozen=True)
class Touch:
    """Two bodies, or a body and the still scene, that may touch: in the picture there is no gap between them.

    In the picture alone a touch cannot be told from one passing in front of the other, so that a touch can excuse
    motion and never accuse it by itself; where there is a gap, there is no touch.
    """

    first: int
    """A body."""
    second: int
    """Another body, or `SCENE`."""
    gap_px: float
    """Distance between them, 0 where they meet or overlap."""
    overlap_px: float
    """How deep one lies over the other along the line of their centres, 0 where they do not."""
    towards: tuple[float, float]
    """Unit vector from the first to where it is touched, in shot coordinates."""
    chance: float
    """Chance that they touch, 0-1; 1 where it is known."""


@dataclass(frozen=True, eq=False)
class Glimpse:
    """All bodies of one frame."""

    time_s: float
    """Time of the frame."""
    step_s: float
    """Time since the frame before; NaN for the first of a shot."""
    width_px: int
    """Width of the motion picture."""
    height_px: int
    """Height of it."""
    to_shot: Float64[np.ndarray, "2 3"]
    """Takes (x, y) of this frame to shot coordinates; a similarity."""
    camera_still: bool
    """True if the camera stands still."""
    reliable: bool
    """False where the camera's motion is unknown, most of the picture changed at once, or a body is lost in glare."""
    bodies: tuple[Body, ...]
    """All that are known, hidden ones too, by id."""
    touches: tuple[Touch, ...]
    """Pairs that may touch in this frame."""
    gone: tuple[int, ...] = ()
    """Bodies that were seen in plain view in the frame before, of which there is no trace in this one, though nothing
    hides them and no edge is near; a source that is not sure of that leaves it to the witnesses."""
    settled: tuple[int, ...] = ()
    """Bodies that were seen in the frame before, have come to rest and look like the still scene: they are part of it
    now and no more told of."""
    new: tuple[int, ...] = ()
    """Bodies that are there in plain view for the first time, though nothing hid them before and no edge is near."""
    known_px: float = 0.0
    """All that is nearer than this to a body is among `touches`; 0 where something near may not have been told."""

    passings_told: bool = True
    """False where `gone` and `new` are not told of, so that the witnesses must tell by the bodies what left and came."""

    def body(self, number: int) -> Body | None:
        """The body of that id."""
        return next((body for body in self.bodies if body.id == number), None)
