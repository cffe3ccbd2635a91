"""Changes that are made to a simulation on its way."""

from dataclasses import dataclass

from lawful.generators.worlds.scene import Body, Look


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
    position_m: tuple[float, float]
    """New centre."""
    velocity_m_s: tuple[float, float]
    """New velocity."""
    angle_rad: float
    """New angle."""


@dataclass(frozen=True)
class SetVelocity:
    """A body gets another velocity; a body that stood fixed is free from then on."""

    frame: int
    """First frame that shows the effect: the change is made just after the frame before it."""
    body: str
    """Its name."""
    velocity_m_s: tuple[float, float]
    """New velocity."""
    spin_rad_s: float
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


Intervention = Remove | Insert | Move | SetVelocity | SetGravity | Ghost | Repaint | Rebound | Hold
"""Any of them."""
