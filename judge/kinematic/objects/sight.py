"""What it means that nothing is seen of a body: hidden, out of the frame, or gone."""

import math
from collections.abc import Sequence

from lawful.judge.kinematic.bodies import Sight
from lawful.judge.kinematic.objects.claim import Place, frame_window, outline_at
from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.objects.plate import Foreground

MEMORY_S = 4.0
"""For how long a body that is not seen is remembered."""
_STRIDES = 0.9
_MOST_TRACE = 0.2
_EDGE_PX = 3.0


def sight_unseen(member: Member, shape: tuple[int, ...]) -> Sight:
    """Hidden, or out of the frame where its centre is expected there."""
    x, y = member.xy
    inside = 0 <= x < shape[1] and 0 <= y < shape[0]
    return "hidden" if inside else "outside"


def forgotten(member: Member, time_s: float) -> bool:
    """True for a body that was not seen for long."""
    return time_s - member.seen_s > MEMORY_S


def left_plainly(member: Member, place: Place, members: Sequence[Member], seen: Foreground) -> bool:
    """True if a body was in plain view in the frame before, and now the scene shows where it should be.

    Args:
        member: The body; its sight is that of the frame before.
        place: Where it should be.
        members: All bodies, as they are in the frame.
        seen: What differs from the plate.
    """
    if member.sight != "seen" or member.age < 2:
        return False
    shape = seen.differs.shape
    reach = member.radius_px + 2 * math.hypot(*(place.xy - member.xy)) + _EDGE_PX
    for xy in (member.xy, place.xy):
        if not (reach <= xy[0] < shape[1] - reach and reach <= xy[1] < shape[0] - reach):
            return False
    if math.hypot(*(place.xy - member.xy)) > _STRIDES * 2 * member.radius_px:
        return False
    for other in members:
        near = other.radius_px + 1.2 * member.radius_px
        if other is not member and other.crop is not None and math.hypot(*(other.xy - place.xy)) < near:
            return False
    window = frame_window(member, place.xy, 1.0, shape)
    if window is None:
        return False
    outline = outline_at(member, place.xy, window) > 0
    # What is burnt out may be the body as well.
    trace = (seen.differs[window] > 0) | (seen.burns[window] > 0)
    return not outline.any() or float(trace[outline].mean()) < _MOST_TRACE
