"""Statistics of items that each count a whole number of times: what a bootstrap asks for thousands of times.

A resample with replacement is the same items with other weights. Computing straight from the weights, many
resamples at once, is what makes ten thousand resamples of a rank correlation take seconds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.inputs import Values, complete_pairs, same_length, vector

Weights = Float64[np.ndarray, "resamples items"]
"""How many times each item counts in each resample; a common factor changes no statistic."""
Replicates = Float64[np.ndarray, " resamples"]
"""The statistic in each resample; NaN where a resample does not define it."""
OfWeights = Callable[[Weights], Replicates]
"""A function from weights to the statistic in each resample."""

_BLOCK = 1 << 14
"""Weights that the rank correlation handles at once: 128 kB, which stays in the fast caches."""


@dataclass(frozen=True)
class WeightedStatistic:
    """A statistic as a function of how many times each item counts."""

    name: str
    """What it is, in a word or two."""
    present: Bool[np.ndarray, " items"]
    """Items that it uses; the others lack a value and their weights are ignored."""
    of: OfWeights
    """The statistic under each row of weights."""

    @property
    def n(self) -> int:
        """Items used."""
        return int(np.count_nonzero(self.present))

    @property
    def value(self) -> float:
        """The statistic of the items as they are."""
        return float(self.of(np.ones((1, len(self.present))))[0])


def weighted_mean(values: Values) -> WeightedStatistic:
    """Mean over the items; NaN for none."""
    x = vector(values, "values")
    present = ~np.isnan(x)
    known = np.where(present, x, 0.0)

    def of(weights: Weights) -> Replicates:
        return _ratio(weights @ known, weights @ present.astype(np.float64))

    return WeightedStatistic("mean", present, of)


def weighted_difference(a: Values, b: Values) -> WeightedStatistic:
    """Mean of `a - b` over the items that have both."""
    first, second = vector(a, "a"), vector(b, "b")
    same_length(a=first, b=second)
    mean = weighted_mean(first - second)
    return WeightedStatistic("mean paired difference", mean.present, mean.of)


def weighted_pearson(x: Values, y: Values) -> WeightedStatistic:
    """Pearson's correlation over the items that have both values."""
    pairs = complete_pairs(x, y)
    if not len(pairs.x):
        return WeightedStatistic("pearson", pairs.kept, _never)
    # Centred and scaled once, so that sums of squares do not cancel.
    sides = [(side - side.mean()) / (np.ptp(side) or 1.0) for side in (pairs.x, pairs.y)]
    columns = np.stack([np.ones(len(pairs.x)), *sides, sides[0] ** 2, sides[1] ** 2, sides[0] * sides[1]], 1)

    def of(weights: Weights) -> Replicates:
        total, x1, y1, x2, y2, xy = (weights[:, pairs.kept] @ columns).T
        variance_x, variance_y = (_spread(two, one, total) for two, one in ((x2, x1), (y2, y1)))
        return _correlation(xy - _ratio(x1 * y1, total), variance_x, variance_y)

    return WeightedStatistic("pearson", pairs.kept, of)


def weighted_spearman(x: Values, y: Values) -> WeightedStatistic:
    """Spearman's correlation over the items that have both values, midranks taken anew in each resample.

    An item of weight w is w tied copies. With the items sorted once, the midrank of a value is half the sum
    of the cumulative weights below it and up to it, so that a resample costs a few passes over the items.
    """
    pairs = complete_pairs(x, y)
    if not len(pairs.x):
        return WeightedStatistic("spearman", pairs.kept, _never)
    items = np.flatnonzero(pairs.kept)
    by_x, by_y = _Order.of(pairs.x), _Order.of(pairs.y)
    items_by_x, items_by_y = items[by_x.order], items[by_y.order]
    x_of_y = by_x.number[by_y.order]
    y_of_y = None if len(by_y.last) == len(items) else by_y.number[by_y.order]

    def of_block(weights: Weights) -> Replicates:
        in_y = np.take(weights, items_by_y, axis=1)
        x_ranks, x_spread = by_x.ranks(np.take(weights, items_by_x, axis=1))
        y_ranks, y_spread = by_y.ranks(in_y)
        y_each = y_ranks if y_of_y is None else np.take(y_ranks, y_of_y, axis=1)
        in_y *= np.take(x_ranks, x_of_y, axis=1)
        return _correlation(np.einsum("ri,ri->r", in_y, y_each), x_spread, y_spread)

    def of(weights: Weights) -> Replicates:
        rows = max(1, _BLOCK // len(items))
        blocks = [of_block(weights[start : start + rows]) for start in range(0, len(weights), rows)]
        return np.concatenate(blocks) if blocks else np.empty(0)

    return WeightedStatistic("spearman", pairs.kept, of)


def difference_of(a: WeightedStatistic, b: WeightedStatistic) -> WeightedStatistic:
    """One statistic less another of the same items, for example the correlations of two judges."""
    same_length(a=a.present, b=b.present)

    def of(weights: Weights) -> Replicates:
        return a.of(weights) - b.of(weights)

    return WeightedStatistic(f"{a.name} less {b.name}", a.present | b.present, of)


def from_function(name: str, function: Callable[..., float], *arrays: np.ndarray) -> WeightedStatistic:
    """Any statistic of arrays with one entry (or row) an item, one resample at a time: slow, but general.

    Args:
        name: What it is, in a word or two.
        function: Called with the arrays, each item repeated as often as it counts.
        arrays: The arrays; the function treats missing values as it does.

    Raises:
        InputError: The arrays differ in length; or, when used, weights are not whole numbers.
    """
    n = same_length(**{f"array {index}": array for index, array in enumerate(arrays, 1)})

    def of(weights: Weights) -> Replicates:
        repeats = weights.astype(np.int64)
        if not np.array_equal(repeats, weights):
            raise InputError(
                f"{name} repeats each item and needs whole weights; clusters of different sizes do not "
                "give them where only items are drawn: draw clusters instead"
            )
        each = (np.repeat(np.arange(n), row) for row in repeats)
        return np.array([float(function(*(array[rows] for array in arrays))) for rows in each])

    return WeightedStatistic(name, np.ones(n, dtype=bool), of)


@dataclass(frozen=True)
class _Order:
    """Items in the order of a value."""

    order: Int64[np.ndarray, " items"]
    number: Int64[np.ndarray, " items"]
    last: Int64[np.ndarray, " values"]

    @classmethod
    def of(cls, values: Float64[np.ndarray, " items"]) -> "_Order":
        number = stats.rankdata(values, method="dense").astype(np.int64) - 1
        order = np.argsort(number, kind="stable")
        last = np.append(np.flatnonzero(np.diff(number[order])), len(values) - 1)
        return cls(order, number, last)

    def ranks(self, sorted_weights: Weights) -> tuple[np.ndarray, Replicates]:
        """Centred midrank of each distinct value, and the sum of their squares."""
        up_to = np.cumsum(sorted_weights, axis=1)
        tied = sorted_weights
        if len(self.last) < up_to.shape[1]:
            up_to = np.take(up_to, self.last, axis=1)
            tied = np.diff(up_to, axis=1, prepend=0.0)
        n = up_to[:, -1].copy()
        # Half the sum of the ranks below a value and up to it, less the mean rank.
        ranks = up_to * 0.5
        ranks[:, 1:] += ranks[:, :-1].copy()
        ranks -= 0.5 * n[:, None]
        # Sum of squared centred midranks: (N^3 - sum of t^3 over ties of t) / 12.
        return ranks, (n**3 - np.einsum("rv,rv,rv->r", tied, tied, tied)) / 12.0


def _never(weights: Weights) -> Replicates:
    return np.full(len(weights), math.nan)


def _ratio(above: Replicates, below: Replicates) -> Replicates:
    return np.divide(above, below, out=np.full(len(above), math.nan), where=below > 0)


def _spread(squares: Replicates, sums: Replicates, total: Replicates) -> Replicates:
    """Sum of squares about the mean; 0 where it is rounding."""
    about = squares - _ratio(sums * sums, total)
    return np.where(about > 1e-13 * squares, about, 0.0)


def _correlation(cross: Replicates, spread_x: Replicates, spread_y: Replicates) -> Replicates:
    return np.clip(_ratio(cross, np.sqrt(spread_x * spread_y)), -1.0, 1.0)
