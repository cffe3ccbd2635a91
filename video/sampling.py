"""Which frames of a clip are looked at, and how large: sampling policies as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """A frame policy. All that is None leaves the clip as it is."""

    fps: float | None = None
    """At most this many frames a second: at each tick k / fps the frame then on screen. Slower clips keep all."""
    count: int | None = None
    """This many frames, evenly spaced from the first to the last; clips with fewer keep all."""
    long_side_px: int | None = None
    """Shrink frames to this longer side, keeping the aspect; smaller frames stay as they are."""

    def __post_init__(self) -> None:
        if self.fps is not None and self.count is not None:
            raise ValueError("a sampling policy has fps or count, not both")
        for name, value in (("fps", self.fps), ("count", self.count), ("long_side_px", self.long_side_px)):
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be positive, got {value}")
