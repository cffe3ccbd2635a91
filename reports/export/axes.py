"""Axes of plots: a range that holds all numbers, ticks at steps of 1, 2 or 5, and places along it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_PADDING = 0.04
"""Share of the range that is left free at each end."""


@dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    place: float
    """Where, 0-100."""
    label: str
    """Its number."""


@dataclass(frozen=True)
class Axis:
    """A range of numbers laid out from 0 to 100."""

    low: float
    """Number at 0."""
    high: float
    """Number at 100."""
    ticks: tuple[Tick, ...]
    """Labelled places."""

    def place(self, value: float) -> float:
        """Where a number is, 0-100; ends of intervals that reach beyond the axis are cut."""
        return round(100 * min(max((value - self.low) / (self.high - self.low), 0), 1), 2)


def axis(values: Iterable[float], most_ticks: int) -> Axis:
    """An axis that holds all finite values.

    Args:
        values: The numbers to hold; those that are not finite are passed over.
        most_ticks: How many ticks there may be.
    """
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    # A range that rounding makes of one number is no range.
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        spread = abs(low) / 2 or 0.5
        low, high = low - spread, high + spread
    padding = _PADDING * (high - low)
    low, high = low - padding, high + padding
    step = tick_step(high - low, most_ticks)
    first, last = math.ceil(low / step), math.floor(high / step)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    bare = Axis(low, high, ())
    ticks = tuple(Tick(bare.place(n * step), _label(n * step, places)) for n in range(first, last + 1))
    return Axis(low, high, ticks)


def tick_step(length: float, most_ticks: int) -> float:
    """The smallest step of 1, 2 or 5 times a power of ten that fits into a length less often than that.

    >>> tick_step(1.0, 6), tick_step(37.0, 5)
    (0.2, 10.0)
    """
    power = 10.0 ** math.floor(math.log10(length / most_ticks))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if length / (power * factor) < most_ticks)


def _label(value: float, places: int) -> str:
    if places > 4 or abs(value) >= 1e6:
        return f"{value:.6g}".replace("-", "−")
    # Adding zero turns the negative zero into the plain one.
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", "−")
