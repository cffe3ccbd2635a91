"""What is to be seen of a simulated clip, read from its truth: the oracle that the witnesses are tested on.

Only what a picture can show is given: outlines, colours and marks in the picture, what hides what, and the fixed
things of the scene. Where a body is hidden, its place is carried on from what was seen of it. In a solid scene depth
is not given, so that a touch there is only a chance. Things that only hang in the background are left out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from lawful.generators.worlds.masks import masks
from lawful.generators.worlds.records import ObjectTruth, WorldClip
from lawful.judge.kinematic.bodies import Body, Glimpse, Sight
from lawful.judge.kinematic.camera import Transform
from lawful.judge.kinematic.shot import small_picture
from lawful.judge.kinematic.true_camera import TrueCamera, true_cameras
from lawful.judge.kinematic.true_outlines import Points, block_outline, body_outlines
from lawful.judge.kinematic.true_touches import NEAR, true_touches

_SEEN = 0.95
_PLAIN = 0.9
_TRACE = 0.02
_LEAST_PX = 4
_SD_PX = 0.1
_SD_PARTLY = 0.04
_CHANGED_LEVELS = 18
_GLOBAL_SHARE = 0.3

Mask = Bool[np.ndarray, "height width"]


@dataclass
class _Memory:
    """What was seen of a body so far."""

    at: list[tuple[float, complex]] = field(default_factory=list)
    """Time and place in the shot, the last two that were seen."""
    last: Body | None = None
    """As it was last seen."""
    plain: bool = False
    """True if it was in plain view in the frame before."""
    area_px: float = 0.0
    """Area of it where most was seen."""
    angle_rad: float | None = None
    """Its true angle when it was first seen."""


def glimpses(clip: WorldClip, long_side_px: int = 320) -> Iterator[Glimpse]:
    """What is to be seen of a clip, frame by frame.

    Args:
        clip: A clip of either kind of world. Its pictures give colours; degradations do not move its truth.
        long_side_px: Longer side of the motion picture; smaller clips stay as they are.
    """
    first = small_picture(clip.frames.rgb[0], long_side_px)
    height, width = first.shape[:2]
    seen = masks(clip, (width, height))
    outlines = [body_outlines(clip, motion) for motion in clip.simulated.motions]
    known = [_Memory() for _ in clip.objects]
    shown = [k for k, motion in enumerate(clip.simulated.motions) if motion.body.touches]
    before: UInt8[np.ndarray, "height width 3"] | None = None
    for frame, camera in enumerate(true_cameras(clip, width, height)):
        picture = small_picture(clip.frames.rgb[frame], long_side_px)
        if camera.starts_shot:
            known = [replace(memory, at=[], last=None, plain=False) for memory in known]
            before = None
        now = _Now(clip, frame, camera, picture, seen[frame], np.array([width, height], float))
        places = {k: _px(outlines[k][frame], now.size) for k in shown}
        bodies, gone, new = _bodies(now, known, places)
        step_s = math.nan if camera.starts_shot else now.time_s - float(clip.frames.times_s[frame - 1])
        yield Glimpse(
            time_s=now.time_s,
            step_s=step_s,
            width_px=width,
            height_px=height,
            to_shot=camera.to_shot,
            camera_still=camera.still,
            reliable=camera.reliable and not _changed(before, picture, seen[frame]),
            bodies=tuple(bodies),
            touches=tuple(true_touches(clip, frame, bodies, places, camera.to_shot, now.size)),
            gone=tuple(gone),
            new=tuple(new),
            known_px=NEAR * max(width, height),
        )
        before = picture


@dataclass(frozen=True, eq=False)
class _Now:
    """One frame of a clip."""

    clip: WorldClip
    frame: int
    camera: TrueCamera
    picture: UInt8[np.ndarray, "height width 3"]
    seen: UInt8[np.ndarray, "height width"]
    size: Float64[np.ndarray, " 2"]

    @property
    def time_s(self) -> float:
        return float(self.clip.frames.times_s[self.frame])


def _bodies(
    now: _Now, known: list[_Memory], places: dict[int, Points | None]
) -> tuple[list[Body], list[int], list[int]]:
    bodies: list[Body] = []
    gone: list[int] = []
    new: list[int] = []
    for number, outline in places.items():
        truth, memory = now.clip.objects[number], known[number]
        mask = now.seen == number + 1
        present = bool(truth.present[now.frame]) and outline is not None
        plain = present and float(truth.visible[now.frame]) >= _PLAIN
        if present and float(truth.visible[now.frame]) >= _TRACE and mask.sum() >= _LEAST_PX:
            body = _seen_body(now, number, truth, mask, memory)
            if memory.last is None and plain and not now.camera.starts_shot and not _near_edge(now, body):
                new.append(number)
            memory.at = [*memory.at, (now.time_s, complex(*body.at_px))][-2:]
            memory.last = body
            memory.area_px = max(memory.area_px, body.area_px)
        elif memory.last is None:
            continue
        elif memory.plain and not present:
            gone.append(number)
            known[number] = _Memory()
            continue
        else:
            body = _carried_on(now, memory.last, memory, number)
        memory.plain = plain
        bodies.append(body)
    return bodies, gone, new


def _seen_body(now: _Now, number: int, truth: ObjectTruth, mask: Mask, memory: _Memory) -> Body:
    visible = float(truth.visible[now.frame])
    sight: Sight = "seen" if visible >= _SEEN else "partly"
    xy = truth.centre[now.frame] * now.size
    rows, columns = np.nonzero(mask)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    colours = now.picture[inner if inner.sum() >= _LEAST_PX else mask].astype(float)
    to_shot = now.camera.to_shot
    angle = math.nan
    if now.clip.world.dimensions == 2:
        turn = -float(now.clip.simulated.motions[number].angle_rad[now.frame])
        memory.angle_rad = turn if memory.angle_rad is None else memory.angle_rad
        since = memory.last.angle_rad if memory.last is not None else 0.0
        angle = since + math.remainder(turn - memory.angle_rad - since, 2 * math.pi)
    size = math.sqrt(len(rows))
    return Body(
        id=number,
        sight=sight,
        box_px=(float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)),
        xy_px=(float(xy[0]), float(xy[1])),
        at_px=_to_shot(xy, to_shot),
        sd_px=_SD_PX + (_SD_PARTLY * size * (1 - visible) if sight == "partly" else 0.0),
        angle_rad=angle,
        area_px=float(len(rows)),
        axes_px=_axes(rows, columns),
        fill=_fill(mask),
        rgb=_triple(colours.mean(axis=0)),
        spread_rgb=_triple(colours.std(axis=0)),
    )


def _carried_on(now: _Now, last: Body, memory: _Memory, number: int) -> Body:
    """A body that is not seen, where it would be if it went on as it was last seen to."""
    (then_s, at) = memory.at[-1]
    velocity = 0j
    if len(memory.at) == 2:
        velocity = (at - memory.at[0][1]) / max(then_s - memory.at[0][0], 1e-6)
    place = at + velocity * (now.time_s - then_s)
    back = cv2.invertAffineTransform(now.camera.to_shot)
    xy = back[:, :2] @ np.array([place.real, place.imag]) + back[:, 2]
    outside = bool(((xy < 0) | (xy > now.size)).any())
    nothing = (math.nan,) * 4
    return replace(
        last,
        sight="outside" if outside else "hidden",
        box_px=nothing,
        xy_px=(float(xy[0]), float(xy[1])),
        at_px=(place.real, place.imag),
        sd_px=_SD_PX + 0.1 * abs(velocity) * (now.time_s - then_s),
        area_px=0.0,
        axes_px=(math.nan, math.nan),
        fill=math.nan,
        rgb=(math.nan,) * 3,
        spread_rgb=(math.nan,) * 3,
        covered=_covered(now, xy, math.sqrt(memory.area_px / math.pi), number),
    )


def _covered(now: _Now, xy: Float64[np.ndarray, " 2"], radius_px: float, number: int) -> float:
    """Share of a disc of the picture that screens, fixed things and other bodies hide."""
    height, width = now.seen.shape
    disc = np.zeros((height, width), np.uint8)
    cv2.circle(disc, (round(float(xy[0])), round(float(xy[1]))), max(1, round(radius_px)), 1, -1)
    hiding = ((now.seen > 0) & (now.seen != number + 1)).astype(np.uint8)
    for block in now.clip.world.blocks:
        hides = block.high[2] > now.clip.world.floor_m if len(block.high) == 3 else not block.solid
        outline = block_outline(now.clip, block, now.frame) if hides else None
        if outline is None:
            continue
        hull = cv2.convexHull((outline * now.size).astype(np.float32))
        cv2.fillConvexPoly(hiding, hull.astype(np.int32), 1)
    return float(hiding[disc > 0].mean()) if disc.any() else 1.0


def _near_edge(now: _Now, body: Body) -> bool:
    x0, y0, x1, y1 = body.box_px
    width, height = now.size
    return min(x0, y0, width - x1, height - y1) < 2


def _changed(
    before: UInt8[np.ndarray, "height width 3"] | None,
    after: UInt8[np.ndarray, "height width 3"],
    seen: UInt8[np.ndarray, "height width"],
) -> bool:
    """True where most of the picture beside the bodies changed its level at once."""
    if before is None:
        return False
    change = cv2.absdiff(before, after).max(axis=2)
    return float((change[seen == 0] > _CHANGED_LEVELS).mean()) > _GLOBAL_SHARE if (seen == 0).any() else True


def _axes(rows: Int64[np.ndarray, " n"], columns: Int64[np.ndarray, " n"]) -> tuple[float, float]:
    """Half axes of the ellipse with the same moments; a pixel is a square of its own."""
    offsets = np.stack([columns - columns.mean(), rows - rows.mean()]).astype(float)
    moments = offsets @ offsets.T / len(rows) + np.eye(2) / 12
    low, high = np.linalg.eigvalsh(moments)
    return 2 * math.sqrt(float(high)), 2 * math.sqrt(float(low))


def _fill(mask: Mask) -> float:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)
    # A contour runs through the centres of its pixels.
    hull = cv2.convexHull(outline)
    area = cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1
    return float(min(1.0, mask.sum() / area))


def _px(outline: Points | None, size: Float64[np.ndarray, " 2"]) -> Points | None:
    return None if outline is None else outline * size


def _to_shot(xy: Float64[np.ndarray, " 2"], to_shot: Transform) -> tuple[float, float]:
    x, y = to_shot[:, :2] @ xy + to_shot[:, 2]
    return float(x), float(y)


def _triple(values: Float64[np.ndarray, " 3"]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
