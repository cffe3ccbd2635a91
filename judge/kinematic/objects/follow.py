"""A body from one frame to the next: where it is expected, what is learnt of it where it is seen."""

import math

import cv2
import numpy as np

from lawful.judge.kinematic.camera import Transform, inverse
from lawful.judge.kinematic.middle import middle
from lawful.judge.kinematic.objects.anchor import apply
from lawful.judge.kinematic.objects.carried import places_of
from lawful.judge.kinematic.objects.claim import Place
from lawful.judge.kinematic.objects.colours import colours_of, mean_and_spread
from lawful.judge.kinematic.objects.measure import measure, trimmed
from lawful.judge.kinematic.objects.member import Member, Part, Vector
from lawful.judge.kinematic.objects.now import Now
from lawful.judge.kinematic.objects.plate import Mask
from lawful.judge.kinematic.objects.turn import turn
from lawful.judge.kinematic.tracker import TrackStep

_LEAST_POINTS = 3
_POINT_PX, _POINT_OF_RADIUS = 0.8, 0.05
_AGREE, _ALL_AGREE = 0.6, 0.25
_SD_POINTS_PX, _SD_PX, _SD_OF_STEP = 0.8, 1.2, 0.3
_WHOLE, _PART = 0.82, 0.04
_LEAST_SEEN_PX = 4
_LEARNS, _LEARNS_SIZE, _SHRINKS = 0.12, 0.3, 0.01
_FOLLOWS, _FOLLOWS_PARTLY = 0.6, 0.12
_EDGE_PX = 1
_SAME_SIZE, _SAME_FRAMES = 0.1, 4
_FREE_FOR_S, _USUAL, _USUAL_RATE = 0.8, 0.96, 0.06
_DRIFT_OF_SPEED, _DRIFT_PX_S = 0.35, 6.0
_COMPLEX = np.array([1.0, 1.0j])


def expect(member: Member, step: TrackStep, back: Transform, time_s: float, step_s: float) -> Place:
    """Where a body should be in the next frame: by the points on it, or going on as it did."""
    glided = member.at + member.velocity * step_s
    aim = apply(back, glided[None])[0]
    if member.sight in ("hidden", "outside"):
        return Place(member, aim, member.sd_px)
    by_points = _with_points(member, step)
    if by_points is not None:
        return Place(member, by_points, _SD_POINTS_PX)
    stride = math.hypot(*(aim - member.xy))
    doubt = 0.5 * member.radius_px if member.age < 2 else 0.0
    return Place(member, aim, _SD_PX + _SD_OF_STEP * stride + doubt)


def _with_points(member: Member, step: TrackStep) -> Vector | None:
    """Where the centre goes with the points, which turn, grow and shift together; None if they do not agree."""
    mine = places_of(member.track_ids, step.ids)
    mine = mine[step.ok[mine]]
    if len(mine) < _LEAST_POINTS:
        return None
    start = step.start[mine].astype(np.float64) @ _COMPLEX - complex(*member.xy)
    shift = step.end[mine].astype(np.float64) @ _COMPLEX - complex(*member.xy) - start
    miss = np.abs(shift - complex(middle(shift.real), middle(shift.imag)))
    tolerance = _POINT_PX + _POINT_OF_RADIUS * member.radius_px
    factor, middle_start, middle_shift = 0j, 0j, 0j
    for _ in range(4):
        weight = 1 / (1 + (miss / tolerance) ** 2)
        weight /= weight.sum()
        middle_start, middle_shift = weight @ start, weight @ shift
        away = start - middle_start
        spread = max(float(weight @ np.abs(away) ** 2), (0.2 * member.radius_px) ** 2)
        factor = (weight * away.conj()) @ (shift - middle_shift) / spread
        miss = np.abs(shift - middle_shift - factor * away)
        if miss.max() < _ALL_AGREE * tolerance:
            break
    if (miss < 2 * tolerance).mean() < _AGREE:
        return None
    moved = complex(middle_shift - factor * middle_start)
    if abs(moved - complex(middle_shift)) > 0.6 * member.radius_px:
        moved = complex(middle_shift)
    return member.xy + np.array([moved.real, moved.imag])


def begin(number: int, mask: Mask, now: Now) -> Member:
    """A body that is seen for the first time."""
    cut = trimmed(mask)
    assert cut is not None
    crop, x, y = cut
    found = measure(crop)
    xy = found.centre + np.array([x, y])
    at = apply(inverse(now.back), xy[None])[0]
    area = (slice(y, y + crop.shape[0]), slice(x, x + crop.shape[1]))
    colours = colours_of(now.bins[area][crop > 0])
    member = Member(number, xy, at, np.zeros(2), 0.5, crop, found.centre, found.area_px, colours)
    member.crop, member.corner, member.seen_px = crop, (x, y), found.area_px
    member.fill, member.axes_px = found.fill, found.axes_px
    member.rgb, member.spread_rgb = mean_and_spread(now.seen.lit[area], crop)
    member.seen_s = member.born_s = now.time_s
    member.start = at.copy()
    turn(member, now.seen.lit, mask, now.step_s)
    return member


def extend(member: Member, part: Mask, now: Now) -> None:
    """Give a body a part that was not known to be of it; changes the member."""
    assert member.crop is not None
    mask = part.copy()
    (x, y), (rows, columns) = member.corner, member.crop.shape
    np.maximum(mask[y : y + rows, x : x + columns], member.crop, out=mask[y : y + rows, x : x + columns])
    # Pieces that meet across a gap of a pixel or two are closed.
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    whole = begin(member.id, mask, now)
    shift = whole.at - member.at
    member.start = member.start + shift
    member.xy, member.at, member.whole, member.centre = whole.xy, whole.at, whole.whole, whole.centre
    member.full_px, member.colours = whole.full_px, whole.colours
    member.crop, member.corner, member.seen_px = whole.crop, whole.corner, whole.seen_px
    member.fill, member.axes_px = whole.fill, whole.axes_px
    member.rgb, member.spread_rgb = whole.rgb, whole.spread_rgb
    member.polar, member.polar_angle = whole.polar, member.angle_rad


def take_in(member: Member, place: Place, mask: Mask, claimed: Mask, now: Now) -> bool:
    """Learn from what is seen of a body; False, and nothing is learnt, if that is too little.

    Args:
        member: Changed in place.
        place: Where the whole body was found.
        mask: What is seen of it, 255, in the whole frame.
        claimed: Not 0 on all bodies.
        now: The frame.
    """
    cut = trimmed(mask)
    if cut is None:
        return False
    crop, x, y = cut
    found = measure(crop)
    if found.area_px < max(_LEAST_SEEN_PX, _PART * member.full_px):
        return False
    rows, columns = mask.shape
    at_edge = (
        min(x, y) < _EDGE_PX or x + crop.shape[1] > columns - _EDGE_PX or y + crop.shape[0] > rows - _EDGE_PX
    )
    area = (slice(y, y + crop.shape[0]), slice(x, x + crop.shape[1]))
    centre = found.centre + np.array([x, y])
    whole = not at_edge and (
        found.area_px >= _WHOLE * member.full_px or _keeps_its_size(member, found.area_px, centre, now)
    )
    member.part = None if whole or at_edge else member.part
    xy = centre if whole else place.xy
    member.sight = "seen" if whole else "partly"
    share = min(1.0, found.area_px / max(member.full_px, 1.0))
    member.sd_px = 0.35 if whole else 0.5 + 0.5 * member.radius_px * (1 - share)
    if whole:
        rate = _LEARNS_SIZE if member.age > 1 else 0.7
        rate = rate if found.area_px >= _WHOLE * member.full_px else 1.0
        member.full_px += rate * (found.area_px - member.full_px)
        member.whole, member.centre = crop, found.centre
    elif not at_edge:
        # What stays small for long is small.
        member.full_px += _SHRINKS * (found.area_px - member.full_px)
    if whole and not _crowded(mask, claimed, (x, y), crop.shape):
        rate = max(_LEARNS, 1 / (member.age + 2))
        member.colours += np.float32(rate) * (colours_of(now.bins[area][crop > 0]) - member.colours)
    member.crop, member.corner, member.seen_px = crop, (x, y), found.area_px
    member.fill, member.axes_px = found.fill, found.axes_px
    member.rgb, member.spread_rgb = mean_and_spread(now.seen.lit[area], crop)
    _move(member, xy, now)
    if whole:
        member.usual_px += (_USUAL_RATE if member.age > 1 else 1.0) * (found.area_px - member.usual_px)
        if found.area_px > _USUAL * member.usual_px:
            member.free, member.free_s = member.velocity.copy(), now.time_s
    member.seen_s = now.time_s
    member.age += 1
    if whole:
        turn(member, now.seen.lit, mask, now.step_s)
    else:
        member.angle_rad += member.spin_rad_s * now.step_s
        member.polar = None
    return True


def _keeps_its_size(member: Member, area_px: float, centre: Vector, now: Now) -> bool:
    """True if what seemed to be a part has moved on by half a radius without a change of size: so it is all there is.

    What is behind something shows more or less of itself as it moves. A body that was taken for larger at first, with
    a neighbour or the place that it left, would else be seen partly for ever.
    """
    at = apply(inverse(now.back), centre[None])[0]
    part = member.part
    if part is None or abs(area_px / part.area_px - 1) > _SAME_SIZE:
        member.part = Part(area_px, at)
        return False
    part.frames += 1
    part.area_px += _LEARNS_SIZE * (area_px - part.area_px)
    return part.frames >= _SAME_FRAMES and math.dist(at, part.start) > 0.5 * math.sqrt(area_px / math.pi)


def carry_on(member: Member, time_s: float, step_s: float, back: Transform) -> None:
    """Take a body that is not seen along its way; less and less is known of where it is."""
    if member.sight in ("seen", "partly"):
        member.polar = None
        if time_s - member.free_s < _FREE_FOR_S:
            # What is half hidden seems to stay behind.
            member.velocity = member.free.copy()
    member.at = member.at + member.velocity * step_s
    member.xy = apply(back, member.at[None])[0]
    speed = math.hypot(*member.velocity)
    member.sd_px += step_s * (_DRIFT_OF_SPEED * speed + _DRIFT_PX_S)
    member.angle_rad += member.spin_rad_s * step_s


def _move(member: Member, xy: Vector, now: Now) -> None:
    at = apply(inverse(now.back), xy[None])[0]
    since = now.time_s - member.seen_s
    if since > 0:
        velocity = (at - member.at) / now.step_s
        if since > 1.5 * now.step_s:
            # It was out of view: the way that was made up in between does not count.
            velocity = member.velocity
        rate = _FOLLOWS if member.age > 1 else 1.0
        if member.sight != "seen":
            rate = _FOLLOWS_PARTLY
        member.velocity = member.velocity + rate * (velocity - member.velocity)
    member.way_px += math.hypot(*(at - member.at))
    member.far_px = max(member.far_px, math.hypot(*(at - member.start)))
    member.xy, member.at = xy, at


def _crowded(mask: Mask, claimed: Mask, corner: tuple[int, int], size: tuple[int, ...]) -> bool:
    """True if another body touches this one."""
    x, y = max(0, corner[0] - 2), max(0, corner[1] - 2)
    area = (slice(y, corner[1] + size[0] + 2), slice(x, corner[0] + size[1] + 2))
    near = cv2.dilate(mask[area], np.ones((5, 5), np.uint8))
    return bool(((near > 0) & (claimed[area] > 0) & (mask[area] == 0)).any())
