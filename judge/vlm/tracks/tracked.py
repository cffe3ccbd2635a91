"""What a source of tracks gives: points, and which of them belong to one thing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from lawful.video.frames import PointTracks

NO_OBJECT = -1
"""Owner of points that belong to no object, such as those on the background."""


@dataclass(frozen=True, eq=False)
class Tracked:
    """The tracks of a clip, grouped into objects."""

    points: PointTracks
    """All points."""
    owner: Int64[np.ndarray, " tracks"]
    """Object of each track, `NO_OBJECT` for none."""
    camera_moves: bool
    """Whether the camera moves, so that positions and speeds in the picture hold its motion too."""

    @property
    def objects(self) -> tuple[int, ...]:
        """The objects, by the time of their first point and then from left to right and from top to bottom."""
        firsts = []
        for thing in np.unique(self.owner[self.owner != NO_OBJECT]).tolist():
            seen = self.points.visible[self.owner == thing]
            if seen.any():
                first = int(np.argmax(seen.any(axis=0)))
                at = self.points.xy[self.owner == thing][seen[:, first], first].mean(axis=0)
                firsts.append((first, *at.tolist(), thing))
        return tuple(thing for *_, thing in sorted(firsts))


@dataclass(frozen=True, eq=False)
class Seen:
    """The points that are seen in one frame."""

    ids: Int64[np.ndarray, " points"]
    """Their names."""
    xy: Float32[np.ndarray, "points 2"]
    """Where they are, as shares of the frame's width and height."""


def split_at(tracked: Tracked, times_s: list[float]) -> Tracked:
    """The tracks cut in pieces at the times of cuts between shots, since nothing goes on across a cut.

    Args:
        tracked: The tracks.
        times_s: Times of the first frames of new shots.

    Returns:
        Tracks with new ids, where every object is of one shot.
    """
    if not times_s:
        return tracked
    points = tracked.points
    shot = np.searchsorted(np.sort(np.array(times_s)), points.times_s, side="right")
    parts, owners = [], []
    for number in np.unique(shot):
        visible = points.visible & (shot == number)[None]
        kept = visible.any(axis=1)
        parts.append((points.xy[kept], visible[kept]))
        things = tracked.owner[kept]
        owners.append(np.where(things == NO_OBJECT, NO_OBJECT, things * (shot.max() + 1) + number))
    xy = np.concatenate([part for part, _ in parts])
    visible = np.concatenate([part for _, part in parts])
    ids = np.arange(len(xy), dtype=np.int64)
    return Tracked(
        PointTracks(ids, points.times_s, xy, visible), np.concatenate(owners), tracked.camera_moves
    )


def from_frames(
    frames: Sequence[Seen], times_s: Float64[np.ndarray, " frames"], most_tracks: int
) -> PointTracks:
    """Tracks from the points of each frame; of too many, those of most frames are kept.

    Args:
        frames: The points of each frame.
        times_s: Times of the frames.
        most_tracks: How many tracks are kept.
    """
    every = np.concatenate([seen.ids for seen in frames]) if frames else np.zeros(0, np.int64)
    known, counts = np.unique(every, return_counts=True)
    # A point of one frame is no track.
    longest = np.argsort(-counts, kind="stable")[:most_tracks]
    kept = np.sort(known[longest][counts[longest] > 1])
    xy = np.full((len(kept), len(times_s), 2), np.nan, np.float32)
    visible: Bool[np.ndarray, "tracks frames"] = np.zeros(xy.shape[:2], bool)
    for frame, seen in enumerate(frames):
        which = np.isin(seen.ids, kept)
        at = np.searchsorted(kept, seen.ids[which])
        xy[at, frame] = seen.xy[which]
        visible[at, frame] = True
    return PointTracks(kept, times_s, xy, visible)
