"""Correlation of two scores: Pearson, Spearman, Kendall tau-b and tau-c, exact p for few items."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from scipy import stats

from lawful.reports.stats.inputs import Labels, Pairs, Values, codes, complete_pairs, fraction
from lawful.reports.stats.result import Estimate, undefined

Method = Literal["pearson", "spearman", "kendall_b", "kendall_c"]
METHODS: tuple[Method, ...] = ("pearson", "spearman", "kendall_b", "kendall_c")
EXACT_UP_TO = 9
"""So many items have their p-value from all permutations (9! = 362,880)."""
KENDALL_EXACT_UP_TO = 33
"""So many items without ties have the p-value of Kendall's own distribution."""
_ROUNDING = 1e-14


@dataclass(frozen=True)
class Correlation:
    """A correlation and its p-value against independence."""

    method: Method
    """Which correlation."""
    value: float
    """From -1 to 1; NaN for fewer than two complete pairs or a constant."""
    p: float
    """Two-sided p-value; NaN where the value is."""
    n: int
    """Complete pairs."""
    n_missing: int
    """Pairs left out because a value was missing."""
    p_method: str
    """`permutations` (all of them, exact with ties), `exact` (Kendall without ties) or `approximation`."""
    reason: str = ""
    """Why the value is NaN; empty where it is not."""


@dataclass(frozen=True)
class GroupedCorrelation:
    """A correlation taken apart: the pooled one mixes the two others."""

    pooled: Correlation
    """Over all items."""
    between: Correlation
    """Over the groups' means; n counts groups."""
    within: Estimate
    """Mean of the groups' own correlations, weighted by their complete pairs; n counts those pairs."""
    by_group: dict[str, Correlation]
    """The correlation in each group, by its name."""


def correlate(x: Values, y: Values, method: Method, exact_up_to: int = EXACT_UP_TO) -> Correlation:
    """Correlation over the items that have both values.

    >>> result = correlate(np.array([1, 2, 3, 4]), np.array([1, 3, 2, 4]), "spearman")
    >>> round(result.value, 3), round(result.p, 3), result.p_method
    (0.8, 0.333, 'permutations')

    Args:
        x: One value an item; NaN is missing.
        y: The other value of the same items.
        method: Which correlation. Ties have midranks (Spearman); tau-b corrects for ties, tau-c for scales of
            different lengths.
        exact_up_to: Up to so many pairs, 3 to 9, p comes from all permutations; above from the t
            distribution (Pearson, Spearman) or Kendall's own (exact without ties, else normal).

    Returns:
        The correlation; NaN for fewer than two pairs or where one side is constant.

    Raises:
        InputError: The arrays differ in length or hold infinite values.

    Source: Kendall, Rank Correlation Methods (1948), ch. 3 (tau-b); Stuart, Biometrika 40 (1953) (tau-c).
    """
    pairs = complete_pairs(x, y)
    n = len(pairs.x)
    if reason := _undefined(pairs):
        return Correlation(method, math.nan, math.nan, n, pairs.n_missing, "", reason)
    value = _value(pairs, method)
    if n <= max(3, min(exact_up_to, EXACT_UP_TO)):
        p, p_method = _permutation_p(pairs, method), "permutations"
    elif method in ("pearson", "spearman"):
        p, p_method = _t_p(value, n), "approximation"
    else:
        tied = len(np.unique(pairs.x)) < n or len(np.unique(pairs.y)) < n
        p_method = "approximation" if tied or n > KENDALL_EXACT_UP_TO else "exact"
        p = _kendall(pairs, method, "exact" if p_method == "exact" else "asymptotic")[1]
    return Correlation(method, value, p, n, pairs.n_missing, p_method)


pearson: Callable[[Values, Values], Correlation] = partial(correlate, method="pearson")
"""Pearson's product-moment correlation."""
spearman: Callable[[Values, Values], Correlation] = partial(correlate, method="spearman")
"""Spearman's rank correlation with midranks."""
kendall_b: Callable[[Values, Values], Correlation] = partial(correlate, method="kendall_b")
"""Kendall's tau-b."""
kendall_c: Callable[[Values, Values], Correlation] = partial(correlate, method="kendall_c")
"""Kendall's (Stuart's) tau-c."""


def correlation_interval(correlation: Correlation, level: float = 0.95) -> Estimate:
    """Approximate interval of a correlation of independent items, for example of a few generators.

    Fisher's z with the standard error of the kind of correlation. It shows how little a correlation over
    eight generators says; for items in clusters use the bootstrap. NaN ends for fewer than five pairs and
    for a correlation of exactly -1 or 1.

    Raises:
        InputError: The level is not between 0 and 1.

    Source: Bonett and Wright, Psychometrika 65 (2000), eq. 3 and table 1.
    """
    fraction(level, "level")
    method = f"{correlation.method}, Fisher z"
    if math.isnan(correlation.value):
        return undefined(correlation.reason, correlation.n, correlation.n_missing, method)
    r, n = correlation.value, correlation.n
    reason = "fewer than five pairs" if n < 5 else "a correlation of exactly -1 or 1" if abs(r) >= 1.0 else ""
    low = high = math.nan
    if not reason:
        variance = {"pearson": 1 / (n - 3), "spearman": (1 + r * r / 2) / (n - 3)}
        half = stats.norm.ppf(0.5 + level / 2) * math.sqrt(variance.get(correlation.method, 0.437 / (n - 4)))
        low, high = (float(math.tanh(math.atanh(r) + side * half)) for side in (-1, 1))
    return Estimate(r, n, low, high, level, method, correlation.n_missing, reason=reason)


def correlate_by_group(x: Values, y: Values, groups: Labels, method: Method) -> GroupedCorrelation:
    """The correlation pooled, between the groups' means, and within the groups.

    Args:
        x: One value an item; NaN is missing.
        y: The other value of the same items.
        groups: The group of each item, for example its generator.
        method: Which correlation.

    Returns:
        All three. Groups without a correlation of their own (fewer than two pairs, a constant) are in
        `by_group` and out of `within`; `within` is NaN where no group has one. Means are over complete pairs.

    Raises:
        InputError: The arrays differ in length or hold infinite values.
    """
    pairs = complete_pairs(x, y)
    number, names = codes(groups, len(pairs.kept), "groups")
    by_group = {
        str(name): correlate(np.asarray(x)[number == index], np.asarray(y)[number == index], method)
        for index, name in enumerate(names)
    }
    means = [_means(pairs, number[pairs.kept] == index) for index in range(len(names))]
    known = [one for one in by_group.values() if not math.isnan(one.value)]
    n = sum(one.n for one in known)
    within = (
        Estimate(
            math.fsum(one.value * one.n for one in known) / n,
            n,
            method=f"{method}, mean of {len(known)} groups",
            n_missing=pairs.n_missing,
        )
        if known
        else undefined("no group has a correlation of its own", 0, pairs.n_missing, method)
    )
    between = correlate(np.array([m[0] for m in means]), np.array([m[1] for m in means]), method)
    return GroupedCorrelation(correlate(x, y, method), between, within, by_group)


def _means(pairs: Pairs, inside: np.ndarray) -> tuple[float, float]:
    if not inside.any():
        return math.nan, math.nan
    return float(pairs.x[inside].mean()), float(pairs.y[inside].mean())


def _undefined(pairs: Pairs) -> str:
    if len(pairs.x) < 2:
        return "fewer than two complete pairs"
    if np.ptp(pairs.x) == 0 or np.ptp(pairs.y) == 0:
        return "one side is constant"
    return ""


def _value(pairs: Pairs, method: Method) -> float:
    if method in ("kendall_b", "kendall_c"):
        return _kendall(pairs, method, "auto")[0]
    x, y = (_unit(side, method) for side in (pairs.x, pairs.y))
    r = float(x @ y)
    return math.copysign(1.0, r) if 1.0 - abs(r) < _ROUNDING else r


def _kendall(
    pairs: Pairs, method: Method, p_method: Literal["auto", "exact", "asymptotic"]
) -> tuple[float, float]:
    tau, p = np.asarray(stats.kendalltau(pairs.x, pairs.y, variant=method[-1], method=p_method))
    return float(tau), float(p)


def _unit(values: Float64[np.ndarray, " items"], method: Method) -> Float64[np.ndarray, " items"]:
    """Values or their midranks, centred, of length 1."""
    centred = stats.rankdata(values) if method == "spearman" else values
    # Scaling first keeps the squares of very large and very small values inside the float range.
    centred = (centred - centred.mean()) / np.ptp(centred)
    return centred / np.linalg.norm(centred)


def _t_p(r: float, n: int) -> float:
    if abs(r) >= 1.0:
        return 0.0
    return float(2 * stats.t.sf(abs(r) * math.sqrt((n - 2) / (1 - r * r)), n - 2))


def _permutation_p(pairs: Pairs, method: Method) -> float:
    """Share of all permutations with at least so strong a correlation."""
    orders = _permutations(len(pairs.x))
    if method in ("kendall_b", "kendall_c"):
        first, second = np.triu_indices(len(pairs.x), 1)
        sign = np.sign(pairs.x[first] - pairs.x[second])
        products = np.zeros(len(orders))
        # Ties stay ties in every permutation: only concordant less discordant pairs vary.
        for one, i, j in zip(sign, first, second, strict=True):
            products += one * np.sign(pairs.y[orders[:, i]] - pairs.y[orders[:, j]])
    else:
        x, y = (_unit(side, method) for side in (pairs.x, pairs.y))
        products = y[orders] @ x
    # The first permutation is the order as observed; equal values may differ by rounding.
    return float(np.mean(np.abs(products) >= abs(products[0]) - 1e-10))


@cache
def _permutations(n: int) -> Int64[np.ndarray, "orders items"]:
    flat = np.fromiter(itertools.chain.from_iterable(itertools.permutations(range(n))), dtype=np.int64)
    return flat.reshape(-1, n)
