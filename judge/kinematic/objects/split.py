"""One outline that holds two bodies, told by its points: they move as two rigid pieces."""

import math

import numpy as np
from jaxtyping import Bool, Float64, UInt16

from lawful.judge.kinematic.groups import rigid_fit
from lawful.judge.kinematic.objects.carried import places_of
from lawful.judge.kinematic.objects.colours import Bins, colours_of, likeness
from lawful.judge.kinematic.objects.measure import measure, trimmed
from lawful.judge.kinematic.objects.member import Crop, Member
from lawful.judge.kinematic.tracker import Tracks

_BACK = (6, 12)
_LEAST_POINTS = 3
_LEAST_ALL = 7
_LEAST_MISS_PX, _MISS_OF_RADIUS = 2.0, 0.15
_APART = 0.6
_SORTED = 0.85
_LEAST_SHARE = 0.15
_MOST_ALIKE, _FILL = 0.5, 0.75


def parted(member: Member, tracks: Tracks, bins: Bins) -> tuple[Crop, Crop] | None:
    """What is seen of a body as two masks in its own crop, the larger first; None if it moves as one.

    Args:
        member: The body, with the points on it.
        tracks: All points.
        bins: The frame's colours.
    """
    if member.crop is None or len(member.track_ids) < _LEAST_ALL:
        return None
    mine = places_of(member.track_ids, tracks.ids)
    back = _BACK[member.age % len(_BACK)]
    start, end = tracks.history[mine, -1 - back], tracks.history[mine, -1]
    fits = rigid_fit(start, end)
    if fits is None or fits[1].sum() < _LEAST_ALL:
        return None
    one, two = fits[0] & fits[1], ~fits[0] & fits[1]
    if min(one.sum(), two.sum()) < _LEAST_POINTS or not _two(
        start.astype(np.float64), end.astype(np.float64), one, two, member.radius_px
    ):
        return None
    (x, y), (rows, columns) = member.corner, member.crop.shape
    local = bins[y : y + rows, x : x + columns]
    return _cut(member, local, end[one].astype(np.float64), end[two].astype(np.float64))


def _two(
    start: Float64[np.ndarray, "points 2"],
    end: Float64[np.ndarray, "points 2"],
    one: Bool[np.ndarray, " points"],
    two: Bool[np.ndarray, " points"],
    radius_px: float,
) -> bool:
    """True if two groups of points lie apart and go different ways, each as a whole."""
    middle_one, middle_two = np.median(end[one], axis=0), np.median(end[two], axis=0)
    if math.hypot(*(middle_one - middle_two)) < _APART * radius_px:
        return False
    known = one | two
    nearer_one = np.linalg.norm(end - middle_one, axis=1) < np.linalg.norm(end - middle_two, axis=1)
    if (nearer_one[known] == one[known]).mean() < _SORTED:
        return False
    gap_before = np.median(start[one], axis=0) - np.median(start[two], axis=0)
    miss = math.hypot(*(middle_one - middle_two - gap_before))
    shift = end[two] - start[two]
    spread = float(np.median(np.linalg.norm(shift - np.median(shift, axis=0), axis=1)))
    least = max(_LEAST_MISS_PX, _MISS_OF_RADIUS * radius_px)
    return miss >= least and spread < 0.5 * miss


def _cut(
    member: Member,
    bins: UInt16[np.ndarray, "rows columns"],
    one: Float64[np.ndarray, "some 2"],
    two: Float64[np.ndarray, "others 2"],
) -> tuple[Crop, Crop] | None:
    """Each pixel goes with the nearest point."""
    assert member.crop is not None
    rows, columns = np.nonzero(member.crop)
    pixels = np.stack([columns + member.corner[0], rows + member.corner[1]], axis=1).astype(np.float64)
    near = [np.linalg.norm(pixels[:, None] - points[None], axis=2).min(axis=1) for points in (one, two)]
    of_one = near[0] <= near[1]
    if not _LEAST_SHARE < of_one.mean() < 1 - _LEAST_SHARE:
        return None
    parts = [np.zeros_like(member.crop), np.zeros_like(member.crop)]
    for part, which in zip(parts, (of_one, ~of_one), strict=True):
        part[rows[which], columns[which]] = 255
    colours = [colours_of(bins[part > 0]) for part in parts]
    if likeness(colours[0], colours[1]) > _MOST_ALIKE or min(measure(part).fill for part in parts) < _FILL:
        return None
    return (parts[0], parts[1]) if of_one.mean() >= 0.5 else (parts[1], parts[0])


def shrink(member: Member, part: Crop) -> None:
    """Leave a body only a part of what was taken for it; changes the member."""
    cut = trimmed(part)
    assert cut is not None
    crop, x, y = cut
    found = measure(crop)
    member.corner = (member.corner[0] + x, member.corner[1] + y)
    member.crop, member.whole, member.seen_px = crop, crop, found.area_px
    member.full_px, member.centre = found.area_px, found.centre
    member.fill, member.axes_px, member.polar = found.fill, found.axes_px, None
