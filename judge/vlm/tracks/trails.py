"""Trails: where tracked points came from, drawn on the frames that a model is sent."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Int64, UInt8

from lawful.judge.vlm.tracks.tracked import NO_OBJECT, Tracked
from lawful.video.frames import Frames

VERSION = 1
"""Goes up whenever the pictures may change."""

COLOURS: Sequence[tuple[int, int, int]] = (
    (255, 64, 64),
    (64, 200, 255),
    (255, 208, 0),
    (96, 224, 96),
    (224, 96, 255),
    (255, 144, 32),
    (64, 96, 255),
    (255, 255, 255),
)
"""sRGB of the trails of the first object, the second and so on, then from the start again."""


@dataclass(frozen=True)
class TrailSettings:
    """How trails are drawn."""

    length_s: float = 0.5
    """How far back a trail reaches."""
    points_per_object: int = 6
    """Trails of each object, those of the longest tracks first."""
    thickness_share: float = 0.004
    """Thickness of a trail as a share of the frame's longer side; at least one pixel."""

    def __post_init__(self) -> None:
        if not (self.length_s > 0 and self.points_per_object > 0 and 0 < self.thickness_share <= 0.1):
            raise ValueError(
                "trails need a length and points above 0 and a thickness above 0 and up to 0.1, got "
                f"{self.length_s}, {self.points_per_object} and {self.thickness_share}"
            )

    def identity(self) -> dict[str, Any]:
        """All that may change the pictures, as JSON."""
        return {"version": VERSION, **asdict(self)}


def with_trails(frames: Frames, tracked: Tracked, settings: TrailSettings) -> Frames:
    """The frames with the trails of moving objects, each in its object's colour, up to the frame's time.

    A trail has a gap where its point is hidden. The same tracks give the same pixels; later frames change nothing
    in earlier ones but the choice of the longest tracks.

    Args:
        frames: The frames; they are not changed.
        tracked: The tracks, at these times or at more.
        settings: How trails are drawn.
    """
    chosen = [_longest(tracked, thing, settings.points_per_object) for thing in tracked.objects]
    pictures = frames.rgb.copy()
    for picture, time_s in zip(pictures, frames.times_s.tolist(), strict=True):
        for number, tracks in enumerate(chosen):
            _draw(picture, tracked, tracks, time_s, COLOURS[number % len(COLOURS)], settings)
    return Frames(pictures, frames.times_s, frames.indices)


def _longest(tracked: Tracked, thing: int, count: int) -> Int64[np.ndarray, " tracks"]:
    assert thing != NO_OBJECT
    which = np.nonzero(tracked.owner == thing)[0]
    frames = tracked.points.visible[which].sum(axis=1)
    first = tracked.points.xy[which, np.argmax(tracked.points.visible[which], axis=1)]
    # Of tracks of one length the leftmost and uppermost are chosen, so that ids do not matter.
    order = np.lexsort((first[:, 1], first[:, 0], -frames))
    return which[order[:count]]


def _draw(
    picture: UInt8[np.ndarray, "height width 3"],
    tracked: Tracked,
    tracks: Int64[np.ndarray, " tracks"],
    time_s: float,
    rgb: tuple[int, int, int],
    settings: TrailSettings,
) -> None:
    height, width = picture.shape[:2]
    times_s = tracked.points.times_s
    when = np.nonzero((times_s <= time_s + 1e-6) & (times_s >= time_s - settings.length_s - 1e-6))[0]
    if not len(when):
        return
    thickness = max(1, round(settings.thickness_share * max(height, width)))
    shares = np.nan_to_num(tracked.points.xy[tracks][:, when].astype(np.float64))
    places = np.floor(np.clip(shares, -1, 2) * (width, height)).astype(np.int32)
    seen: Bool[np.ndarray, "tracks times"] = tracked.points.visible[tracks][:, when]
    for way, visible in zip(places.tolist(), seen.tolist(), strict=True):
        for k in range(1, len(when)):
            if visible[k - 1] and visible[k]:
                cv2.line(picture, tuple(way[k - 1]), tuple(way[k]), rgb, thickness, cv2.LINE_8)
        if visible[-1] and times_s[when[-1]] >= time_s - 1e-3:
            cv2.circle(picture, tuple(way[-1]), thickness + 1, rgb, cv2.FILLED, cv2.LINE_8)
