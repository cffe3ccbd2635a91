"""The common currency: frames with times, boxes and point tracks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt8


@dataclass(frozen=True, eq=False)
class Frames:
    """Consecutive frames of one video, or some of them."""

    rgb: UInt8[np.ndarray, "frames height width 3"]
    """sRGB, 0-255, upright as a player shows it."""
    times_s: Float64[np.ndarray, " frames"]
    """Presentation time of each frame in seconds, strictly increasing; the first decoded frame is at 0."""
    indices: Int64[np.ndarray, " frames"]
    """Position of each frame among all decoded frames of the video, from 0."""

    def __len__(self) -> int:
        return len(self.times_s)

    def __getitem__(self, part: slice) -> "Frames":
        return Frames(self.rgb[part], self.times_s[part], self.indices[part])


@dataclass(frozen=True)
class ClipMeta:
    """What is known of a clip before its frames are read."""

    video_sha256: str
    """Digest of the file's bytes (of all files, for a folder of images; of the array, for an array)."""
    name: str
    """How the clip is shown to people: its path as given, or "array"."""
    width_px: int
    """Width as shown, after rotation, before any resizing."""
    height_px: int
    """Height as shown, after rotation, before any resizing."""
    fps: float
    """Nominal frames a second; the times of the frames are the truth."""
    duration_s: float | None = None
    """Duration that the file declares; None where it declares none."""
    n_frames: int | None = None
    """Number of frames that the file declares; None where it declares none."""


@dataclass(frozen=True)
class Box:
    """An upright rectangle in shares of the frame's width and height: (0, 0) top left, (1, 1) bottom right."""

    x0: float
    """Left edge, 0-1."""
    y0: float
    """Top edge, 0-1."""
    x1: float
    """Right edge, 0-1, at least `x0`."""
    y1: float
    """Bottom edge, 0-1, at least `y0`."""

    def __post_init__(self) -> None:
        if not (0 <= self.x0 <= self.x1 <= 1 and 0 <= self.y0 <= self.y1 <= 1):
            raise ValueError(f"a box needs 0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1, got {self}")


@dataclass(frozen=True, eq=False)
class PointTracks:
    """Where some points are over time."""

    ids: Int64[np.ndarray, " tracks"]
    """Name of each track, unique within a clip."""
    times_s: Float64[np.ndarray, " frames"]
    """Times at which the points are given, seconds, increasing."""
    xy: Float32[np.ndarray, "tracks frames 2"]
    """Position as a share of the frame's width and height, 0-1 inside; NaN where unknown."""
    visible: Bool[np.ndarray, "tracks frames"]
    """True where the point is seen; False before its birth, after its loss and behind something."""
