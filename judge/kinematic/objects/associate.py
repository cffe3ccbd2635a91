"""Which of the bodies that were lost from view came back as which of the newcomers."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment

from lawful.judge.kinematic.objects.births import Newcomer
from lawful.judge.kinematic.objects.colours import likeness
from lawful.judge.kinematic.objects.member import Member, Vector

_NEVER = 1e6
_LEAST_LIKE = 0.55
_LIKE_FAR = 0.8
_SIZE_FAR = 1.6
_AREA_TIMES = 2.2
_MOST_COST = 4.0


def centre_of(newcomer: Newcomer) -> Vector:
    """Mean of its pixels' centres in the frame."""
    moments = cv2.moments(newcomer.mask, binaryImage=True)
    return np.array([moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]])


def matched(
    members: Sequence[Member], places: Sequence[Vector], found: Sequence[Newcomer], plain: Sequence[bool]
) -> dict[int, int]:
    """Pairs of places in `members` and `found` that are the same body.

    Args:
        members: Bodies of which nothing is seen where they are expected.
        places: Where they are expected, in the frame.
        found: Newcomers.
        plain: True for a body that left a place in plain view at this very step: it may be found anywhere, if it
            looks much the same.
    """
    if not members or not found:
        return {}
    cost = np.full((len(members), len(found)), _NEVER)
    for column, newcomer in enumerate(found):
        centre = centre_of(newcomer)
        for row, (member, place, jumped) in enumerate(zip(members, places, plain, strict=True)):
            cost[row, column] = _cost(member, place, newcomer, centre, jumped)
    rows, columns = linear_sum_assignment(cost)
    return {
        int(row): int(column) for row, column in zip(rows, columns, strict=True) if cost[row, column] < _NEVER
    }


def _cost(member: Member, place: Vector, newcomer: Newcomer, centre: Vector, jumped: bool) -> float:
    like = likeness(member.colours, newcomer.colours)
    times = newcomer.area_px / max(member.full_px, 1.0)
    if like < _LEAST_LIKE or times > _AREA_TIMES:
        return _NEVER
    away = math.hypot(*(centre - place))
    # Of a body that comes out from behind something only the rim is seen at first.
    far = max(0.0, away - member.radius_px) / max(3 * member.sd_px, 3.0)
    looks = -4 * np.log(max(like, 1e-3))
    size = abs(np.log(max(times, 1e-3))) if times > 1 else 0.0
    if far <= 1:
        return far + looks + size
    if jumped and like >= _LIKE_FAR and 1 / _SIZE_FAR <= times <= _SIZE_FAR:
        return _MOST_COST + looks + size
    return _NEVER
