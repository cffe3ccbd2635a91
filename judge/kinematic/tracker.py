"""Points followed from frame to frame, with a forward-backward check and re-seeding."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Int64, UInt8

from lawful.judge.kinematic.vectors import lengths

Gray = UInt8[np.ndarray, "height width"]
Points = Float32[np.ndarray, "points 2"]
Start = Float32[np.ndarray, "points 1 2"]
Found = tuple[Points, Bool[np.ndarray, " points"]]

HISTORY = 16
"""Steps for which a track's positions are kept."""
MAX_POINTS = 140
SPACING_PX = 9
CLEAR_CORNER = 1e-4
"""From which on a corner is clear: the lesser eigenvalue of its gradients' matrix, where 1 is 255 levels a pixel. Here
the picture changes by some two and a half levels a pixel either way, which coding and generated grounds do not.
"""
_CORNER_REACH_PX = 4
_BLOCK_PX = 32


@runtime_checkable
class PairTracker(Protocol):
    """Finds points of one frame in the next."""

    @property
    def name(self) -> str:
        """Part of the judge's identity."""
        ...

    def advance(self, before: Gray, after: Gray, points: Points) -> Found:
        """Where the points of `before` are in `after`, (x, y) in pixels, and True where they were found."""
        ...


@dataclass(frozen=True)
class LucasKanade:
    """Pyramidal Lucas-Kanade, kept where going back leads to the start."""

    window_px: int = 11
    """Side of the window that is matched."""
    levels: int = 3
    """Levels of the pyramid above the first."""
    max_return_px: float = 0.7
    """How far from the start the way back may end."""

    @property
    def name(self) -> str:
        """Part of the judge's identity."""
        return f"lucas-kanade window {self.window_px} levels {self.levels} return {self.max_return_px}"

    def advance(self, before: Gray, after: Gray, points: Points) -> Found:
        """Where the points are in `after`, and True where the way back ends at the start."""
        if not len(points):
            return points, np.zeros(0, bool)
        start = np.ascontiguousarray(points.reshape(-1, 1, 2))
        there, found = self._flow(before, after, start)
        back, returned = self._flow(after, before, there)
        miss = lengths((back - start).reshape(-1, 2))
        there = there.reshape(-1, 2)
        height, width = after.shape
        inside = (there >= 0).all(1) & (there[:, 0] <= width - 1) & (there[:, 1] <= height - 1)
        return there.astype(np.float32), found & returned & (miss <= self.max_return_px) & inside

    def _flow(self, before: Gray, after: Gray, start: Start) -> tuple[Start, Bool[np.ndarray, " points"]]:
        window = (self.window_px, self.window_px)
        end, found, _ = cv2.calcOpticalFlowPyrLK(
            before, after, start, np.empty_like(start), winSize=window, maxLevel=self.levels
        )
        return np.asarray(end, np.float32), np.asarray(found).ravel() == 1


@dataclass(frozen=True)
class CallableTracker:
    """Any function as a tracker."""

    function: Callable[[Gray, Gray, Points], Found]
    """Takes two frames and the points in the first; gives the points in the second and which were found."""
    name: str
    """Part of the judge's identity: name the function, its version and its weights."""

    def advance(self, before: Gray, after: Gray, points: Points) -> Found:
        """What the function says, checked for its shape."""
        there, ok = self.function(before, after, points)
        there, ok = np.asarray(there, np.float32), np.asarray(ok, bool)
        if there.shape != points.shape or ok.shape != points.shape[:1]:
            raise ValueError(
                f"tracker {self.name!r} must give {points.shape} positions and {points.shape[:1]} flags, "
                f"got {there.shape} and {ok.shape}"
            )
        return there, ok & np.isfinite(there).all(1)


@dataclass
class Tracks:
    """The points alive, with the last positions of each; positions are in pixels of their own frames."""

    ids: Int64[np.ndarray, " points"] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Name of each track, unique within the clip."""
    history: Float32[np.ndarray, "points steps 2"] = field(
        default_factory=lambda: np.full((0, HISTORY, 2), np.nan, np.float32)
    )
    """Positions, the newest last; NaN before the birth."""
    clear: Bool[np.ndarray, " points"] = field(default_factory=lambda: np.zeros(0, bool))
    """False where the corner that a point was set on is so faint that losing it says nothing."""
    next_id: int = 0
    """Name of the next track."""

    @property
    def newest(self) -> Points:
        """Positions in the newest frame."""
        return np.ascontiguousarray(self.history[:, -1])

    @property
    def ages(self) -> Int64[np.ndarray, " points"]:
        """Steps since birth, at most the length of the history less one."""
        return np.isfinite(self.history[:, :, 0]).sum(1) - 1


@dataclass(frozen=True, eq=False)
class TrackStep:
    """What became of the points in one step."""

    ids: Int64[np.ndarray, " points"]
    """Their names."""
    start: Points
    """Positions before."""
    end: Points
    """Positions after."""
    ok: Bool[np.ndarray, " points"]
    """True where the point was found."""
    clear: Bool[np.ndarray, " points"]
    """True where it was set on a clear corner."""


def advance_tracks(
    tracks: Tracks, tracker: PairTracker, before: Gray, after: Gray
) -> tuple[Tracks, TrackStep]:
    """The tracks after one more frame; lost ones are dropped."""
    start = tracks.newest
    end, ok = tracker.advance(before, after, start)
    history = np.concatenate([tracks.history[:, 1:], end[:, None]], axis=1)
    kept = Tracks(tracks.ids[ok], history[ok], tracks.clear[ok], tracks.next_id)
    return kept, TrackStep(tracks.ids, start, end, ok, tracks.clear)


def seed_tracks(tracks: Tracks, frame: Gray, moving: UInt8[np.ndarray, "height width"] | None) -> Tracks:
    """The tracks with new points where there are none, first of all on what moves.

    Args:
        tracks: The tracks alive.
        frame: The newest frame.
        moving: Not 0 where the picture changed beyond the camera's motion; None where that is not known.
    """
    room = MAX_POINTS - len(tracks.ids)
    moves = moving is not None and cv2.countNonZero(moving) > 0
    if not moves and room <= MAX_POINTS // 4:
        return tracks
    free = np.full(frame.shape, 255, np.uint8)
    for x, y in np.rint(tracks.newest).astype(int).tolist():
        cv2.circle(free, (x, y), SPACING_PX - 1, 0, -1)
    found = [_no_corners()]
    if moving is not None and moves:
        found.append(_corners(frame, cv2.bitwise_and(free, moving), MAX_POINTS // 2, 5))
    if room > MAX_POINTS // 4:
        found.append(_corners(frame, free, room - len(found[-1][0]), SPACING_PX))
    new, clear = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if not len(new):
        return tracks
    history = np.full((len(new), HISTORY, 2), np.nan, np.float32)
    history[:, -1] = new
    ids = tracks.next_id + np.arange(len(new), dtype=np.int64)
    return Tracks(
        np.concatenate([tracks.ids, ids]),
        np.concatenate([tracks.history, history]),
        np.concatenate([tracks.clear, clear]),
        tracks.next_id + len(new),
    )


def _no_corners() -> tuple[Points, Bool[np.ndarray, " points"]]:
    return np.zeros((0, 2), np.float32), np.zeros(0, bool)


def _corners(
    frame: Gray, mask: UInt8[np.ndarray, "height width"], count: int, spacing_px: int
) -> tuple[Points, Bool[np.ndarray, " points"]]:
    x, y, width, height = cv2.boundingRect(mask)
    if count <= 0 or not width:
        return _no_corners()
    # What is further from the mask does not matter for the corners in it. OpenCV works on blocks of columns and
    # rounds the rest of a row differently, so that whole blocks are taken.
    left, top = max(0, x - _CORNER_REACH_PX) // _BLOCK_PX * _BLOCK_PX, max(0, y - _CORNER_REACH_PX)
    right = -(-(x + width + _CORNER_REACH_PX) // _BLOCK_PX) * _BLOCK_PX
    area = (slice(top, y + height + _CORNER_REACH_PX), slice(left, right))
    found, quality, *_ = cv2.goodFeaturesToTrackWithQuality(frame[area], count, 0.01, spacing_px, mask[area])
    if found is None:
        return _no_corners()
    corners = found.reshape(-1, 2).astype(np.float32) + np.array([left, top], np.float32)
    return corners, quality.ravel() >= CLEAR_CORNER
