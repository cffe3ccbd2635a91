"""The frames of a rollout in the order of time, whatever order they are made in."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8

from lawful.core.errors import LawfulError
from lawful.generators.records import Chunk
from lawful.video.frames import Frames

_FRAMES_OFF = 0.25
"""How far a frame's time may be from that of its index, frames."""


class Assembly:
    """Holds back frames that are not final or come before their turn.

    Args:
        name: The generator's name, for messages.
        n_frames: Frames of the whole video.
        fps: Frames a second.
    """

    def __init__(self, name: str, n_frames: int, fps: float) -> None:
        self._name = name
        self._n_frames = n_frames
        self._fps = fps
        self._next = 0
        self._waiting: dict[int, tuple[UInt8[np.ndarray, "height width 3"], float]] = {}
        self._size: tuple[int, int] | None = None

    @property
    def n_done(self) -> int:
        """Frames that have come out, which are the first ones of the video."""
        return self._next

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames."""
        assert self._size is not None
        return self._size

    def add(self, chunk: Chunk) -> Frames | None:
        """Take in a chunk and give the frames whose turn it is; None where there are none.

        Raises:
            LawfulError: The frames are no frames of this video: twice, beyond its end, of another size or rate.
        """
        frames = chunk.frames
        if not len(frames):
            raise self._unsound(f"chunk {chunk.index} has no frames")
        size = (frames.rgb.shape[2], frames.rgb.shape[1])
        self._size = self._size or size
        if size != self._size:
            raise self._unsound(
                f"chunk {chunk.index} has frames of {_told(size)} after frames of {_told(self._size)}"
            )
        if chunk.final:
            for rgb, time_s, index in self._each(frames):
                if index < self._next or index in self._waiting or index >= self._n_frames:
                    raise self._unsound(
                        f"frame {index} comes twice or is none of the {self._n_frames} that were asked for"
                    )
                if abs(time_s * self._fps - index) > _FRAMES_OFF:
                    raise self._unsound(
                        f"frame {index} is at {time_s:g} s and not at {index / self._fps:g} s, "
                        f"at {self._fps:g} frames a second"
                    )
                self._waiting[index] = (rgb, time_s)
        return self._ready()

    def check_whole(self, asked: tuple[int | None, int | None] = (None, None)) -> None:
        """Refuse a rollout that ended early, or whose frames do not have the width and height that were asked for.

        Raises:
            LawfulError: Frames are missing, or of another size.
        """
        if self._next != self._n_frames:
            raise self._unsound(f"{self._next} of {self._n_frames} frames were made without a gap")
        width, height = self.size
        if asked[0] not in (None, width) or asked[1] not in (None, height):
            raise self._unsound(f"its frames are {_told(self.size)} and not of the size that was asked for")

    def _ready(self) -> Frames | None:
        start = self._next
        while self._next in self._waiting:
            self._next += 1
        if self._next == start:
            return None
        ready = [self._waiting.pop(index) for index in range(start, self._next)]
        rgb = np.stack([one for one, _ in ready])
        return Frames(rgb, np.array([time_s for _, time_s in ready]), np.arange(start, self._next))

    def _each(self, frames: Frames) -> Iterator[tuple[UInt8[np.ndarray, "height width 3"], float, int]]:
        return zip(frames.rgb, frames.times_s.tolist(), frames.indices.tolist(), strict=True)

    def _unsound(self, what: str) -> LawfulError:
        return LawfulError(f"generator {self._name!r} is unsound: {what}")


def _told(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]} px"
