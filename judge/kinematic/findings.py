"""What a witness found, and what there is to look at."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lawful.judge.kinematic.tails import BY_NET, ON_BODIES
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
    """How clear it is: 0 = bare, 1 = clear, and without a limit beyond; a tail says what that is worth."""
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
    by_net: bool = False
    """True for what the net points at and no witness has measured."""

    @property
    def tail(self) -> str:
        """Name of the tail that it is weighed against: bodies, pixels and the net show a family in ways of their own."""
        if self.by_net:
            return self.family + BY_NET
        return self.family + ON_BODIES if self.bodies else self.family


@dataclass(frozen=True, eq=False)
class Said:
    """A finding and what there is to look at."""

    finding: Finding
    """The finding."""
    moments: tuple[Moment, ...]
    """Frames before, at and after it."""
    tracks: PointTracks | None
    """The tracks that it cites."""
    echo: bool = False
    """True for what another witness sees of a happening that was told of already: it is weighed, and not told again."""


def weakest(gates: Sequence[float] = (), /, **margins: float) -> float:
    """The strength of a finding whose conditions must all hold.

    It is the smallest of all, up to 1. Beyond, it is one more than the logarithm of the smallest margin, so that what
    breaks a law twice as clearly is stronger by 0.7 whether it was clear or very clear before.

    Args:
        gates: Conditions that must hold and make nothing clearer: 0 = bare, 1 = surely.
        margins: By how much the law is broken, and by how much more than chance explains: 0 = bare, 1 = clear.

    >>> weakest((0.4,), amount=3.0), weakest(amount=0.5), round(weakest((1.2,), amount=3.0), 3)
    (0.4, 0.5, 2.099)
    """
    clear = min(margins.values())
    held = min(gates, default=1.0)
    return min(clear, held) if min(clear, held) < 1 else 1 + math.log(clear)
