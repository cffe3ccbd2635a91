"""Frames in memory, read as a file is: the same sampling, the same times."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from lawful.video.frames import ClipMeta, Frames
from lawful.video.read import VideoReader
from lawful.video.sources import Decoded, Size


def open_frames(frames: Frames, meta: ClipMeta) -> VideoReader:
    """All frames of a clip that is in memory, to be read as `open_video` lets a file be read.

    Args:
        frames: The frames, at least one; the last stays on screen for 1 / `meta.fps`.
        meta: What is known of the clip (see `array_meta`).
    """
    return VideoReader(_ArraySource(frames, meta.fps), meta)


class _ArraySource:
    def __init__(self, frames: Frames, fps: float) -> None:
        self._frames = frames
        self.fps = fps
        self.size: Size = (frames.rgb.shape[2], frames.rgb.shape[1])
        self.rounding_s = 0.0
        self.declared_s = None
        self.declared_frames = len(frames)

    def decode(self) -> Iterator[Decoded]:
        """See `Source.decode`."""
        for pixels, time_s in zip(self._frames.rgb, self._frames.times_s.tolist(), strict=True):
            yield Decoded(time_s, 1 / self.fps, lambda size, pixels=pixels: _resized(pixels, size))

    def stamps(self) -> list[float | None]:
        """See `Source.stamps`."""
        return list(self._frames.times_s.tolist())

    def shortfall(self, decoded_frames: int, decoded_s: float) -> str | None:
        """See `Source.shortfall`; an array is whole."""
        return None


def _resized(rgb: UInt8[np.ndarray, "height width 3"], size: Size) -> UInt8[np.ndarray, "h w 3"]:
    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX))
