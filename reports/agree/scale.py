"""The scale that people rated on, and how a judge's score is read on it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.reports.ratings.record import Rating, Scale
from lawful.reports.stats.inputs import Values

MAX_STEPS = 20
"""A scale with more answers than this has no exact agreement."""
_HALF = 0.5
_DECIMALS = 9
"""Values that differ by less are equal where a limit decides."""


@dataclass(frozen=True)
class AxisScale:
    """The scale of one rating axis."""

    low: float
    """The worst value; minus infinity without ends."""
    high: float
    """The best value."""
    steps: tuple[float, ...]
    """All answers that there are, rising; empty where any number may be given."""
    no_steps: str
    """Why there are no steps; empty where there are."""
    threshold: float
    """Above is yes, below is no; NaN where nothing says."""
    words: bool = False
    """Whether the answers are words in an order, and their numbers only places in it."""

    @property
    def bounded(self) -> bool:
        """Whether there is a worst and a best value."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def no_yes(self) -> str:
        """Why there is no yes and no; empty where there is."""
        return "the scale has no middle: give a threshold" if math.isnan(self.threshold) else ""

    def from_judge(self, scores: Values) -> Float64[np.ndarray, " items"]:
        """A judge's scores, 0-1, on the scale: 0 is its worst value, 1 its best, linear between.

        Without ends they stay as they are, but for a shift that brings 0.5 to the threshold where there is one.
        """
        if self.bounded:
            return self.low + scores * (self.high - self.low)
        return scores + (0.0 if math.isnan(self.threshold) else self.threshold - _HALF)

    def to_unit(self, values: Values) -> Float64[np.ndarray, " items"]:
        """Values of the scale as 0-1; NaN without ends."""
        if self.bounded:
            return (values - self.low) / (self.high - self.low)
        return np.full(len(values), math.nan)

    def to_steps(self, values: Values) -> Float64[np.ndarray, " items"]:
        """The step nearest to each value, the better one of two that are as near; NaN stays."""
        steps, values = np.asarray(self.steps), np.round(values, _DECIMALS)
        middles = (steps[1:] + steps[:-1]) / 2
        found = steps[np.searchsorted(middles, np.where(np.isnan(values), self.low, values), side="right")]
        return np.where(np.isnan(values), math.nan, found)

    def to_yes(self, values: Values) -> Float64[np.ndarray, " items"]:
        """1 above the threshold, 0 below; NaN on it, where the value is, and everywhere without a threshold."""
        values = np.round(values, _DECIMALS)
        sure = ~np.isnan(values - self.threshold) & (values != self.threshold)
        return np.where(sure, (values > self.threshold) * 1.0, math.nan)


def axis_scale(axis: str, ratings: Iterable[Rating], threshold: float | None = None) -> AxisScale:
    """The scale of an axis, from its ratings.

    Args:
        axis: Its name, for messages.
        ratings: The ratings on it.
        threshold: What divides yes from no; None takes the middle of the scale.

    Raises:
        InputError: The ratings have different scales, or the threshold lies outside the scale.
    """
    scales: dict[Scale, None] = {}
    whole = True
    for rating in ratings:
        scales[rating.scale] = None
        whole = whole and (rating.value is None or rating.value % 1 == 0)
    if len(scales) > 1:
        found = ", ".join(sorted(map(str, scales)))
        raise InputError(
            f"the ratings on {axis} have several scales: {found}. Give the one that holds: --scale {axis}=..."
        )
    scale = next(iter(scales), Scale())
    middle = (scale.lowest + scale.highest) / 2 if math.isfinite(scale.highest - scale.lowest) else math.nan
    chosen = middle if threshold is None else threshold
    if threshold is not None and not scale.lowest <= threshold <= scale.highest:
        raise InputError(f"the threshold {threshold:g} of {axis} lies outside its scale {scale}")
    steps, why = _steps(scale, whole)
    return AxisScale(float(scale.lowest), float(scale.highest), steps, why, chosen, scale.ordinal)


def _steps(scale: Scale, whole: bool) -> tuple[tuple[float, ...], str]:
    if scale.labels:
        values = {scale.value(label) for label in scale.labels}
        steps = tuple(sorted(value for value in values if value is not None))
    elif not math.isfinite(scale.highest - scale.lowest):
        return (), "the scale has no ends: give one with --scale or --mapping"
    elif not (whole and scale.lowest % 1 == 0 and scale.highest % 1 == 0):
        return (), "the scale has no steps: ratings between whole numbers occur"
    else:
        steps = tuple(float(step) for step in range(int(scale.lowest), int(scale.highest) + 1))
    if len(steps) > MAX_STEPS:
        return (), f"the scale has more than {MAX_STEPS} steps"
    return steps, ""
