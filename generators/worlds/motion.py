"""What comes of a simulation, flat or solid, and what playing it at another time makes of it."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.generators.worlds.camera import View
from lawful.generators.worlds.interventions import Hold, Intervention, Lead, Reverse
from lawful.generators.worlds.scene import Body, Look, Point, Shape


@dataclass(frozen=True)
class Contact:
    """The first touch of two things."""

    time_s: float
    """When, to a simulation step."""
    first: str
    """Name of a body."""
    second: str
    """Name of another body or of a block."""
    point_m: Point
    """Where."""
    normal: Point
    """Unit vector from the first to the second."""
    approach_m_s: float
    """Closing speed along the normal before the touch."""
    separation_m_s: float
    """Opening speed along the normal after it."""
    impulse_n_s: float
    """Size of the impulse between the two."""
    first_m_s: tuple[Point, Point]
    """Velocity of the first body's centre before and after."""
    second_m_s: tuple[Point, Point]
    """Velocity of the second's centre before and after; a block's is 0."""


@dataclass(frozen=True, eq=False)
class Motion:
    """The state of one body at every frame; NaN where it is not present."""

    body: Body
    """The body as it was put into the scene."""
    shapes: tuple[Shape, ...]
    """Every shape it has."""
    shape_index: Int64[np.ndarray, " frames"]
    """Which of the shapes it has."""
    half_size_m: Float64[np.ndarray, "frames axes"]
    """Half its extent along each of its own axes."""
    looks: tuple[Look, ...]
    """Every look it has."""
    look_index: Int64[np.ndarray, " frames"]
    """Which of the looks it has."""
    present: Bool[np.ndarray, " frames"]
    """True where it exists."""
    touched: Bool[np.ndarray, " frames"]
    """True where something touched or held it since the frame before."""
    position_m: Float64[np.ndarray, "frames axes"]
    """Centre."""
    velocity_m_s: Float64[np.ndarray, "frames axes"]
    """Velocity of the centre."""
    rotation: Float64[np.ndarray, "frames axes axes"]
    """From its own axes to the world's."""
    spin_rad_s: Float64[np.ndarray, "frames turns"]
    """Angular velocity."""

    @property
    def angle_rad(self) -> Float64[np.ndarray, " frames"]:
        """Angle of a flat body, counter-clockwise, from -pi to pi."""
        return np.arctan2(self.rotation[:, 1, 0], self.rotation[:, 0, 0])

    @property
    def reach_m(self) -> Float64[np.ndarray, " frames"]:
        """Radius of the circle or sphere about its centre that holds it."""
        return reach(self.shapes, self.shape_index, self.half_size_m)

    def shape(self, frame: int) -> Shape:
        """Its shape in a frame."""
        return self.shapes[self.shape_index[frame]]

    def at(self, frames: Int64[np.ndarray, " shown"]) -> "Motion":
        """The motion at some of the frames, in their order."""
        rows = ("shape_index", "half_size_m", "look_index", "present", "touched")
        states = ("position_m", "velocity_m_s", "rotation", "spin_rad_s")
        return replace(self, **{name: getattr(self, name)[frames] for name in rows + states})


@dataclass(frozen=True, eq=False)
class Simulated:
    """What came of a simulation."""

    fps: float
    """Frames a second."""
    motions: tuple[Motion, ...]
    """One for each body, inserted ones last."""
    contacts: tuple[Contact, ...]
    """First touches in order of time."""
    view: View
    """The camera."""

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.view)

    def motion(self, name: str) -> Motion:
        """The motion of a body."""
        return next(motion for motion in self.motions if motion.body.name == name)


def reach(
    shapes: tuple[Shape, ...],
    shape_index: Int64[np.ndarray, " frames"],
    half_size_m: Float64[np.ndarray, "frames axes"],
) -> Float64[np.ndarray, " frames"]:
    """Radius at each frame of the circle or sphere about a body's centre that holds it."""
    round_shape = np.array([shape in {"disc", "ball"} for shape in shapes])[shape_index]
    return np.where(round_shape, half_size_m.max(axis=1), np.linalg.norm(half_size_m, axis=1))


def n_simulated(n_frames: int, interventions: tuple[Intervention, ...]) -> int:
    """How many frames must be simulated to show some: more where something is shown ahead of its time."""
    return n_frames + max(
        (change.n_frames for change in interventions if isinstance(change, Lead)), default=0
    )


def retimed(simulated: Simulated, interventions: tuple[Intervention, ...], n_frames: int) -> Simulated:
    """The first frames of a simulation as changes in the order of its states make them."""
    for change in interventions:
        if isinstance(change, Hold):
            simulated = _held(simulated, change)
        elif isinstance(change, Lead):
            simulated = _led(simulated, change, n_frames)
        elif isinstance(change, Reverse):
            simulated = _reversed(simulated)
    return simulated


def _held(simulated: Simulated, hold: Hold) -> Simulated:
    n_frames = len(simulated)
    source = np.arange(n_frames)
    source[hold.frame :] = np.maximum(source[hold.frame :] - hold.n_frames, hold.frame - 1)
    still = slice(hold.frame, hold.frame + hold.n_frames)
    motions = []
    for motion in simulated.motions:
        shown = motion.at(source)
        velocity, spin = shown.velocity_m_s.copy(), shown.spin_rad_s.copy()
        velocity[still] = np.where(np.isnan(velocity[still]), np.nan, 0.0)
        spin[still] = np.where(np.isnan(spin[still]), np.nan, 0.0)
        motions.append(replace(shown, velocity_m_s=velocity, spin_rad_s=spin))
    stop_s, length_s = (hold.frame - 1) / simulated.fps, hold.n_frames / simulated.fps
    contacts = [
        replace(contact, time_s=contact.time_s + (length_s if contact.time_s > stop_s else 0.0))
        for contact in simulated.contacts
    ]
    last_s = (n_frames - 1) / simulated.fps
    shown_contacts = tuple(contact for contact in contacts if contact.time_s <= last_s)
    return replace(simulated, motions=tuple(motions), contacts=shown_contacts, view=simulated.view.at(source))


def _led(simulated: Simulated, lead: Lead, n_frames: int) -> Simulated:
    frames = np.arange(n_frames)
    ahead = np.where(frames >= lead.frame, frames + lead.n_frames, frames)
    motions = [
        motion.at(ahead if motion.body.name in lead.bodies else frames) for motion in simulated.motions
    ]
    first_s, lead_s = (lead.frame - 1 + lead.n_frames) / simulated.fps, lead.n_frames / simulated.fps
    blocks = {contact.second for contact in simulated.contacts} - {m.body.name for m in motions}
    contacts = []
    for contact in simulated.contacts:
        earlier = {contact.first, contact.second} <= {*lead.bodies, *blocks} and contact.time_s > first_s
        contacts.append(replace(contact, time_s=contact.time_s - (lead_s if earlier else 0.0)))
    last_s = (n_frames - 1) / simulated.fps
    shown = sorted((c for c in contacts if c.time_s <= last_s), key=lambda contact: contact.time_s)
    return replace(simulated, motions=tuple(motions), contacts=tuple(shown), view=simulated.view.at(frames))


def _reversed(simulated: Simulated) -> Simulated:
    frames = np.arange(len(simulated))[::-1].copy()
    motions = []
    for motion in simulated.motions:
        shown = motion.at(frames)
        # What touched a body between two frames touches it between the same two.
        touched = np.append(False, shown.touched[:-1])
        motions.append(
            replace(shown, touched=touched, velocity_m_s=-shown.velocity_m_s, spin_rad_s=-shown.spin_rad_s)
        )
    last_s = (len(simulated) - 1) / simulated.fps
    contacts = tuple(_backwards(contact, last_s) for contact in simulated.contacts[::-1])
    return replace(simulated, motions=tuple(motions), contacts=contacts, view=simulated.view.at(frames))


def _backwards(contact: Contact, last_s: float) -> Contact:
    first, second = (
        (tuple(-c for c in after), tuple(-c for c in before))
        for before, after in (contact.first_m_s, contact.second_m_s)
    )
    return replace(
        contact,
        time_s=last_s - contact.time_s,
        approach_m_s=contact.separation_m_s,
        separation_m_s=contact.approach_m_s,
        first_m_s=first,
        second_m_s=second,
    )
