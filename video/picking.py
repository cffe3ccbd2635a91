"""True times out of stated ones, and the frames that a sampling policy picks. Pure: no files, no pixels."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lawful.video.sampling import Sampling
from lawful.video.sources import MAX_GAP_S, Size

_EPSILON_S = 1e-6
SAME_TIME_S = 1e-3
"""Times this close to where a look ends are taken for that time: stamps are rounded, to milliseconds in matroska."""


class Clock:
    """Turns stated stamps into times that start at 0 and strictly increase.

    A stamp that is missing, does not come after the one before, or lies more than `MAX_GAP_S` after it is
    replaced by one nominal interval after the frame before.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._origin_s: float | None = None
        self._last_s: float | None = None

    def time_s(self, stamp_s: float | None) -> float:
        """The time of the next frame, seconds from the first."""
        if self._last_s is None:
            self._origin_s = stamp_s
            self._last_s = 0.0
            return 0.0
        if stamp_s is not None and self._origin_s is None:
            self._origin_s = stamp_s - self._last_s - self._interval_s
        time_s = None if stamp_s is None or self._origin_s is None else stamp_s - self._origin_s
        if time_s is None or not self._last_s < time_s <= self._last_s + MAX_GAP_S:
            time_s = self._last_s + self._interval_s
        self._last_s = time_s
        return time_s


def spread(times_s: Sequence[float], count: int) -> list[float]:
    """`count` of the times, all different, as evenly spaced from the first to the last as they allow.

    >>> spread([0.0, 0.1, 0.2, 0.3, 2.0], 3)
    [0.0, 0.3, 2.0]
    """
    if len(times_s) <= count:
        return list(times_s)
    ordered = np.asarray(times_s, dtype=np.float64)
    chosen: list[float] = []
    position = -1
    for rank, wanted_s in enumerate(np.linspace(ordered[0], ordered[-1], count)):
        after = int(np.searchsorted(ordered, wanted_s))
        before = max(after - 1, 0)
        nearest = before if wanted_s - ordered[before] <= ordered[after] - wanted_s else after
        position = min(max(nearest, position + 1), len(ordered) - (count - rank))
        chosen.append(float(ordered[position]))
    return chosen


class Picker:
    """Says of each frame in turn whether a sampling policy wants it.

    With `fps`, a frame is picked if a tick k / fps falls into its time on screen. Stamps of matroska, webm and
    gif are rounded, so there a frame is also picked that stays for a tick's length to within the rounding,
    unless more frames than ticks were picked before it.
    """

    def __init__(self, sampling: Sampling, wanted_s: Sequence[float] | None, rounding_s: float) -> None:
        self._fps = sampling.fps
        self._wanted_s = None if wanted_s is None else np.asarray(wanted_s, dtype=np.float64)
        self._rounding_s = rounding_s
        self._picked = 0

    def picks(self, start_s: float, end_s: float) -> bool:
        """Whether the frame on screen from `start_s` to `end_s` is wanted."""
        if self._wanted_s is not None:
            at = int(np.searchsorted(self._wanted_s, start_s - _EPSILON_S))
            return at < len(self._wanted_s) and bool(self._wanted_s[at] < end_s - _EPSILON_S)
        if self._fps is None:
            return True
        picked = self._has_tick(self._fps, start_s, end_s) or self._lasts_a_tick(self._fps, start_s, end_s)
        self._picked += picked
        return picked

    def _has_tick(self, fps: float, start_s: float, end_s: float) -> bool:
        return math.ceil((start_s - _EPSILON_S) * fps) / fps < end_s - _EPSILON_S

    def _lasts_a_tick(self, fps: float, start_s: float, end_s: float) -> bool:
        rounding_s = min(self._rounding_s, 0.25 / fps) + _EPSILON_S
        return end_s - start_s >= 1 / fps - rounding_s and self._picked <= (start_s + rounding_s) * fps


def times_of(stamps_s: Iterable[float | None], fps: float) -> Iterator[float]:
    """The time of every frame, from the stamps as stated."""
    clock = Clock(1 / fps)
    for stamp_s in stamps_s:
        yield clock.time_s(stamp_s)


def lasts_until(time_s: float, until_s: float) -> bool:
    """Whether a time is at or after the time at which a look ends.

    >>> lasts_until(0.9999, 1.0), lasts_until(0.99, 1.0)
    (True, False)
    """
    return time_s >= until_s - SAME_TIME_S


def shrunk(size: Size, long_side_px: int | None) -> Size:
    """Width and height after shrinking to a longer side, at least one pixel each.

    >>> shrunk((3840, 2160), 512)
    (512, 288)
    """
    longest = max(size)
    if long_side_px is None or longest <= long_side_px:
        return size
    width, height = (max(1, round(side * long_side_px / longest)) for side in size)
    return width, height
