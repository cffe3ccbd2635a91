"""Rules that name careless raters; the thresholds are set before the ratings are looked at."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.reports.stats.correlation import correlate
from lawful.reports.stats.inputs import Table, table


@dataclass(frozen=True)
class CarelessRules:
    """When a rater counts as careless."""

    min_items: int = 10
    """Raters with fewer ratings are not judged."""
    constant_share: float = 0.95
    """Constant: so large a share of a rater's ratings is one value, though the others' means vary."""
    min_seconds: float = 2.0
    """A rating given in less time is a fast one."""
    fast_share: float = 0.5
    """Too fast: so large a share of a rater's timed ratings is fast."""
    min_correlation: float = 0.0
    """Anti-correlated: Spearman's correlation with the mean of the others is below this."""


@dataclass(frozen=True)
class RaterCheck:
    """What the rules found on one rater."""

    rater: int
    """Column of the rater."""
    n: int
    """Ratings given."""
    top_share: float
    """Share of the most frequent value; NaN for no rating."""
    fast_share: float
    """Share of timed ratings that are fast; NaN where none is timed."""
    correlation: float
    """Spearman's correlation with the mean of the others; NaN where it is not defined."""
    constant: bool
    """Whether the rule of constant ratings applies."""
    too_fast: bool
    """Whether the rule of fast ratings applies."""
    anti_correlated: bool
    """Whether the rule of correlation applies."""

    @property
    def careless(self) -> bool:
        """Whether any rule applies."""
        return self.constant or self.too_fast or self.anti_correlated


def check_raters(
    ratings: Table, seconds: Table | None = None, rules: CarelessRules | None = None
) -> tuple[RaterCheck, ...]:
    """What the rules find on each rater, in the order of the columns.

    Args:
        ratings: Items by raters; NaN is missing.
        seconds: Time that each rating took, in the same shape; NaN is unknown. None leaves the rule out.
        rules: The thresholds; None takes the defaults.

    Raises:
        InputError: The tables differ in shape, are no tables or hold infinite values.
    """
    each, rule = table(ratings, "ratings", "items, raters"), rules or CarelessRules()
    times = np.full(each.shape, math.nan) if seconds is None else table(seconds, "seconds", "items, raters")
    if times.shape != each.shape:
        raise InputError(f"seconds must have the shape of ratings, {each.shape}, found {times.shape}")
    return tuple(_check(each, times, rater, rule) for rater in range(each.shape[1]))


def _check(
    ratings: Float64[np.ndarray, "items raters"],
    seconds: Float64[np.ndarray, "items raters"],
    rater: int,
    rule: CarelessRules,
) -> RaterCheck:
    rated = ~np.isnan(ratings[:, rater])
    own, others = ratings[rated, rater], np.delete(ratings[rated], rater, axis=1)
    n = len(own)
    told = np.any(~np.isnan(others), axis=1)
    target = np.full(n, math.nan)
    target[told] = np.round(np.nanmean(others[told], axis=1), 9)
    top = float(np.unique(own, return_counts=True)[1].max() / n) if n else math.nan
    timed = seconds[rated, rater][~np.isnan(seconds[rated, rater])]
    fast = float(np.mean(timed < rule.min_seconds)) if len(timed) else math.nan
    correlation = correlate(own, target, "spearman", exact_up_to=0).value
    judged = n >= rule.min_items
    vary = bool(told.any()) and float(np.ptp(target[told])) > 0
    return RaterCheck(
        rater=rater,
        n=n,
        top_share=top,
        fast_share=fast,
        correlation=correlation,
        constant=judged and vary and top >= rule.constant_share,
        too_fast=judged and fast >= rule.fast_share,
        anti_correlated=judged and correlation < rule.min_correlation,
    )
