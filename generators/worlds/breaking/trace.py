"""Does what was done to a clip show?"""

import numpy as np
from jaxtyping import Int64

from lawful.generators.worlds.breaking.moments import Lawful, Plan
from lawful.generators.worlds.check.outlines import Outline, block_outline, gap_m
from lawful.generators.worlds.interventions import Ghost, Intervention, OnContact, SetGravity, SetVelocity
from lawful.generators.worlds.motion import Simulated
from lawful.generators.worlds.scene import Scene

_SOON_S = 0.25
"""So long after the onset, or three frames, it must."""
_ASIDE = 0.2
"""A body that is less than this share of its reach from where it would be is as good as there."""
_INSIDE = 0.1
"""A body that is to be in another is so by at least this share of the least half extent of the two."""
_OF_MOTION = OnContact | SetGravity | SetVelocity


def leaves_trace(lawful: Lawful, plan: Plan, broken: Simulated) -> bool:
    """True where a broken law is soon to be seen.

    What changes how bodies move may come to nothing: friction takes back what a body is given, or another holds it.
    What is to stick in another body may slip past it instead. All other changes show at once.

    Args:
        lawful: The lawful twin.
        plan: How the law is broken.
        broken: What came of that.
    """
    if not all(_of_motion(change) for change in plan.interventions):
        return True
    end = plan.onset_frame + max(3, round(_SOON_S * broken.fps)) + 1
    ghosts = [change for change in plan.interventions if isinstance(change, Ghost)]
    if len(plan.interventions) > len(ghosts) and not all(
        _is_inside(lawful.scene, broken, ghost, range(plan.onset_frame, min(end, len(broken))))
        for ghost in ghosts
    ):
        return False
    for motion in lawful.simulated.motions:
        there, elsewhere = (
            m.position_m[plan.onset_frame : end] for m in (motion, broken.motion(motion.body.name))
        )
        apart = np.linalg.norm(there - elsewhere, axis=1)
        if motion.body.touches and apart.max() >= _ASIDE * motion.body.reach_m:
            return True
    return False


def _is_inside(scene: Scene, broken: Simulated, ghost: Ghost, frames: range) -> bool:
    """True where one of two things is well in the other in one of some frames."""
    shown = np.arange(frames.start, frames.stop)
    sides = [_outlines(scene, broken, name, shown) for name in (ghost.first, ghost.second)]
    # Where both are round they do not turn out of each other's way.
    return any((one.is_round and two.is_round) or _is_in(one, two) for one in sides[0] for two in sides[1])


def _is_in(one: Outline, two: Outline) -> bool:
    gap, _ = gap_m(one, two, near_m=0.0)
    least_m = np.minimum(one.half_size_m.min(axis=1), two.half_size_m.min(axis=1))
    return bool((-gap >= _INSIDE * least_m).any())


def _outlines(
    scene: Scene, broken: Simulated, name: str, shown: Int64[np.ndarray, " shown"]
) -> list[Outline]:
    """Outlines of a body, or of all blocks of a name."""
    blocks = [block_outline(block, len(shown)) for block in scene.blocks if block.name == name]
    moving = [motion.at(shown) for motion in broken.motions if motion.body.name == name]
    return blocks + [
        Outline(m.shapes, m.shape_index, m.position_m, m.rotation, m.half_size_m) for m in moving
    ]


def _of_motion(change: Intervention) -> bool:
    return isinstance(change, _OF_MOTION)
