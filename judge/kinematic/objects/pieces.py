"""Pieces that belong together: of one body that was found piece by piece."""

import math

import cv2
import numpy as np

from lawful.judge.kinematic.objects.colours import likeness
from lawful.judge.kinematic.objects.member import Member

_TOGETHER = 0.15
_YOUNG, _YOUNG_FILL, _ALIKE = 6, 0.75, 0.3
_SMALL, _SMALL_FILL = 0.35, 0.82
_DECIDED_AGE, _WATCHED_AGE = 4, 20
_NEAR_PX = 2
_WITHIN_AGE, _WITHIN, _WITHIN_SHARE, _ALONG = 3, 1.15, 0.35, 0.6
_TRAVEL_PX = 1.0


def adjoin(one: Member, two: Member) -> bool:
    """True if what is seen of two bodies meets, or nearly."""
    if one.crop is None or two.crop is None:
        return False
    x = max(one.corner[0], two.corner[0]) - _NEAR_PX
    y = max(one.corner[1], two.corner[1]) - _NEAR_PX
    right = min(one.corner[0] + one.crop.shape[1], two.corner[0] + two.crop.shape[1]) + _NEAR_PX
    low = min(one.corner[1] + one.crop.shape[0], two.corner[1] + two.crop.shape[0]) + _NEAR_PX
    if right <= x or low <= y:
        return False
    parts = []
    for member in (one, two):
        assert member.crop is not None
        part = np.zeros((low - y, right - x), np.uint8)
        left, top = member.corner[0] - x, member.corner[1] - y
        rows, columns = member.crop.shape
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(part.shape[1], left + columns), min(part.shape[0], top + rows)
        if x1 > x0 and y1 > y0:
            part[y0:y1, x0:x1] = member.crop[y0 - top : y1 - top, x0 - left : x1 - left]
        parts.append(part)
    near = cv2.dilate(parts[0], np.ones((2 * _NEAR_PX + 1, 2 * _NEAR_PX + 1), np.uint8))
    return bool(cv2.bitwise_and(near, parts[1]).any())


def belongs(part: Member, members: list[Member]) -> Member | None:
    """The body of which something new is a part; None if it is a body of its own.

    A part makes a body rounder: a young body, which is not wholly known, takes what makes it a compact whole; an
    old one only what is small.
    """
    best: tuple[float, Member] | None = None
    for member in members:
        if member.crop is None or not adjoin(member, part):
            continue
        share = part.full_px / max(member.full_px, 1.0)
        fill = _joint_fill(member, part)
        alike = likeness(member.colours, part.colours) >= _ALIKE
        young = member.age <= _YOUNG and fill >= _YOUNG_FILL and alike
        small = share <= _SMALL and fill >= _SMALL_FILL
        if (young or small) and (best is None or fill > best[0]):
            best = (fill, member)
    return None if best is None else best[1]


def _joint_fill(one: Member, two: Member) -> float:
    """Area of two masks together over that of their common hull."""
    points = []
    for member in (one, two):
        assert member.crop is not None
        outlines, _ = cv2.findContours(member.crop, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        points.append(np.concatenate(outlines).reshape(-1, 2) + np.array(member.corner))
    hull = cv2.convexHull(np.concatenate(points).astype(np.int32))
    return (one.seen_px + two.seen_px) / (cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1)


def _within(part: Member, whole: Member) -> bool:
    """True if something small that was seen first of late lies on a larger body and goes along with it."""
    if not _WITHIN_AGE <= part.age <= _WATCHED_AGE or part.full_px > _WITHIN_SHARE * whole.full_px:
        return False
    if math.hypot(*(part.xy - whole.xy)) > _WITHIN * whole.radius_px or whole.age < part.age:
        return False
    differs = math.hypot(*(part.velocity - whole.velocity))
    return differs < _ALONG * math.hypot(*whole.velocity) and adjoin(whole, part)


def unite(members: list[Member]) -> list[Member]:
    """The bodies, those that have been one with an older one ever since they were seen given back to it.

    A part of a body stays beside the rest and at the same distance, however it turns and whatever it meets.
    """
    by_id = {member.id: member for member in members}
    merged: set[int] = set()
    for member in members:
        if any(_within(member, other) for other in members if other is not member and other.id not in merged):
            merged.add(member.id)
            continue
        for other_id, distance in list(member.met.items()):
            other = by_id.get(other_id)
            now = math.hypot(*(other.xy - member.xy)) if other is not None else np.inf
            apart = other is None or other_id in merged or not adjoin(other, member)
            changed = abs(now - distance) > 1.0 + _TOGETHER * distance
            if apart or changed or member.age > _WATCHED_AGE:
                del member.met[other_id]
                continue
            travel = math.hypot(*(member.at - member.start))
            if member.age >= _DECIDED_AGE and travel > _TRAVEL_PX + 0.15 * member.radius_px:
                merged.add(member.id)
                break
    return [member for member in members if member.id not in merged]
