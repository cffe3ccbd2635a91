"""One frame as the objects are looked for in it."""

from dataclasses import dataclass

from lawful.judge.kinematic.camera import Transform
from lawful.judge.kinematic.objects.colours import Bins
from lawful.judge.kinematic.objects.plate import Foreground
from lawful.judge.kinematic.window import Change, Picture


@dataclass(frozen=True, eq=False)
class Now:
    """One frame as the objects are looked for in it."""

    picture: Picture
    """The frame."""
    time_s: float
    """Its time."""
    step_s: float
    """Time since the frame before; NaN for the first."""
    seen: Foreground
    """What differs from the plate."""
    bins: Bins
    """Its colours in the plate's light."""
    change: Change
    """Levels by which it differs from the frame before, the camera's motion taken out."""
    back: Transform
    """Takes shot coordinates to the frame."""
