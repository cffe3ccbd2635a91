"""What every kind of clip looks like to the reader: frames with stamps, cheap stamps, and damage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

MAX_PIXELS = 8192 * 4320
"""Larger frames are refused before memory is taken for them: 8K is read, a lying header is not."""
NOMINAL_FPS = 25.0
"""Assumed where a file states no rate at all and has no two stamps to tell it from."""
MAX_FPS = 1000.0
"""Higher rates are not believed."""
MAX_GAP_S = 3600.0
"""A longer step from one frame to the next is taken for a wrong stamp."""
_BAND_ROWS = 64

Size = tuple[int, int]
"""Width and height in pixels."""


class DamagedError(Exception):
    """The clip cannot be read on from here; its text says what was found. The reader turns it into a record."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """One decoded frame whose pixels are still to be converted."""

    stamp_s: float | None
    """Presentation time as stated, from any origin; None where the file states none."""
    duration_s: float | None
    """Time on screen as stated; None where the file states none."""
    rgb: Callable[[Size], UInt8[np.ndarray, "height width 3"]]
    """Its pixels, upright, at a width and height as shown; may raise `DamagedError`."""


@runtime_checkable
class Source(Protocol):
    """A clip of one kind that can be decoded from its start any number of times."""

    @property
    def size(self) -> Size:
        """Width and height as shown."""
        ...

    @property
    def fps(self) -> float:
        """Nominal frames a second, positive."""
        ...

    @property
    def rounding_s(self) -> float:
        """What stamps are rounded to; 0 where they are exact."""
        ...

    @property
    def declared_s(self) -> float | None:
        """Duration that the file declares for its frames."""
        ...

    @property
    def declared_frames(self) -> int | None:
        """Number of frames that the file declares."""
        ...

    def decode(self) -> Iterator[Decoded]:
        """The frames in order of presentation.

        Raises:
            DamagedError: After the last frame before the damage.
        """
        ...

    def stamps(self) -> list[float | None]:
        """The stamps of all frames in order, found without decoding."""
        ...

    def shortfall(self, decoded_frames: int, decoded_s: float) -> str | None:
        """What is missing at the end of a clip that was decoded without an error, if anything."""
        ...


def over_black(rgba: UInt8[np.ndarray, "height width 4"]) -> UInt8[np.ndarray, "height width 3"]:
    """A picture with straight alpha laid over black."""
    rgb = np.empty((*rgba.shape[:2], 3), np.uint8)
    for top in range(0, len(rgba), _BAND_ROWS):  # band by band: the products are twice as wide
        band = rgba[top : top + _BAND_ROWS]
        rgb[top : top + _BAND_ROWS] = (band[..., :3] * band[..., 3:].astype(np.uint16) + 127) // 255
    return rgb
