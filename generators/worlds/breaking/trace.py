"""Does what was done to a clip show?"""

import numpy as np

from lawful.generators.worlds.breaking.moments import Lawful, Plan
from lawful.generators.worlds.interventions import Intervention, OnContact, SetGravity, SetVelocity
from lawful.generators.worlds.motion import Simulated

_SOON_S = 0.25
"""So long after the onset, or three frames, it must."""
_ASIDE = 0.2
"""A body that is less than this share of its reach from where it would be is as good as there."""
_OF_MOTION = OnContact | SetGravity | SetVelocity


def leaves_trace(lawful: Lawful, plan: Plan, broken: Simulated) -> bool:
    """True where a broken law is soon to be seen.

    What changes how bodies move may come to nothing: friction takes back what a body is given, or another holds it.
    All other changes show at once.

    Args:
        lawful: The lawful twin.
        plan: How the law is broken.
        broken: What came of that.
    """
    if not all(_of_motion(change) for change in plan.interventions):
        return True
    end = plan.onset_frame + max(3, round(_SOON_S * broken.fps)) + 1
    for motion in lawful.simulated.motions:
        there, elsewhere = (
            m.position_m[plan.onset_frame : end] for m in (motion, broken.motion(motion.body.name))
        )
        apart = np.linalg.norm(there - elsewhere, axis=1)
        if motion.body.touches and apart.max() >= _ASIDE * motion.body.reach_m:
            return True
    return False


def _of_motion(change: Intervention) -> bool:
    return isinstance(change, _OF_MOTION)
