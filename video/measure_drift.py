"""Measuring a `Drift`: frame after frame, with one frame kept."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from lawful.video.drift import Drift
from lawful.video.frames import Frames
from lawful.video.picking import lasts_until, shrunk
from lawful.video.sources import Decoded, Size

WINDOW_S = 1.0
"""A look that ends at some time measures the last second before it, or all of it where it is shorter."""
LONG_SIDE_PX = 640
"""Frames are measured at this longer side; smaller ones as they are."""


@dataclass(eq=False)
class DriftMeter:
    """Measures frames one after the other, keeping one."""

    n_frames: int = 0
    """Frames so far."""
    light: float = 0.0
    """Sum over the frames of the mean luma."""
    colour: float = 0.0
    """Sum over the frames of the mean saturation."""
    detail: float = 0.0
    """Sum over the frames of the sharpness."""
    moved: float = 0.0
    """Sum over pairs of neighbours of the mean absolute change of luma."""
    span_s: float = 0.0
    """Time from the first frame to the last."""
    last: tuple[float, Float32[np.ndarray, "height width"]] | None = None
    """Time and luma of the last frame."""

    def add(self, rgb: UInt8[np.ndarray, "height width 3"], time_s: float) -> None:
        """Take in the next frame, of the size of those before."""
        luma = luma_of(rgb)
        self.n_frames += 1
        self.light += float(luma.mean(dtype=np.float64))
        self.colour += mean_saturation(rgb)
        self.detail += sharpness_of(luma)
        if self.last is not None:
            self.moved += float(np.abs(luma - self.last[1]).mean(dtype=np.float64))
            self.span_s += time_s - self.last[0]
        self.last = time_s, luma

    def drift(self) -> Drift:
        """What was measured so far."""
        n = self.n_frames
        if n == 0:
            return Drift(0, math.nan, math.nan, math.nan, math.nan, "no frame begins in the window")
        motion_per_s, reason = math.nan, "one frame begins in the window; motion needs two"
        if n > 1:
            motion_per_s, reason = self.moved / self.span_s, ""
        return Drift(n, self.light / n, self.colour / n, self.detail / n, motion_per_s, reason)


@dataclass(eq=False)
class TailMeter:
    """Measures the last `WINDOW_S` before a time, while the frames go by."""

    until_s: float
    """Where the window ends, seconds from the first frame."""
    size: Size
    """Width and height of the frames as shown."""
    meter: DriftMeter = field(default_factory=DriftMeter)
    """What measures."""

    def watch(self, frame: Decoded, start_s: float) -> None:
        """Take in a decoded frame, if it begins in the window."""
        if lasts_until(start_s, max(0.0, self.until_s - WINDOW_S)):
            self.meter.add(np.ascontiguousarray(frame.rgb(shrunk(self.size, LONG_SIDE_PX))), start_s)

    def drift(self) -> Drift:
        """What was measured."""
        return self.meter.drift()


def measure_drift(frames: Frames) -> Drift:
    """What some consecutive frames look like.

    >>> import numpy as np
    >>> grey = np.full((3, 8, 8, 3), 51, np.uint8)
    >>> drift = measure_drift(Frames(grey, np.array([0.0, 0.1, 0.2]), np.arange(3)))
    >>> round(drift.brightness, 6), drift.saturation, drift.sharpness, drift.motion_per_s
    (0.2, 0.0, 0.0, 0.0)

    Args:
        frames: The frames, as they are.

    Returns:
        Their means; NaN with the reason where there are too few frames.
    """
    meter = DriftMeter()
    for rgb, time_s in zip(frames.rgb, frames.times_s.tolist(), strict=True):
        meter.add(np.ascontiguousarray(rgb), time_s)
    return meter.drift()


def luma_of(rgb: UInt8[np.ndarray, "height width 3"]) -> Float32[np.ndarray, "height width"]:
    """Luma of a frame, 0-1: 0.299 R + 0.587 G + 0.114 B of the values as stored.

    Source: Rec. ITU-R BT.601-7, sec. 2.5.1.
    """
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2GRAY)


def mean_saturation(rgb: UInt8[np.ndarray, "height width 3"]) -> float:
    """Mean over the pixels of (max - min) / max of the three channels, 0-1; a black pixel has none.

    Source: Smith, Color gamut transform pairs, SIGGRAPH 1978.
    """
    red, green, blue = cv2.split(rgb)
    largest = cv2.max(cv2.max(red, green), blue).astype(np.float32)
    smallest = cv2.min(cv2.min(red, green), blue).astype(np.float32)
    return float((1 - smallest / np.maximum(largest, 1))[largest > 0].sum(dtype=np.float64) / largest.size)


def sharpness_of(luma: Float32[np.ndarray, "height width"]) -> float:
    """Variance over the pixels of the Laplacian (kernel 0 1 0, 1 -4 1, 0 1 0), in luma squared.

    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.
    """
    return float(cv2.Laplacian(luma, cv2.CV_32F, ksize=1).var(dtype=np.float64))
