"""How bright, colourful, sharp and lively a stretch of a clip is, beside which a score over time is read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Drift:
    """What the frames of a stretch look like. Compare it with other stretches of the same clip alone."""

    n_frames: int
    """Frames measured."""
    brightness: float
    """Mean luma, 0-1; NaN without a frame."""
    saturation: float
    """Mean saturation of the HSV colour cone, 0-1; NaN without a frame."""
    sharpness: float
    """Variance of the Laplacian of the luma, in luma (0-1) squared, mean over frames; NaN without a frame."""
    motion_per_s: float
    """Absolute change of luma (0-1) a second, mean over pixels and over the time from the first to the last
    frame; NaN with fewer than two frames."""
    reason: str = ""
    """Why a number is NaN; empty where none is."""
