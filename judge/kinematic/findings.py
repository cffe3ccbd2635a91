"""What a witness found, and what there is to look at."""

from dataclasses import dataclass

from lawful.judge.kinematic.window import Moment
from lawful.video.frames import Box, PointTracks


@dataclass(frozen=True)
class Finding:
    """One thing that no lawful motion explains, before it is weighed."""

    family: str
    """Id of the violation family."""
    start_s: float
    """When it starts."""
    end_s: float
    """When it ends."""
    box: Box | None
    """Where, at `start_s`."""
    strength: float
    """How clear it is: 0 = bare, 1 = clear; a level of the settings turns it into a probability."""
    magnitude: float
    """How strong, in `unit`."""
    unit: str
    """Unit of the magnitude."""
    text: str
    """One sentence for people."""
    track_ids: tuple[int, ...] = ()
    """The tracks that it was seen on."""
    bodies: tuple[int, ...] = ()
    """The bodies that it is about."""


@dataclass(frozen=True, eq=False)
class Said:
    """A finding and what there is to look at."""

    finding: Finding
    """The finding."""
    moments: tuple[Moment, ...]
    """Frames before, at and after it."""
    tracks: PointTracks | None
    """The tracks that it cites."""


def weakest(**margins: float) -> float:
    """The strength of a finding whose conditions must all hold: its smallest margin, at most 1."""
    return min(1.0, *margins.values())
