"""What a rendered world clip carries: frames and the truth behind them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.generators.worlds.scene import Look, Scene
from lawful.video.frames import Box, Frames


@dataclass(frozen=True)
class Contact:
    """The first touch of two things."""

    time_s: float
    """When, to a simulation step."""
    first: str
    """Name of a body."""
    second: str
    """Name of another body or of a block."""
    point_m: tuple[float, float]
    """Where."""
    normal: tuple[float, float]
    """Unit vector from the first to the second."""
    approach_m_s: float
    """Closing speed along the normal before the touch."""
    separation_m_s: float
    """Opening speed along the normal after it."""
    impulse_n_s: float
    """Size of the impulse between the two."""


@dataclass(frozen=True, eq=False)
class ObjectTruth:
    """One object over the frames of a clip. Rows in which it is not present hold its last state or NaN."""

    name: str
    """Unique within the clip."""
    shape: str
    """"disc" or "box"."""
    mass_kg: float
    """Mass."""
    half_size_m: tuple[float, float]
    """Half its width and height; a disc's radius twice."""
    radius_px: float
    """Radius of a disc, half diagonal of a box, in pixels of the clip."""
    looks: tuple[Look, ...]
    """Every look it has."""
    look_index: Int64[np.ndarray, " frames"]
    """Which of the looks it has in each frame."""
    present: Bool[np.ndarray, " frames"]
    """True where it exists, seen or not."""
    position_m: Float64[np.ndarray, "frames 2"]
    """Centre in the world, x right and y up."""
    velocity_m_s: Float64[np.ndarray, "frames 2"]
    """Velocity in the world."""
    angle_rad: Float64[np.ndarray, " frames"]
    """Angle, counter-clockwise as seen."""
    spin_rad_s: Float64[np.ndarray, " frames"]
    """Angular velocity."""
    centre: Float64[np.ndarray, "frames 2"]
    """Centre as a share of the frame's width and height, y down; NaN where not present."""
    box: Float64[np.ndarray, "frames 4"]
    """x0, y0, x1, y1 of its outline, clipped to the frame, as shares; NaN where outside or not present."""
    visible: Float64[np.ndarray, " frames"]
    """Share of its area that is seen, 0-1: in the frame, present and behind nothing."""


@dataclass(frozen=True, eq=False)
class WorldClip:
    """A simulated clip and its truth."""

    frames: Frames
    """The pictures."""
    fps: float
    """Frames a second."""
    scene: str
    """Name of the scene family."""
    seed: int
    """The seed it was made from; the lawful twin has the same."""
    violation: str | None
    """Id of the violation family; None for a lawful clip."""
    onset_s: float | None
    """Time of the first frame that can differ from the lawful twin; None for a lawful clip."""
    onset_frame: int | None
    """Index of that frame."""
    box: Box | None
    """Where the violation is; None for the whole frame and for a lawful clip."""
    subject: str | None
    """Name of the object that breaks the law; None where all do or none does."""
    laws: tuple[str, ...]
    """Ids of the laws that may rightly be named; empty for a lawful clip."""
    caption: str
    """What is to be seen when nothing goes wrong: the prompt."""
    objects: tuple[ObjectTruth, ...]
    """The moving objects, the later drawn over the earlier."""
    contacts: tuple[Contact, ...]
    """First touches in order of time, in the time of the clip."""
    camera_m: Float64[np.ndarray, "frames 2"]
    """Centre of the view in the world."""
    pixels_per_metre: float
    """Scale of the picture."""
    noise: float
    """Standard deviation of the sensor noise in grey levels."""
    world: Scene
    """What the simulation started from."""
