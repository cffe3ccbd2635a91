"""One frame of a shot after the other: bodies with identity, and what they may touch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Bool, Int64

from lawful.judge.kinematic.bodies import Glimpse
from lawful.judge.kinematic.camera import CameraStep, inverse, is_identity
from lawful.judge.kinematic.objects.anchor import Anchor, advance_anchor, apply, remember
from lawful.judge.kinematic.objects.associate import centre_of, matched
from lawful.judge.kinematic.objects.births import Left, Newcomer, newcomers
from lawful.judge.kinematic.objects.carried import places_of
from lawful.judge.kinematic.objects.claim import (
    Local,
    Place,
    claim,
    expected_mask,
    fits,
    located,
)
from lawful.judge.kinematic.objects.colours import colour_bins, colours_of
from lawful.judge.kinematic.objects.follow import begin, carry_on, expect, extend, take_in
from lawful.judge.kinematic.objects.member import Member, Vector
from lawful.judge.kinematic.objects.now import Now
from lawful.judge.kinematic.objects.pieces import adjoin, belongs, unite
from lawful.judge.kinematic.objects.plate import (
    Foreground,
    Mask,
    Plate,
    foreground,
    move_plate,
    open_plate,
    put_back,
    update_plate,
)
from lawful.judge.kinematic.objects.recognise import recognised
from lawful.judge.kinematic.objects.sight import forgotten, left_plainly, lost_in_glare, sight_unseen
from lawful.judge.kinematic.objects.split import parted, shrink
from lawful.judge.kinematic.objects.sure import DOUBT_S, LOOKS_AGAIN, decide
from lawful.judge.kinematic.objects.tell import glimpse
from lawful.judge.kinematic.objects.touches import steepness_of
from lawful.judge.kinematic.tracker import Tracks, TrackStep
from lawful.judge.kinematic.window import Change, Picture

MOST_BODIES = 16
"""Bodies that are followed at once, at most."""
_LARGEST_SHARE = 0.4
_PATIENCE = 3
_REACH_PX = 3.0
_LIKE_LEFT_PX = 4.0
_MOST_BURNT = 0.3
_ROUGHER, _ROUGHER_LEVELS, _LEVELS_RATE = 0.4, 8.0, 0.1
_EDGE_PX, _EDGE_MOVING_PX = 2, 8
_PLAIN_APART = 1.0
_APART_RATE = 0.2
_LEAST_AGE, _SETTLED_AGE = 5, 12


@dataclass
class ObjectsState:
    """What is remembered of a shot; bounded in its length."""

    plate: Plate | None = None
    """The still scene; None before the first frame."""
    anchor: Anchor = field(default_factory=Anchor)
    """Where the camera is."""
    members: list[Member] = field(default_factory=list)
    """The bodies, by id."""
    next_id: int = 0
    """Id of the next body: ids are unique within the clip."""
    steepness: float = math.nan
    """How steep the plate's own texture is, renewed now and then; NaN where not known."""
    levels: float = math.nan
    """Difference from which on a pixel differs from the plate, as it usually is; NaN before the second frame."""
    unreadable: int = 0
    """Frames in a row of which nothing could be made."""


def open_objects(next_id: int = 0) -> ObjectsState:
    """Before the first frame of a shot.

    Args:
        next_id: Id of the first body.
    """
    return ObjectsState(next_id=next_id)


def push_objects(
    state: ObjectsState,
    picture: Picture,
    time_s: float,
    step_s: float,
    tracks: Tracks,
    step: TrackStep | None,
    camera: CameraStep | None,
    change: Change | None,
    reliable: bool = True,
) -> Glimpse:
    """Take one frame in; changes the state.

    Args:
        state: Changed in place.
        picture: The frame at the size at which motion is looked at.
        time_s: Its time.
        step_s: Time since the frame before; NaN for the first of a shot.
        tracks: The points in the frame, new ones too.
        step: What became of those of the frame before; None for the first of a shot.
        camera: The camera's motion since then; None for the first of a shot.
        change: Levels by which it differs from the frame before (`change_between`); None for the first of a shot.
        reliable: False where most of the picture changed at once.

    Returns:
        The bodies that are sure, and what they may touch.
    """
    height, width = picture.shape[:2]
    if state.plate is None or camera is None or step is None or change is None:
        state.plate = open_plate(picture)
        remember(state.anchor, tracks, np.zeros(len(tracks.ids), bool))
        return glimpse(state.members, state.anchor.to_shot, picture, 1.0, time_s, step_s, True, True, [])
    on_bodies = _on_bodies(state, step.ids)
    found = Tracks(step.ids[step.ok], step.end[step.ok][:, None], step.clear[step.ok], tracks.next_id)
    moved = advance_anchor(state.anchor, found, camera, on_bodies[step.ok], picture, state.plate)
    move_plate(state.plate, moved)
    still = is_identity(moved)
    back = inverse(state.anchor.to_shot)
    places = [expect(member, step, back, time_s, step_s) for member in state.members]
    shown = [
        (m, p.xy) for m, p in zip(state.members, places, strict=True) if m.sight not in ("hidden", "outside")
    ]
    expected = expected_mask([m for m, _ in shown], [xy for _, xy in shown], (height, width), 1)
    seen = foreground(state.plate, picture, expected)
    readable = seen.share < _LARGEST_SHARE and cv2.countNonZero(seen.burns) < _MOST_BURNT * seen.burns.size
    if math.isnan(state.steepness) or time_s // DOUBT_S != (time_s - step_s) // DOUBT_S:
        state.steepness = steepness_of(seen.plate)
    settled: list[int] = []
    if not readable:
        _wait(state, places, picture)
        covered = _on_bodies(state, tracks.ids)
    else:
        state.unreadable = 0
        now = Now(picture, time_s, step_s, seen, colour_bins(seen.lit), change, back)
        settled = _look(state, now, places, expected, still)
        covered = _points_on(state.members, tracks)
        if _part(state, now, tracks):
            covered = _points_on(state.members, tracks)
    remember(state.anchor, tracks, covered)
    clear = _is_clear(state, places, seen, time_s)
    return glimpse(
        state.members,
        state.anchor.to_shot,
        seen.plate,
        state.steepness,
        time_s,
        step_s,
        still,
        readable and (reliable or seen.share < _LARGEST_SHARE / 2) and clear,
        settled,
    )


def _is_clear(state: ObjectsState, places: Sequence[Place], seen: Foreground, time_s: float) -> bool:
    """True if no body is lost in glare, and the scene lies as well on the plate as it usually does: it renews that."""
    usual = seen.levels if math.isnan(state.levels) else state.levels
    state.levels = usual + _LEVELS_RATE * (seen.levels - usual)
    if seen.levels - usual > max(_ROUGHER * usual, _ROUGHER_LEVELS):
        return False
    return not seen.burns.any() or not any(lost_in_glare(place, seen.burns, time_s) for place in places)


def _part(state: ObjectsState, now: Now, tracks: Tracks) -> bool:
    """Make two of bodies that turn out to be two; True if there was one."""
    known = len(state.members)
    for member in list(state.members):
        if len(state.members) >= MOST_BODIES:
            break
        if member.age % LOOKS_AGAIN:
            continue
        parts = parted(member, tracks, now.bins)
        if parts is None or member.crop is None:
            continue
        mask = np.zeros(now.seen.differs.shape, np.uint8)
        (x, y), (rows, columns) = member.corner, member.crop.shape
        mask[y : y + rows, x : x + columns] = parts[1]
        other = begin(state.next_id, mask, now)
        other.sure, other.velocity = member.sure, member.velocity.copy()
        state.next_id += 1
        state.members.append(other)
        shrink(member, parts[0])
        member.xy = member.centre + np.array(member.corner, float)
        member.at = apply(inverse(now.back), member.xy[None])[0]
        (x, y), (rows, columns) = member.corner, member.crop.shape
        member.colours = colours_of(now.bins[y : y + rows, x : x + columns][member.crop > 0])
    return len(state.members) > known


def _look(state: ObjectsState, now: Now, places: list[Place], expected: Mask, still: bool) -> list[int]:
    """Find the known bodies, then new ones; learn the plate. Gives the ids of those that are part of it now."""
    plate = state.plate
    assert plate is not None
    shape = plate.known.shape
    masks = _claimed(state, now, places, expected)
    claimed = np.zeros(shape, np.uint8)
    for mask in masks:
        if mask is not None:
            claimed = cv2.max(claimed, mask)
    found, left, rest = newcomers(now.seen, now.bins, claimed)
    for member, place, mask in zip(state.members, places, masks, strict=True):
        if mask is not None and not take_in(member, place, mask, claimed, now):
            mask = None
        if mask is None:
            member.crop, member.seen_px = None, 0.0
    _rejoin(state, now, places, found)
    settled: list[int] = []
    for newcomer in found:
        _begin(state, now, newcomer, left, still)
    for place in left:
        put_back(plate, now.seen.lit, cv2.dilate(place.mask, np.ones((5, 5), np.uint8)))
    state.members = decide(state.members, plate, now, settled, still)
    state.members = recognised(unite(state.members))
    state.members = [member for member in state.members if not forgotten(member, now.time_s)]
    bodies = _body_mask(state, shape)
    doubtful = cv2.dilate(rest, np.ones((3, 3), np.uint8))
    # Nothing stays in doubt for ever: what never becomes a body becomes scene.
    if now.time_s // DOUBT_S != (now.time_s - now.step_s) // DOUBT_S:
        doubtful = np.zeros_like(doubtful)
    update_plate(plate, now.seen, bodies, doubtful, still)
    return settled


def _claimed(state: ObjectsState, now: Now, places: list[Place], expected: Mask) -> list[Mask | None]:
    assert state.plate is not None
    locals_: list[Local | None] = []
    for place in places:
        member = place.member
        if member.sight in ("hidden", "outside"):
            locals_.append(None)
            continue
        margin = _REACH_PX + 0.5 * member.radius_px + 2 * place.sd_px
        local = fits(place, now.seen, now.bins, state.plate.known, expected, now.change, margin)
        if local is not None:
            place.xy = located(place, local, member.sight != "seen")
        locals_.append(local)
    masks = claim(places, locals_, state.plate.known.shape)
    for place, local, mask in zip(places, locals_, masks, strict=True):
        if local is not None and mask is not None:
            odds = float(local.odds[mask[local.rows, local.columns] > 0].mean())
            place.member.apart += _APART_RATE * (odds - place.member.apart)
    return masks


def _rejoin(state: ObjectsState, now: Now, places: list[Place], found: list[Newcomer]) -> None:
    """Bodies of which nothing is seen where they were expected: come back, hidden, outside or gone."""
    shape = now.seen.differs.shape
    lost = [
        (member, place)
        for member, place in zip(state.members, places, strict=True)
        if member.crop is None and member.sure
    ]
    jumped = [left_plainly(member, place, state.members, now.seen) for member, place in lost]
    pairs = matched([m for m, _ in lost], [p.xy for _, p in lost], found, jumped)
    used = set(pairs.values())
    gone: list[int] = []
    fleeting: list[int] = []
    for row, (member, place) in enumerate(lost):
        if row in pairs:
            newcomer = found[pairs[row]]
            aim = centre_of(newcomer)
            near = math.hypot(*(aim - place.xy)) < member.radius_px + place.sd_px
            whole = newcomer.area_px > 0.7 * member.full_px
            spot = Place(member, aim if whole or not near else _rim(member, place, newcomer), 2.0)
            take_in(member, spot, newcomer.mask, newcomer.mask, now)
        elif jumped[row]:
            gone.append(member.id)
        elif member.age < _LEAST_AGE or (member.age < _SETTLED_AGE and member.far_px < member.radius_px):
            fleeting.append(member.id)
        else:
            carry_on(member, now.time_s, now.step_s, now.back)
            member.sight = sight_unseen(member, shape)
    for member in state.members:
        if member.crop is None and not member.sure:
            member.sight = "hidden"
    found[:] = [newcomer for k, newcomer in enumerate(found) if k not in used]
    state.members = [member for member in state.members if member.id not in (*gone, *fleeting)]


def _rim(member: Member, place: Place, newcomer: Newcomer) -> Vector:
    """Where the centre is when only a part is seen: the outline covers the part, as near to the expected as can be."""
    window = (slice(0, newcomer.mask.shape[0]), slice(0, newcomer.mask.shape[1]))
    fit = np.where(newcomer.mask > 0, np.float32(2), np.float32(-0.1))
    near = Place(member, place.xy.copy(), max(place.sd_px, 0.5 * member.radius_px))
    return located(near, Local(*window, fit, fit), True)


def _begin(state: ObjectsState, now: Now, newcomer: Newcomer, left: list[Left], still: bool) -> None:
    """A new body, not sure yet."""
    if len(state.members) >= MOST_BODIES:
        return
    member = begin(state.next_id, newcomer.mask, now)
    if (part_of := belongs(member, state.members)) is not None:
        extend(part_of, newcomer.mask, now)
        return
    state.next_id += 1
    centre = centre_of(newcomer)
    near = [
        p for p in left if math.hypot(*(np.array(p.centre) - centre)) < 6 * member.radius_px + _LIKE_LEFT_PX
    ]
    crowded = any(
        other.crop is not None
        and math.hypot(*(other.xy - member.xy)) < 1.3 * (other.radius_px + member.radius_px) + 2
        for other in state.members
    )
    x, y, width, height = cv2.boundingRect(newcomer.mask)
    rows, columns = newcomer.mask.shape
    at_edge = min(x, y, columns - x - width, rows - y - height) <= (_EDGE_PX if still else _EDGE_MOVING_PX)
    member.met = {
        other.id: math.hypot(*(other.xy - member.xy)) for other in state.members if adjoin(other, member)
    }
    member.plain = (
        not near and not crowded and not at_edge and newcomer.differs > 0.75 and newcomer.apart > _PLAIN_APART
    )
    member.fresh = _freshness(
        state, member, newcomer, left, min(x, y, columns - x - width, rows - y - height)
    )
    state.members.append(member)


def _freshness(
    state: ObjectsState, member: Member, newcomer: Newcomer, left: list[Left], edge_px: int
) -> float:
    """How plainly a new body came out of nothing: whole, at no edge, from no place left near by, and from behind none."""
    radius = max(member.radius_px, 1.0)
    away = [math.dist(place.centre, centre_of(newcomer)) / radius for place in left]
    rooms = [
        math.dist(other.xy, member.xy) / (other.radius_px + radius)
        for other in state.members
        if other.crop is not None
    ]
    return min(
        (newcomer.differs - 0.5) / 0.3,
        (newcomer.apart - 0.6) / 1.0,
        (min(away, default=9.0) - 2.0) / 2.0,
        (min(rooms, default=9.0) - 1.05) / 0.3,
        (edge_px - _EDGE_PX) / (0.5 * radius),
    )


def _wait(state: ObjectsState, places: list[Place], picture: Picture) -> None:
    """Nothing can be made of this frame: bodies go on with the points on them, or as they did; a scene that stays so is a new plate."""
    assert state.plate is not None
    state.unreadable += 1
    for place in places:
        if np.isfinite(place.xy).all():
            place.member.xy = place.xy
            place.member.at = apply(state.anchor.to_shot, place.xy[None])[0]
        place.member.sd_px += 1.0
    if state.unreadable > _PATIENCE:
        state.plate = open_plate(picture)
        state.unreadable = 0


def _on_bodies(state: ObjectsState, ids: Int64[np.ndarray, " points"]) -> Bool[np.ndarray, " points"]:
    """Which points are known to be of bodies."""
    on_any = np.zeros(len(ids), bool)
    for member in state.members:
        on_any[places_of(member.track_ids, ids)] = True
    return on_any


def _points_on(members: list[Member], tracks: Tracks) -> Bool[np.ndarray, " points"]:
    """Which points lie on bodies; each body learns its own."""
    places = np.rint(tracks.newest).astype(int)
    on_any = np.zeros(len(places), bool)
    for member in members:
        if member.crop is None:
            member.track_ids = ()
            continue
        rows, columns = member.crop.shape
        x, y = places[:, 0] - member.corner[0], places[:, 1] - member.corner[1]
        inside = (x >= 0) & (y >= 0) & (x < columns) & (y < rows)
        inside[inside] = member.crop[y[inside], x[inside]] > 0
        member.track_ids = tuple(tracks.ids[inside].tolist())
        on_any |= inside
    return on_any


def _body_mask(state: ObjectsState, shape: tuple[int, ...]) -> Mask:
    mask = np.zeros(shape, np.uint8)
    for member in state.members:
        if member.crop is not None:
            (x, y), (rows, columns) = member.corner, member.crop.shape
            part = mask[y : y + rows, x : x + columns]
            np.maximum(part, member.crop, out=part)
    return cv2.dilate(mask, np.ones((5, 5), np.uint8))
