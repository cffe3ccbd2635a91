"""Which of the things that differ from the scene are bodies for sure, and which are let go."""

import math
from collections.abc import Sequence

import numpy as np

from lawful.judge.kinematic.objects.contrast import outline_contrast
from lawful.judge.kinematic.objects.member import Member
from lawful.judge.kinematic.objects.now import Now
from lawful.judge.kinematic.objects.plate import Mask, Plate, put_back

DOUBT_S = 0.5
"""For how long something may stay in doubt."""
LOOKS_AGAIN = 3
"""Frames after which what holds for long is looked at again."""
_MOVED_PX, _MOVED_OF_RADIUS = 1.5, 0.12
_DOUBT_MOVING = 2.5
_STRAIGHT = 0.6
_PLAIN_AGE = 2
_FRESH = 0.3
_LEAST_APART, _LEAST_APART_NEAR = 0.5, 1.2
_GHOST, _GHOST_FAR, _GHOST_LEVELS = 0.9, 0.5, 3.0
# Chosen on lawful clips of the split `train`: of flaws of the picture hardly one in three has two points on it.
_CLEAR, _LATE_AGE, _LATE_TIMES = 2.2, 6, 2.5
_SMALL_PX, _LEAST_AFTER_LEAP = 150, 3


def decide(
    members: Sequence[Member], plate: Plate, now: Now, settled: list[int], still: bool
) -> list[Member]:
    """Bodies become sure once they moved, or stood out plainly for long enough; others are let go.

    Args:
        members: All bodies; those that become sure are changed.
        plate: Takes what is let go; changed in place.
        now: The frame.
        settled: Takes the ids of those that lie still and look like the scene, and are part of it now.
        still: True if the camera stands still.

    Returns:
        The bodies that are kept.
    """
    kept = []
    for member in members:
        if not member.sure:
            moved = math.hypot(*(member.at - member.start))
            enough = max(_MOVED_PX, _MOVED_OF_RADIUS * member.radius_px) * (1 if still else _DOUBT_MOVING)
            if member.crop is None or now.time_s - member.born_s > DOUBT_S:
                if member.crop is not None:
                    put_back(plate, now.seen.lit, _mask_of(member, now.seen.differs.shape))
                continue
            straight = moved >= _STRAIGHT * member.way_px and not _is_scene(member, now, not member.slow)
            told = moved > enough and straight
            if told and not _stands_out(member, now):
                told = member.age >= _LATE_AGE and moved > _LATE_TIMES * enough
            if member.age >= 1 and (
                told or ((member.plain or member.fresh > _FRESH) and member.age >= _PLAIN_AGE)
            ):
                member.sure = True
        elif (
            member.crop is not None
            and member.age % LOOKS_AGAIN == 0
            and member.slow
            and _is_scene(member, now, member.far_px > member.radius_px + 2)
        ):
            # It looks like the scene and lies still like the scene.
            settled.append(member.id)
            put_back(plate, now.seen.lit, _mask_of(member, now.seen.differs.shape))
            continue
        kept.append(member)
    return kept


def _stands_out(member: Member, now: Now) -> bool:
    """True if a body can hardly be a flaw of the picture: points lie on it, and its outline is clear."""
    points = len(member.track_ids)
    if points < (2 if member.full_px > _SMALL_PX else 1):
        return False
    leaps = math.dist(member.at, member.start) > member.radius_px
    if leaps and points < _LEAST_AFTER_LEAP and member.age < 2:
        return False
    return outline_contrast(member, now.seen.lit) > _CLEAR * now.seen.levels


def _is_scene(member: Member, now: Now, travels: bool) -> bool:
    """True if a body looks like the scene: like its surroundings, or with an outline that only the plate has.

    Args:
        member: The body, of which something is seen.
        now: The frame.
        travels: True for one that moves or has come far, for which more is wanted.
    """
    if member.apart < (_LEAST_APART if travels else _LEAST_APART_NEAR):
        return True
    here, before = outline_contrast(member, now.seen.lit), outline_contrast(member, now.seen.plate)
    return here < (_GHOST_FAR if travels else _GHOST) * before + _GHOST_LEVELS


def _mask_of(member: Member, shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    if member.crop is not None:
        (x, y), (rows, columns) = member.corner, member.crop.shape
        mask[y : y + rows, x : x + columns] = member.crop
    return mask
