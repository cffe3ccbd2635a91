"""Points that move together become objects; each object keeps a short series of its motion."""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, Int64

from lawful.judge.kinematic.camera import CameraStep, moved
from lawful.judge.kinematic.middle import median
from lawful.judge.kinematic.tracker import Points, Tracks, TrackStep
from lawful.judge.kinematic.vectors import lengths
from lawful.video.frames import Box

SERIES = 40
"""Steps for which an object's motion is kept."""
_MOVING_PX = 0.6
_NEAR_SHARE = 0.05
_LEAST_POINTS = 2
_LOST_STEPS = 4.0
_MOST_OBJECTS = 24
_RIGID_S = 0.25
_RIGID_POINTS = 5
_COMPLEX = np.array([1.0, 1.0j])
_MOSTLY = 0.25
_RIGID_PX = 0.7
_RIGID_OF_SHIFT = 0.05


@dataclass(frozen=True)
class Motion:
    """How an object moved in one step, the camera's motion taken out."""

    time_s: float
    """Middle of the step."""
    step_s: float
    """Length of the step."""
    dx_px: float
    """Shift to the right."""
    dy_px: float
    """Shift downwards."""
    x_px: float
    """Centre after the step."""
    y_px: float
    """Centre after the step."""
    extent_px: float
    """Largest distance of its points from the centre."""
    points: int
    """Points that it was measured on."""
    rigid: float
    """Share of its points that fit one rigid motion over the last quarter of a second; NaN where not known."""

    @property
    def shift_px(self) -> float:
        """Length of the shift."""
        return math.hypot(self.dx_px, self.dy_px)

    @property
    def speed_px_s(self) -> float:
        """Speed."""
        return self.shift_px / self.step_s

    def box(self, width: int, height: int, since_s: float = 0.0) -> Box:
        """Around its points so long after the step if it goes on as it moved, as shares of a frame of that size."""
        x_px = self.x_px + self.dx_px * since_s / self.step_s
        y_px = self.y_px + self.dy_px * since_s / self.step_s
        x0, x1 = (x_px - self.extent_px) / width, (x_px + self.extent_px) / width
        y0, y1 = (y_px - self.extent_px) / height, (y_px + self.extent_px) / height
        x0, y0, x1, y1 = (min(max(value, 0.0), 1.0) for value in (x0, y0, x1, y1))
        return Box(x0, y0, x1, y1)


@dataclass
class Object:
    """Points that have moved together."""

    id: int
    """Unique within the clip."""
    series: deque[Motion] = field(default_factory=lambda: deque(maxlen=SERIES))
    """Its motion, the newest last."""
    track_ids: tuple[int, ...] = ()
    """Its points now."""


@dataclass
class Objects:
    """The objects of a shot."""

    alive: list[Object] = field(default_factory=list)
    """Those with points."""
    owner: dict[int, int] = field(default_factory=dict)
    """Object by track."""
    lost: list[Object] = field(default_factory=list)
    """Those that lost all points in the last few steps; one that starts near by goes on with their series."""
    next_id: int = 0
    """Id of the next object."""


def group_step(
    objects: Objects,
    tracks: Tracks,
    step: TrackStep,
    camera: CameraStep,
    time_s: float,
    step_s: float,
    long_side_px: int,
) -> None:
    """Take one step in: points that move join the objects that they move with, and objects get a motion.

    Args:
        objects: Changed in place.
        tracks: The tracks after the step (those that were found, in the order of `step`).
        step: What became of all points.
        camera: The camera's motion.
        time_s: Time of the frame after the step.
        step_s: Length of the step.
        long_side_px: Longer side of the frame.
    """
    end = step.end[step.ok]
    shift = end - moved(step.start[step.ok], camera.transform)
    moving = lengths(shift) > _MOVING_PX
    owner = {track: objects.owner[track] for track in tracks.ids.tolist() if track in objects.owner}
    for members in _clusters(end, shift, moving, _NEAR_SHARE * long_side_px):
        _join(objects, owner, tracks.ids[members])
    objects.owner = owner
    owners = np.array([owner.get(track, -1) for track in tracks.ids.tolist()], np.int64)
    alive = []
    for thing in objects.alive:
        members = np.nonzero(owners == thing.id)[0]
        members = _agreeing(objects, tracks.ids, members, shift)
        if len(members) < _LEAST_POINTS:
            for track in tracks.ids[members].tolist():
                objects.owner.pop(track, None)
            if thing.series:
                objects.lost.append(thing)
            continue
        back = max(1, min(round(_RIGID_S / step_s), tracks.history.shape[1] - 1))
        fits = rigid_fit(tracks.history[members, -1 - back], tracks.history[members, -1])
        rigid = float("nan") if fits is None else float(fits[0][fits[1]].mean())
        if fits is not None and rigid >= _MOSTLY:
            # What does not move along any more, such as background that was dragged on, leaves.
            for track in tracks.ids[members[fits[1] & ~fits[0]]].tolist():
                objects.owner.pop(track, None)
            members = members[fits[0] | ~fits[1]]
        if not thing.series:
            _take_up(objects, thing, end[members].mean(axis=0), time_s - step_s)
        thing.track_ids = tuple(tracks.ids[members].tolist())
        thing.series.append(_motion(end[members], shift[members], time_s - step_s / 2, step_s, rigid))
        alive.append(thing)
    objects.lost = [
        thing for thing in objects.lost if time_s - thing.series[-1].time_s < _LOST_STEPS * step_s
    ]
    objects.alive = sorted(alive, key=lambda thing: (-thing.series[-1].points, thing.id))[:_MOST_OBJECTS]
    kept = {thing.id for thing in objects.alive}
    objects.owner = {track: thing for track, thing in objects.owner.items() if thing in kept}


def _clusters(
    end: Points, shift: Points, moving: Bool[np.ndarray, " points"], near_px: float
) -> list[Int64[np.ndarray, " members"]]:
    """Groups of near points with like motion."""
    which = np.nonzero(moving)[0]
    if len(which) < _LEAST_POINTS:
        return []
    speed = lengths(shift[which])
    alike = distances(shift[which]) < 0.8 + 0.3 * np.maximum(speed[:, None], speed[None])
    firsts = components((distances(end[which]) < near_px) & alike)
    return [which[firsts == first] for first in np.flatnonzero(np.bincount(firsts) >= _LEAST_POINTS)]


def distances(points: Points) -> Float32[np.ndarray, "points points"]:
    """Between any two points; along two flat arrays, as one of pairs takes ten times as long."""
    x, y = points.T
    across, down = x[:, None] - x[None], y[:, None] - y[None]
    return np.sqrt(across * across + down * down)


def components(linked: Bool[np.ndarray, "points points"]) -> Int64[np.ndarray, " points"]:
    """The first point of the component that each point is in; each point is linked with itself."""
    firsts = np.arange(len(linked))
    while True:
        earlier = np.where(linked, firsts[None], len(linked)).min(axis=1)
        # Halves the way that the first has to go through a long component.
        earlier = earlier[earlier]
        if (earlier == firsts).all():
            return firsts
        firsts = earlier


def _join(objects: Objects, owner: dict[int, int], ids: Int64[np.ndarray, " members"]) -> None:
    """Points without an object take the one that most of their group has, or a new one."""
    names = ids.tolist()
    held = [owner[track] for track in names if track in owner]
    if held:
        values, counts = np.unique(held, return_counts=True)
        target = int(values[np.argmax(counts)])
    else:
        target = objects.next_id
        objects.next_id += 1
        objects.alive.append(Object(target))
    for track in names:
        owner.setdefault(track, target)


def _take_up(objects: Objects, thing: Object, at: Float32[np.ndarray, " 2"], start_s: float) -> None:
    """A new object goes on with the series of one that was lost near by: a hit can cost all points."""
    for old in objects.lost:
        last = old.series[-1]
        reach = 2 * last.extent_px + last.speed_px_s * (start_s - last.time_s) + 6
        if math.hypot(last.x_px - at[0], last.y_px - at[1]) <= reach:
            thing.series.extend(old.series)
            objects.lost.remove(old)
            return


def _agreeing(
    objects: Objects, ids: Int64[np.ndarray, " points"], members: Int64[np.ndarray, " members"], shift: Points
) -> Int64[np.ndarray, " kept"]:
    """The members that still move with the others; the rest leave."""
    if len(members) < 3:
        return members
    middle = median(shift[members])
    agree = lengths(shift[members] - middle) <= 1.5 + 0.6 * float(lengths(middle))
    for track in ids[members[~agree]].tolist():
        objects.owner.pop(track, None)
    return members[agree]


def _motion(end: Points, shift: Points, time_s: float, step_s: float, rigid: float) -> Motion:
    middle = median(shift)
    centre = (end.min(axis=0) + end.max(axis=0)) / 2
    extent = float(lengths(end - centre).max())
    return Motion(
        time_s,
        step_s,
        float(middle[0]),
        float(middle[1]),
        float(centre[0]),
        float(centre[1]),
        extent,
        len(end),
        rigid,
    )


def rigid_fit(
    start: Points, end: Points
) -> tuple[Bool[np.ndarray, " points"], Bool[np.ndarray, " points"]] | None:
    """Which points moved as one rigid piece: turning, growing and shifting together.

    Args:
        start: Where they were; NaN for those not known then.
        end: Where they are.

    Returns:
        True where a point fits, and True where it was known at both times; None if fewer than five were.
    """
    known = np.isfinite(start[:, 0])
    if known.sum() < _RIGID_POINTS:
        return None
    # As complex numbers, turning and growing is one factor: shift = factor * origin + offset.
    origin = start[known].astype(np.float64) @ _COMPLEX
    shift = end[known].astype(np.float64) @ _COMPLEX - origin
    miss = np.abs(shift - complex(median(shift.real), median(shift.imag)))
    for _ in range(5):
        weight = 1 / (1 + (miss / 0.5) ** 2)
        weight /= weight.sum()
        from_middle = origin - weight @ origin
        of_shift = shift - weight @ shift
        spread = float(weight @ (from_middle.real**2 + from_middle.imag**2))
        factor = (weight * from_middle.conj()) @ of_shift / max(spread, 1e-9)
        miss = np.abs(of_shift - factor * from_middle)
    fits = np.zeros(len(start), bool)
    fits[known] = miss <= _RIGID_PX + _RIGID_OF_SHIFT * np.abs(shift).mean()
    return fits, known
