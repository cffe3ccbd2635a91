"""What a rendered world clip carries: frames and the truth behind them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.degrade import Degradation
from lawful.generators.worlds.draw import Renderer
from lawful.generators.worlds.motion import Contact, Simulated
from lawful.generators.worlds.scene import Look, Scene, Shape
from lawful.video.frames import Box, Frames


@dataclass(frozen=True, eq=False)
class ObjectTruth:
    """One object over the frames of a clip. Rows in which it is not present hold NaN."""

    name: str
    """Unique within the clip."""
    mass_kg: float
    """Mass."""
    shapes: tuple[Shape, ...]
    """Every shape it has; more than one where its shape changes."""
    shape_index: Int64[np.ndarray, " frames"]
    """Which of the shapes it has in each frame."""
    half_size_m: Float64[np.ndarray, "frames axes"]
    """Half its extent along each of its own axes."""
    looks: tuple[Look, ...]
    """Every look it has."""
    look_index: Int64[np.ndarray, " frames"]
    """Which of the looks it has in each frame."""
    present: Bool[np.ndarray, " frames"]
    """True where it exists, seen or not."""
    driven: bool
    """True where a hand leads it: its own motion obeys no law."""
    touched: Bool[np.ndarray, " frames"]
    """True where something touched it, or a rod, spring or hand held it, since the frame before."""
    position_m: Float64[np.ndarray, "frames axes"]
    """Centre in the world."""
    velocity_m_s: Float64[np.ndarray, "frames axes"]
    """Velocity in the world."""
    rotation: Float64[np.ndarray, "frames axes axes"]
    """From its own axes to the world's."""
    spin_rad_s: Float64[np.ndarray, "frames turns"]
    """Angular velocity: one number, counter-clockwise as seen, or a vector."""
    kinetic_j: Float64[np.ndarray, " frames"]
    """Kinetic energy, of its centre and of its spin."""
    potential_j: Float64[np.ndarray, " frames"]
    """Potential energy in gravity, from the floor of the room."""
    momentum_kg_m_s: Float64[np.ndarray, "frames axes"]
    """Mass times velocity."""
    centre: Float64[np.ndarray, "frames 2"]
    """Centre as a share of the frame's width and height, y down; NaN where not present."""
    box: Float64[np.ndarray, "frames 4"]
    """x0, y0, x1, y1 of its outline, clipped to the frame, as shares; NaN where outside or not present."""
    visible: Float64[np.ndarray, " frames"]
    """Share of its area that is seen, 0-1: in the frame, present and behind nothing."""
    behind: Float64[np.ndarray, " frames"]
    """Share of its area within the frame that something else hides, 0-1."""


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
    simulated: Simulated
    """The motions and contacts that were drawn, in the time of the clip."""
    noise: float
    """Standard deviation of the sensor noise in grey levels."""
    world: Scene
    """What the simulation started from."""
    renderer: Renderer
    """What drew it."""
    degradations: tuple[Degradation, ...] = ()
    """What was done to the frames afterwards; the truth is of the frames before."""

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """First touches in order of time, in the time of the clip."""
        return self.simulated.contacts

    @property
    def view(self) -> View:
        """The camera."""
        return self.simulated.view
