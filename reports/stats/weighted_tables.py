"""Chance-corrected agreement of weighted items: alpha and kappa for the bootstrap.

Both depend on items only through a table of values by values, which adds up over items: the table of a
resample is one product of its weights with the items' own tables.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.reports.stats.categorical import KappaWeights
from lawful.reports.stats.inputs import Table, Values, complete_pairs, on_scale, table
from lawful.reports.stats.raters import Metric
from lawful.reports.stats.weighted import Replicates, WeightedStatistic, Weights

MOST_VALUES = 100
"""More distinct values than this make the tables too large; use `from_function` for those."""


def weighted_alpha(ratings: Table, metric: Metric) -> WeightedStatistic:
    """Krippendorff's alpha for the bootstrap over items; see `krippendorff_alpha`.

    Args:
        ratings: Items by raters; NaN is missing. Items with fewer than two ratings are not used.
        metric: What a disagreement weighs.

    Raises:
        InputError: The ratings are no table or infinite, or hold more than 100 distinct values.
    """
    each = table(ratings, "ratings", "items, raters")
    present = np.count_nonzero(~np.isnan(each), axis=1) >= 2
    used = each[present]
    values = _distinct(used[~np.isnan(used)])
    counts = (
        np.stack([np.count_nonzero(used == value, axis=1) for value in values], axis=1) * 1.0
        if len(values)
        else np.zeros((0, 0))
    )
    m = counts.sum(axis=1)
    # Of each item: ordered pairs of its ratings by their values, over the number of its ratings less one.
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(len(values))
    coincidences = (pairs / np.maximum(m - 1, 1)[:, None, None]).reshape(len(used), len(values) ** 2)

    def of(weights: Weights) -> Replicates:
        tables = (weights[:, present] @ coincidences).reshape(len(weights), len(values), len(values))
        totals = tables.sum(axis=2)
        cost = _distances(values, totals, metric)
        observed = np.sum(tables * cost, axis=(1, 2))
        expected = np.einsum("rc,rck,rk->r", totals, cost, totals)
        ratio = np.divide(observed, expected, out=np.full(len(weights), math.nan), where=expected > 0)
        return 1 - (totals.sum(axis=1) - 1) * ratio

    return WeightedStatistic(f"Krippendorff's alpha, {metric}", present, of)


def weighted_kappa(
    a: Values, b: Values, weights: KappaWeights = "none", scale: Sequence[float] | None = None
) -> WeightedStatistic:
    """Cohen's kappa for the bootstrap over items; see `cohen_kappa`.

    Args:
        a: One value an item; NaN is missing.
        b: The other rater's value of the same items.
        weights: `none`, `linear` or `quadratic`, by steps of the scale.
        scale: The values that there are; None takes those that occur.

    Raises:
        InputError: The arrays differ in length, a value is not on the scale, or there are more than 100
            values.
    """
    pairs = complete_pairs(a, b, ("a", "b"))
    for name, side in (("a", pairs.x), ("b", pairs.y)):
        on_scale(side, scale, name)
    values = _distinct(
        np.concatenate([pairs.x, pairs.y]) if scale is None else np.asarray(scale, dtype=np.float64)
    )
    first, second = (np.searchsorted(values, side) for side in (pairs.x, pairs.y))
    cells = (first * len(values) + second)[:, None] == np.arange(len(values) ** 2)
    steps = np.abs(np.subtract.outer(np.arange(len(values)), np.arange(len(values))))
    cost = {"none": (steps > 0) * 1.0, "linear": steps * 1.0, "quadratic": steps**2.0}[weights]

    def of(resampled: Weights) -> Replicates:
        counts = (resampled[:, pairs.kept] @ cells.astype(np.float64)).reshape(
            len(resampled), len(values), len(values)
        )
        observed = np.sum(counts * cost, axis=(1, 2)) * counts.sum(axis=(1, 2))
        chance = np.einsum("rc,ck,rk->r", counts.sum(axis=2), cost, counts.sum(axis=1))
        return 1 - np.divide(observed, chance, out=np.full(len(counts), math.nan), where=chance > 0)

    return WeightedStatistic(f"kappa, {weights} weights", pairs.kept, of)


def _distinct(values: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, " values"]:
    distinct = np.unique(values)
    if len(distinct) > MOST_VALUES:
        raise InputError(
            f"{len(distinct)} distinct values are more than the {MOST_VALUES} that are tabled; "
            "round the scores, or bootstrap the statistic with from_function"
        )
    return distinct


def _distances(
    values: Float64[np.ndarray, " values"], totals: Float64[np.ndarray, "resamples values"], metric: Metric
) -> Float64[np.ndarray, "resamples values values"]:
    if metric == "nominal":
        return np.broadcast_to(1 - np.eye(len(values)), (len(totals), len(values), len(values)))
    place = (
        np.cumsum(totals, axis=1) - totals / 2 if metric == "ordinal" else np.tile(values, (len(totals), 1))
    )
    return (place[:, :, None] - place[:, None, :]) ** 2
