"""How far raters agree with each other: the ceiling for any judge.

Ratings come as a table, items by raters, NaN where a rater did not rate. Where each item had raters of its
own, the columns are seats rather than persons; alpha and agreement are unchanged by that, ceilings mean
"another rater".
"""

import itertools
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.correlation import METHODS, Method, correlate
from lawful.reports.stats.inputs import Table, Values, table, vector
from lawful.reports.stats.result import Estimate, undefined

Metric = Literal["nominal", "ordinal", "interval"]
CeilingMethod = Method | Literal["exact"]


@dataclass(frozen=True)
class Ceiling:
    """What one more rater reaches, and what a judge reaches on the same target."""

    raters: Estimate
    """Mean over raters of each against the others; n counts the items of all raters."""
    by_rater: tuple[float, ...]
    """Each rater against the others; NaN where that is not defined."""
    judge: float
    """The judge against the same targets, averaged in the same way; NaN without a judge."""
    share: float
    """The judge's part of the ceiling, 1 where it agrees as well as raters do; NaN where undefined."""


def krippendorff_alpha(ratings: Table, metric: Metric) -> Estimate:
    """Krippendorff's alpha: 1 less the observed disagreement over the one expected by chance.

    >>> ratings = np.array([[1, 1], [2, 2], [3, 3], [3, 4], [1, np.nan]])
    >>> alpha = krippendorff_alpha(ratings, "interval")
    >>> round(alpha.value, 3), alpha.n, alpha.n_missing
    (0.889, 4, 1)

    Args:
        ratings: Items by raters; NaN is missing.
        metric: What a disagreement weighs: `nominal` 1, `interval` the squared difference, `ordinal` the
            squared number of ratings between the two values (half of those at either end).

    Returns:
        1 for full agreement, 0 for chance, below 0 for worse; n counts items with two or more ratings,
        n_missing the others. NaN where no item has two ratings, or all ratings are one value.

    Raises:
        InputError: The ratings are no table, or infinite.

    Source: Krippendorff, Content Analysis (3rd ed., 2013), ch. 12; Computing Krippendorff's
    Alpha-Reliability (2011).
    """
    each = table(ratings, "ratings", "items, raters")
    counts = np.count_nonzero(~np.isnan(each), axis=1)
    paired = counts >= 2
    n, n_missing = int(np.count_nonzero(paired)), int(np.count_nonzero(~paired))
    method = f"Krippendorff's alpha, {metric}"
    if n == 0:
        return undefined("no item has two ratings", 0, n_missing, method)
    rows, columns = np.nonzero(~np.isnan(each[paired]))
    values, m = each[paired][rows, columns], counts[paired].astype(np.float64)
    if np.ptp(values) == 0:
        return undefined("all ratings are one value", n, n_missing, method)
    if metric == "nominal":
        observed, expected = _nominal(values, rows, m)
    else:
        # The ordinal distance between two values is the difference of their midranks among all ratings.
        observed, expected = _squared(stats.rankdata(values) if metric == "ordinal" else values, rows, m)
    total = len(values)
    return Estimate(1 - (total - 1) * observed / expected, n, method=method, n_missing=n_missing)


def pairwise_agreement(ratings: Table, tolerance: float = 0.0) -> Estimate:
    """Share of pairs of ratings of one item that are equal, over all items; not corrected for chance.

    Args:
        ratings: Items by raters; NaN is missing.
        tolerance: Ratings at most so far apart count as equal.

    Returns:
        From 0 to 1; n counts pairs of ratings, n_missing items without a pair. NaN for no pair.

    Raises:
        InputError: The ratings are no table, or infinite.
    """
    each = table(ratings, "ratings", "items, raters")
    agree = pairs = 0
    for first, second in itertools.combinations(each.T, 2):
        both = ~(np.isnan(first) | np.isnan(second))
        pairs += int(np.count_nonzero(both))
        agree += int(np.count_nonzero(np.abs(first[both] - second[both]) <= tolerance))
    without = int(np.count_nonzero(np.count_nonzero(~np.isnan(each), axis=1) < 2))
    if pairs == 0:
        return undefined("no item has two ratings", 0, without, "pairwise agreement")
    return Estimate(agree / pairs, pairs, method="pairwise agreement", n_missing=without)


def leave_one_out_ceiling(ratings: Table, method: CeilingMethod, judge: Values | None = None) -> Ceiling:
    """Each rater against the other raters of the same items, and a judge against the very same targets.

    The target is the others' mean; for `exact` their majority, where items without a single most frequent
    value are left out. A judge is measured against each of these targets too, not against the mean of all
    raters: that would spare the judge noise that the raters had to live with.

    Args:
        ratings: Items by raters; NaN is missing.
        method: A correlation, or `exact` for the share of equal values.
        judge: One score an item, for `exact` on the raters' scale; NaN is missing.

    Returns:
        The ceiling; NaN for one rater.

    Raises:
        InputError: The ratings are no table, or the judge does not have one score an item.
    """
    each = table(ratings, "ratings", "items, raters")
    scores = None if judge is None else vector(judge, "judge")
    if scores is not None and len(scores) != len(each):
        raise InputError(f"judge must have one score an item ({len(each)}), found {len(scores)}")
    own, of_judge, n = [], [], 0
    for rater in range(each.shape[1]):
        others = np.delete(each, rater, axis=1)
        target = most_frequent(others) if method == "exact" else mean_rating(others)
        rated = np.where(np.isnan(each[:, rater]), math.nan, target)
        value, items = _agreement(each[:, rater], rated, method)
        own.append(value)
        n += items if not math.isnan(value) else 0
        of_judge.append(math.nan if scores is None else _agreement(scores, rated, method)[0])
    known = [value for value in own if not math.isnan(value)]
    name = f"leave one rater out, {method}"
    if not known:
        return Ceiling(
            undefined("no rater can be compared with others", 0, 0, name), tuple(own), math.nan, math.nan
        )
    ceiling = math.fsum(known) / len(known)
    judged = [value for value in of_judge if not math.isnan(value)]
    judge_value = math.fsum(judged) / len(judged) if judged else math.nan
    share = judge_value / ceiling if ceiling > 0 else math.nan
    return Ceiling(Estimate(ceiling, n, method=name), tuple(own), judge_value, share)


def split_half(
    ratings: Table, rng: np.random.Generator, method: Method = "pearson", most_splits: int = 200
) -> Estimate:
    """Reliability of the mean rating: halves of the raters correlated, stepped up by Spearman-Brown.

    The square root of it bounds the correlation that any judge can have with the mean rating.

    Args:
        ratings: Items by raters; NaN is missing.
        rng: Source of randomness, used where there are more splits than `most_splits`.
        method: Which correlation.
        most_splits: All splits into halves are averaged up to so many, so many drawn ones beyond. With an odd
            number of raters one half has one more, and the step-up is a little too small.

    Returns:
        The reliability of the mean of all raters; n counts items. NaN for one rater, or where no split has a
        correlation.

    Raises:
        InputError: The ratings are no table, or infinite.

    Source: Spearman, Brown, Brit. J. Psychol. 3 (1910).
    """
    each = table(ratings, "ratings", "items, raters")
    n, raters = each.shape
    name = f"split half, {method}, Spearman-Brown"
    if raters < 2:
        return undefined("fewer than two raters", n, method=name)
    if math.comb(raters, raters // 2) <= most_splits:
        halves = [np.array(half) for half in itertools.combinations(range(raters), raters // 2)]
    else:
        halves = [rng.permutation(raters)[: raters // 2] for _ in range(most_splits)]
    values = []
    for half in halves:
        inside = np.isin(np.arange(raters), half)
        found = correlate(
            mean_rating(each[:, inside]), mean_rating(each[:, ~inside]), method, exact_up_to=0
        ).value
        values.append(spearman_brown(found, 2.0))
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return undefined("no split has a correlation", n, method=name)
    return Estimate(math.fsum(known) / len(known), n, method=name)


def spearman_brown(reliability: float, times: float) -> float:
    """Reliability of `times` as many raters.

    >>> spearman_brown(0.5, 2.0)
    0.6666666666666666

    NaN where the formula has no value (its denominator is not above 0, for a strong negative correlation).
    """
    below = 1 + (times - 1) * reliability
    return times * reliability / below if below > 0 else math.nan


def _nominal(
    values: Float64[np.ndarray, " ratings"], rows: np.ndarray, m: Float64[np.ndarray, " items"]
) -> tuple[float, float]:
    """Observed and expected disagreement, each times the number of ratings."""
    number = np.unique(values, return_inverse=True)[1].reshape(-1)
    cells, size = np.unique(rows * (int(number.max()) + 1) + number, return_counts=True)
    same = np.bincount(cells // (int(number.max()) + 1), weights=size.astype(np.float64) ** 2)
    observed = float(np.sum((m * m - same) / (m - 1)))
    totals = np.bincount(number).astype(np.float64)
    return observed, float(len(values) ** 2 - totals @ totals)


def _squared(
    values: Float64[np.ndarray, " ratings"], rows: np.ndarray, m: Float64[np.ndarray, " items"]
) -> tuple[float, float]:
    """The same for squared differences: sums over pairs are sums about means."""
    centred = values - values.mean()
    means = np.bincount(rows, weights=centred) / m
    within = np.bincount(rows, weights=(centred - means[rows]) ** 2)
    observed = float(np.sum(2 * m * within / (m - 1)))
    return observed, float(2 * len(values) * (centred @ centred))


def mean_rating(ratings: Float64[np.ndarray, "items raters"]) -> Float64[np.ndarray, " items"]:
    """Mean over the raters that rated, rounded to 1e-9 so that equal means are equal; NaN for none."""
    rated = ~np.isnan(ratings)
    counts = np.count_nonzero(rated, axis=1)
    sums = np.where(rated, ratings, 0.0).sum(axis=1)
    return np.round(np.divide(sums, counts, out=np.full(len(sums), math.nan), where=counts > 0), 9)


def most_frequent(ratings: Float64[np.ndarray, "items raters"]) -> Float64[np.ndarray, " items"]:
    """The single most frequent value of each item; NaN where there is none."""
    values = np.unique(ratings[~np.isnan(ratings)])
    if not len(values):
        return np.full(len(ratings), math.nan)
    counts = np.stack([np.count_nonzero(ratings == value, axis=1) for value in values], axis=1)
    most = counts.max(axis=1, keepdims=True)
    single = (np.count_nonzero(counts == most, axis=1) == 1) & (most[:, 0] > 0)
    return np.where(single, values[np.argmax(counts, axis=1)], math.nan)


def _agreement(
    a: Float64[np.ndarray, " items"], b: Float64[np.ndarray, " items"], method: CeilingMethod
) -> tuple[float, int]:
    if method in METHODS:
        result = correlate(a, b, method, exact_up_to=0)
        return result.value, result.n
    both = ~(np.isnan(a) | np.isnan(b))
    n = int(np.count_nonzero(both))
    return (float(np.mean(a[both] == b[both])) if n else math.nan), n
