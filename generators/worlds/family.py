"""What a scene family is, and groups of violations that many of them can show."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lawful.generators.worlds.scene import Scene

Builder = Callable[[np.random.Generator, float, float], Scene]
"""Takes the generator, the picture's width over its height and the clip's duration in seconds."""

FORM = ("shape_change", "size_change", "stretch")
ANYWHERE = ("vanish", "appear", "teleport", "colour_change", "duplicate", *FORM)
"""What can happen to any body."""
ROLLING = tuple(family for family in ANYWHERE if family != "stretch")
"""What can happen to a body that rolls."""
IN_THE_AIR = (
    "super_elastic",
    "hover",
    "reversed_gravity",
    "wrong_gravity",
    "kink",
    "stop_in_mid_air",
    "pass_through",
    "overlap",
)
"""What can happen to a body that flies and lands."""
HITS = ("pass_through", "overlap", "wrong_collision", "no_reaction", "effect_before_cause")
"""What can happen where one body hits another."""


@dataclass(frozen=True)
class SceneFamily:
    """One kind of scene."""

    build: Builder
    """Makes a scene of it."""
    possible: tuple[str, ...]
    """Ids of the violation families that it can show."""
    solid: bool = False
    """True for one of three dimensions."""
    hard: bool = False
    """True for one in which something lawful looks unlawful."""

    @property
    def summary(self) -> str:
        """What is to be seen, in one line."""
        return (self.build.__doc__ or "").strip().splitlines()[0]
