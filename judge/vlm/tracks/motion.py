"""Paths, speeds and accelerations of tracked objects in pixels, and where objects begin, end and meet."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float64

from lawful.judge.vlm.tracks.tracked import Tracked

_WINDOW_S = 0.15
_REST_PX = 1.5
_EDGE_SHARE = 0.03
_MEET_SHARE = 0.01
_MEET_OF_REACH = 0.2
_APART_STEPS = 3


@dataclass(frozen=True, eq=False)
class ObjectPath:
    """One object over the frames of a clip; rows in which it is not seen hold NaN."""

    number: int
    """What it is called, from 1."""
    times_s: Float64[np.ndarray, " frames"]
    """Times of the frames."""
    seen: Bool[np.ndarray, " frames"]
    """True where some of its points are seen."""
    xy_px: Float64[np.ndarray, "frames 2"]
    """Its middle; x to the right, y down."""
    velocity_px_s: Float64[np.ndarray, "frames 2"]
    """From a parabola through the frames within 0.15 s; NaN where there are fewer than two."""
    acceleration_px_s2: Float64[np.ndarray, "frames 2"]
    """From the same parabola; NaN where there are fewer than four frames."""

    @property
    def first(self) -> int:
        """The first frame in which it is seen."""
        return int(np.argmax(self.seen))

    @property
    def last(self) -> int:
        """The last frame in which it is seen."""
        return len(self.seen) - 1 - int(np.argmax(self.seen[::-1]))

    @property
    def rests(self) -> bool:
        """True if it keeps its place."""
        way = self.xy_px[self.seen]
        return bool(np.ptp(way, axis=0).max() < _REST_PX)

    @property
    def length_px(self) -> float:
        """Length of its way."""
        way = self.xy_px[self.seen]
        return float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum())


@dataclass(frozen=True)
class Meeting:
    """Two objects that come to touch in the picture, or pass in front of each other."""

    time_s: float
    """The first frame in which they do."""
    first: int
    """Number of one object."""
    second: int
    """Number of the other."""
    x_px: float
    """Where."""
    y_px: float
    """Where."""


def object_paths(tracked: Tracked, width_px: int, height_px: int) -> list[ObjectPath]:
    """The path of every object, numbered as they come into the clip.

    Args:
        tracked: The tracks.
        width_px: Width of the frames whose pixels are meant.
        height_px: Height of the frames.
    """
    size = np.array([width_px, height_px], np.float64)
    return [
        _path(number, _points_px(tracked, thing, size), tracked.points.times_s)
        for number, thing in enumerate(tracked.objects, 1)
    ]


def at_edge(xy_px: Float64[np.ndarray, " 2"], width_px: int, height_px: int) -> str | None:
    """The edge of the frame that a place is at: left, right, top, bottom; None if it is at none."""
    x, y = float(xy_px[0]), float(xy_px[1])
    gaps = {"left": x, "right": width_px - x, "top": y, "bottom": height_px - y}
    edge = min(gaps, key=lambda name: gaps[name])
    return edge if gaps[edge] <= _EDGE_SHARE * max(width_px, height_px) else None


def meetings(tracked: Tracked, paths: Sequence[ObjectPath], width_px: int, height_px: int) -> list[Meeting]:
    """When objects come together, in order of time.

    Two meet where their points are close for the objects' sizes, after they were apart. In the picture alone a
    touch cannot be told from one passing in front of the other. Two that were together for more than half
    of the time before, such as a thing and its shadow, do not meet.

    Args:
        tracked: The tracks.
        paths: Their paths, as `object_paths` gives them.
        width_px: Width of the frames.
        height_px: Height of the frames.
    """
    size = np.array([width_px, height_px], np.float64)
    clouds = [_points_px(tracked, thing, size) for thing in tracked.objects]
    boxes = [_boxes(cloud) for cloud in clouds]
    found = []
    for one, other in combinations(range(len(paths)), 2):
        between = paths[other].xy_px - paths[one].xy_px
        steps = np.nan_to_num(np.linalg.norm(np.diff(between, axis=0, prepend=between[:1]), axis=1))
        common = np.nonzero(paths[one].seen & paths[other].seen)[0]
        # The moment of touch may lie between two frames.
        slack = _MEET_SHARE * size.max() + steps / 2
        near = _boxes_near(boxes[one], boxes[other], slack)
        places = [
            _touch(clouds[one][:, k], clouds[other][:, k], float(slack[k])) if near[k] else None
            for k in common
        ]
        apart = together = 0
        # What comes into view beside another has not come to it.
        for before, (frame, place) in enumerate(zip(common, places, strict=True)):
            if place is not None and apart >= _APART_STEPS and 2 * together <= before:
                time_s = float(tracked.points.times_s[frame])
                found.append(Meeting(time_s, paths[one].number, paths[other].number, *place.tolist()))
            apart = apart + 1 if place is None else 0
            together += place is not None
    return sorted(found, key=lambda meeting: (meeting.time_s, meeting.first, meeting.second))


def _points_px(
    tracked: Tracked, thing: int, size: Float64[np.ndarray, " 2"]
) -> Float64[np.ndarray, "points frames 2"]:
    which = tracked.owner == thing
    xy = tracked.points.xy[which].astype(np.float64) * size
    return np.where(tracked.points.visible[which][..., None], xy, np.nan)


def _path(
    number: int, points: Float64[np.ndarray, "points frames 2"], times_s: Float64[np.ndarray, " frames"]
) -> ObjectPath:
    seen = np.asarray(np.isfinite(points[..., 0]).any(axis=0))
    middle = np.full((len(seen), 2), np.nan)
    middle[seen] = (np.nanmin(points[:, seen], axis=0) + np.nanmax(points[:, seen], axis=0)) / 2
    xy = _followed(points, middle, seen)
    velocity, acceleration = np.full_like(xy, np.nan), np.full_like(xy, np.nan)
    for frame in np.nonzero(seen)[0]:
        near = np.nonzero(seen & (np.abs(times_s - times_s[frame]) <= _WINDOW_S + 1e-9))[0]
        order = min(2, len(near) - 2) if len(near) > 2 else len(near) - 1
        if order < 1:
            continue
        fit = np.polynomial.polynomial.polyfit(times_s[near] - times_s[frame], xy[near], order)
        velocity[frame] = fit[1]
        if order == 2:
            acceleration[frame] = 2 * fit[2]
    return ObjectPath(number, times_s, seen, xy, velocity, acceleration)


def _followed(
    points: Float64[np.ndarray, "points frames 2"],
    middle: Float64[np.ndarray, "frames 2"],
    seen: Bool[np.ndarray, " frames"],
) -> Float64[np.ndarray, "frames 2"]:
    """The way of the middle by the median shift of the points, which does not jump when points come and go."""
    xy = np.full_like(middle, np.nan)
    shifts = np.diff(points, axis=1)
    frames = np.nonzero(seen)[0]
    start = 0
    for place, frame in enumerate(frames):
        common = place > 0 and frames[place - 1] == frame - 1 and np.isfinite(shifts[:, frame - 1, 0]).any()
        if common:
            xy[frame] = xy[frame - 1] + np.nanmedian(shifts[:, frame - 1], axis=0)
            continue
        _settle(xy, middle, frames[start:place])
        start, xy[frame] = place, middle[frame]
    _settle(xy, middle, frames[start:])
    return xy


def _settle(
    xy: Float64[np.ndarray, "frames 2"], middle: Float64[np.ndarray, "frames 2"], run: np.ndarray
) -> None:
    """Shift one unbroken run so that it lies on the middles as well as it can."""
    if len(run):
        xy[run] += np.median(middle[run] - xy[run], axis=0)


def _boxes(points: Float64[np.ndarray, "points frames 2"]) -> Float64[np.ndarray, "2 frames 2"]:
    """Lowest and highest places of the points in each frame; NaN where none is seen."""
    low, high = np.fmin.reduce(points, axis=0), np.fmax.reduce(points, axis=0)
    return np.stack([low, high])


def _boxes_near(
    one: Float64[np.ndarray, "2 frames 2"],
    other: Float64[np.ndarray, "2 frames 2"],
    slack_px: Float64[np.ndarray, " frames"],
) -> Bool[np.ndarray, " frames"]:
    """Where no upright line tells two boxes apart: a quick first look before `_touch`."""
    gap = np.maximum(other[0] - one[1], one[0] - other[1])
    reach = (one[1] - one[0] + other[1] - other[0]) / 2
    return np.all(gap <= slack_px[:, None] + _MEET_OF_REACH * reach, axis=1)


def _touch(
    one: Float64[np.ndarray, "points 2"], other: Float64[np.ndarray, "others 2"], slack_px: float
) -> Float64[np.ndarray, " 2"] | None:
    """The place between two clouds of points if no axis tells them apart; None if one does.

    Points reach short of the outline that they lie in, so that clouds of things that touch are a little apart.
    """
    one, other = one[np.isfinite(one[:, 0])], other[np.isfinite(other[:, 0])]
    middles = [(cloud.min(axis=0) + cloud.max(axis=0)) / 2 for cloud in (one, other)]
    between = middles[1] - middles[0]
    axes = np.stack([between / max(float(np.linalg.norm(between)), 1e-9), [1.0, 0.0], [0.0, 1.0]])
    along, across = one @ axes.T, other @ axes.T
    low, high = (np.stack([part.min(axis=0), part.max(axis=0)]) for part in (along, across))
    gap = np.maximum(high[0] - low[1], low[0] - high[1])
    reach = (low[1] - low[0] + high[1] - high[0]) / 2
    if (gap > slack_px + _MEET_OF_REACH * reach).any():
        return None
    share = float(
        np.clip((low[1, 0] + gap[0] / 2 - middles[0] @ axes[0]) / max(between @ axes[0], 1e-9), 0, 1)
    )
    return middles[0] + share * between
