"""How exactly a simulation obeys the laws that it is made by."""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from lawful.generators.worlds.scene import Scene


@dataclass(frozen=True)
class Limits:
    """What is granted, and why."""

    step_s: float
    """Longest step of the simulation: a touch is known to one step, in which gravity goes on acting."""
    touch_m: float
    """Things that are no farther apart touch."""
    sink_m: float
    """By how much two things that touch lawfully sink into each other at rest."""
    parted_s: float
    """Things that part for no longer than this do not make a new contact when they meet again."""
    late_s: float
    """By how much later than it happens a touch is found."""
    push: float
    """Error of a change of velocity by contacts, as a share of it: normals turn between the moments known."""
    bounce: float
    """Error of the closing speed that comes back, as a share."""
    energy: float
    """Error of the energy of bodies that touch, as a share."""


FLAT = Limits(
    step_s=1 / 600, touch_m=5e-4, sink_m=1e-3, parted_s=0.0, late_s=0.0, push=0.03, bounce=0.02, energy=0.01
)
"""pymunk solves a touch in one step, lets bodies sink 0.1 mm, and follows free flight without error."""
SOLID = Limits(
    step_s=1 / 1200,
    touch_m=5e-4,
    sink_m=1e-3,
    parted_s=0.01,
    late_s=1 / 1200,
    push=0.06,
    bounce=0.06,
    energy=0.02,
)
"""MuJoCo is told what velocities a touch is to end with, and gets them to some hundredths."""
_SOLID_STEPS_PER_S = 1200


def limits(scene: Scene, fps: float) -> Limits:
    """Those of the simulator that runs a scene."""
    flat = scene.dimensions == 2
    steps_per_s = scene.steps_per_s if flat else max(_SOLID_STEPS_PER_S, scene.steps_per_s)
    return replace(FLAT if flat else SOLID, step_s=1 / (fps * max(1, math.ceil(steps_per_s / fps))))


def pull_m_s2(scene: Scene) -> Float64[np.ndarray, " axes"]:
    """Gravity of a scene as a vector."""
    pull = np.zeros(scene.dimensions)
    pull[-1] = -scene.gravity_m_s2
    return pull
