"""What it means that nothing is seen of a body: hidden, out of the frame, or gone."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool

from lawful.judge.kinematic.bodies import Sight
from lawful.judge.kinematic.objects.claim import Place, frame_window, outline_at
from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.objects.plate import Foreground, Mask
from lawful.judge.kinematic.objects.sure import DOUBT_S

MEMORY_S = 4.0
"""For how long a body that is not seen is remembered."""
_STRIDES = 0.9
_MOST_TRACE = _MOST_BURNT = 0.2
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
    # What is burnt out may be the body as well.
    trace = _on_body(place, cv2.max(seen.differs, seen.burns))
    return trace is not None and (not len(trace) or float(trace.mean()) < _MOST_TRACE)


def lost_in_glare(place: Place, burns: Mask, time_s: float) -> bool:
    """True for a body that was seen of late, was not wholly seen in the frame before, and is burnt out where it should be.

    Args:
        place: The body, and where it should be.
        burns: Not 0 where the frame is burnt out.
        time_s: Time of the frame.
    """
    member = place.member
    if not member.sure or member.sight == "seen" or time_s - member.seen_s > DOUBT_S:
        return False
    burnt = _on_body(place, burns)
    return burnt is not None and len(burnt) > 0 and float(burnt.mean()) > _MOST_BURNT


def _on_body(place: Place, mask: Mask) -> Bool[np.ndarray, " pixels"] | None:
    """Where a mask is not 0, of the pixels of a body where it should be; None outside the frame."""
    window = frame_window(place.member, place.xy, 1.0, mask.shape)
    return None if window is None else mask[window][outline_at(place.member, place.xy, window) > 0] > 0
