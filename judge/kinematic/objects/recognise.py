"""Bodies that came out from behind something a piece at a time and were first taken for new ones."""

import math

import numpy as np

from lawful.judge.kinematic.objects.colours import likeness
from lawful.judge.kinematic.objects.member import Member

_FIRST_AGE, _LAST_AGE = 2, 14
_LEAST_LIKE = 0.6
_SIZES = (0.3, 1.7)
_MOST_SD = 3.0


def recognised(members: list[Member]) -> list[Member]:
    """The bodies, with young ones that are hidden ones come back given the names of those; they are changed."""
    hidden = [member for member in members if member.sure and member.sight == "hidden"]
    young = [
        member
        for member in members
        if member.crop is not None and not member.plain and _FIRST_AGE <= member.age <= _LAST_AGE
    ]
    pairs = sorted(
        ((miss, old.id, new.id) for old in hidden for new in young if (miss := _miss(old, new)) is not None),
    )
    taken: set[int] = set()
    for _, old_id, new_id in pairs:
        if old_id in taken or new_id in taken:
            continue
        taken |= {old_id, new_id}
        old = next(member for member in hidden if member.id == old_id)
        new = next(member for member in young if member.id == new_id)
        _take_name(old, new)
        members = [member for member in members if member is not old]
    return sorted(members, key=lambda member: member.id)


def _miss(old: Member, new: Member) -> float | None:
    """How badly a young body fits a hidden one; None if it is another one."""
    if new.born_s <= old.seen_s or not _SIZES[0] < new.full_px / max(old.full_px, 1.0) < _SIZES[1]:
        return None
    # What has not been seen of it yet may lie on either side.
    away = max(0.0, math.dist(old.xy, new.xy) - old.radius_px)
    if away > _MOST_SD * max(old.sd_px, 1.0):
        return None
    like = likeness(old.colours, new.colours)
    if like < _LEAST_LIKE or float(np.dot(old.velocity, new.velocity)) < 0:
        return None
    return away / max(old.sd_px, 1.0) - 4 * math.log(like)


def _take_name(old: Member, new: Member) -> None:
    """Make a young body the hidden one, come back; it keeps what is seen of it."""
    new.id, new.sure, new.met = old.id, True, {}
    new.age = max(old.age, new.age)
    new.angle_rad += old.angle_rad
    new.polar_angle += old.angle_rad
    new.born_s, new.start, new.fresh = old.born_s, old.start, old.fresh
    new.way_px, new.far_px = new.way_px + old.way_px, max(new.far_px, old.far_px)
    new.full_px = max(new.full_px, old.full_px)
