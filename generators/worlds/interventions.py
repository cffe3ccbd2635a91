"""Changes that are made to a simulation on its way."""

from dataclasses import dataclass

from lawful.generators.worlds.scene import Body, Look, Point, Shape, Turn


@dataclass(frozen=True)
class Remove:
    """A body ceases to exist."""

    frame: int
    """First frame without it."""
    body: str
    """Its name."""


@dataclass(frozen=True)
class Insert:
    """A body comes into existence."""

    frame: int
    """First frame with it."""
    body: Body
    """The body with its state in that frame."""


@dataclass(frozen=True)
class Move:
    """A body is put into another state."""

    frame: int
    """First frame in the new state."""
    body: str
    """Its name."""
    position_m: Point
    """New centre."""
    velocity_m_s: Point
    """New velocity."""
    turn_rad: Turn
    """New orientation."""


@dataclass(frozen=True)
class SetVelocity:
    """A body gets another velocity; a body that stood fixed is free from then on."""

    frame: int
    """First frame that shows the effect: the change is made just after the frame before it."""
    body: str
    """Its name."""
    velocity_m_s: Point
    """New velocity."""
    spin_rad_s: Turn
    """New angular velocity."""


@dataclass(frozen=True)
class SetGravity:
    """Gravity acts otherwise on a body."""

    frame: int
    """First frame that shows the effect: the change is made just after the frame before it."""
    body: str
    """Its name."""
    factor: float
    """Times the scene's gravity: 0 none, negative upwards."""


@dataclass(frozen=True)
class Ghost:
    """Two things touch no more, from the contact that is named on."""

    contact: int
    """Index of the contact in order of time; it and all later ones of the two do not happen."""
    first: str
    """Name of one."""
    second: str
    """Name of the other."""


@dataclass(frozen=True)
class Repaint:
    """A body gets another look."""

    frame: int
    """First frame with it."""
    body: str
    """Its name."""
    look: Look
    """The new look."""


@dataclass(frozen=True)
class Reshape:
    """A body gets another shape or size."""

    frame: int
    """First frame with it."""
    body: str
    """Its name."""
    shape: Shape
    """The new shape."""
    half_size_m: Point
    """The new half extents."""
    lift_m: float = 0.0
    """By how much its centre goes up, so that a taller one does not sink into what it stands on."""


@dataclass(frozen=True)
class Rebound:
    """One contact has a restitution of its own."""

    contact: int
    """Index of the contact in order of time."""
    restitution: float
    """Opening over closing speed."""


@dataclass(frozen=True)
class Hold:
    """Time stands still."""

    frame: int
    """First frame that repeats the one before."""
    n_frames: int
    """How many frames do."""


@dataclass(frozen=True)
class Outcome:
    """Two things leave one contact as no collision would send them."""

    contact: int
    """Index of the contact in order of time."""
    velocities: tuple[tuple[str, Point], ...]
    """Names of bodies and their velocities just after it."""


@dataclass(frozen=True)
class Unmoved:
    """A body takes no notice of being hit: it stands fixed from a contact on."""

    contact: int
    """Index of the contact in order of time."""
    body: str
    """Its name."""


@dataclass(frozen=True)
class Lead:
    """Some bodies do everything too early."""

    frame: int
    """First frame that shows them ahead of their time."""
    bodies: tuple[str, ...]
    """Their names."""
    n_frames: int
    """By how many frames."""


@dataclass(frozen=True)
class Reverse:
    """Everything is played backwards."""


OnContact = Ghost | Rebound | Outcome | Unmoved
"""Those that take effect at a contact."""
Retiming = Hold | Lead | Reverse
"""Those that change the order in which states are shown, not the states."""
Intervention = Remove | Insert | Move | SetVelocity | SetGravity | Repaint | Reshape | OnContact | Retiming
"""Any of them."""
