"""Paired permutation test by clusters, and Holm's correction for many tests."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.reports.stats.inputs import Labels, Values, codes, same_length, vector
from lawful.reports.stats.result import SignificanceTest, untested

EXACT_UP_TO = 16
"""So many clusters have their p-value from all sign flips (2^16 = 65,536)."""
_BATCH = 128


def paired_permutation(
    a: Values,
    b: Values,
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    n_resamples: int = 10_000,
    exact_up_to: int = EXACT_UP_TO,
) -> SignificanceTest:
    """Test that two scores of the same items have one mean, by exchanging them cluster by cluster.

    If nothing but the names tells `a` from `b`, each cluster's differences might as well have the other sign.

    >>> a, b = np.array([3.0, 4.0, 5.0, 5.0]), np.array([1.0, 2.0, 2.0, 4.0])
    >>> test = paired_permutation(a, b, np.random.default_rng(0))
    >>> test.statistic, test.p, test.method
    (2.0, 0.125, 'paired permutation, all 16 sign flips')

    Args:
        a: One value an item; NaN is missing.
        b: The other value of the same items.
        rng: Source of randomness, used where there are too many clusters for all sign flips.
        clusters: Label of each item's cluster; None makes each item its own.
        n_resamples: Sign flips drawn where not all are tried.
        exact_up_to: Up to so many clusters, at most 16, all sign flips are tried.

    Returns:
        The mean of a - b and its two-sided p-value: the share of sign flips with a mean at least as far from
        0, where drawn counted with the observed one among them. NaN without a complete pair.

    Raises:
        InputError: The arrays differ in length or hold infinite values.

    Source: Phipson and Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010), on counting the observed order.
    """
    first, second = vector(a, "a"), vector(b, "b")
    n_all = same_length(a=first, b=second)
    cluster = np.arange(n_all) if clusters is None else codes(clusters, n_all, "clusters")[0]
    difference = first - second
    kept = ~np.isnan(difference)
    n, n_missing = int(np.count_nonzero(kept)), int(np.count_nonzero(~kept))
    if n == 0:
        return untested("no complete pair", 0, n_missing, "paired permutation")
    sums = np.bincount(np.unique(cluster[kept], return_inverse=True)[1], weights=difference[kept])
    exact = len(sums) <= min(exact_up_to, EXACT_UP_TO)
    if exact:
        p, method = _exact_p(sums), f"paired permutation, all {2 ** len(sums):,} sign flips"
    else:
        p, method = _drawn_p(sums, n_resamples, rng), f"paired permutation, {n_resamples:,} sign flips"
    return SignificanceTest(float(sums.sum()) / n, p, n, method, n_missing, n_clusters=len(sums))


def holm(p_values: Sequence[float] | Float64[np.ndarray, " tests"]) -> Float64[np.ndarray, " tests"]:
    """p-values adjusted so that all tests together err at most as often as one.

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]

    Args:
        p_values: One p-value a test, 0-1; NaN for a test that could not be made, which counts for nothing.

    Returns:
        The adjusted p-values in the same order, NaN where given so.

    Raises:
        InputError: A value is outside 0-1.

    Source: Holm, Scand. J. Statist. 6 (1979).
    """
    p = vector(np.asarray(p_values, dtype=np.float64), "p_values")
    known = np.flatnonzero(~np.isnan(p))
    outside = known[(p[known] < 0) | (p[known] > 1)]
    if outside.size:
        raise InputError(f"p-values lie between 0 and 1, found {p[outside[0]]:g} at position {outside[0]}")
    order = known[np.argsort(p[known], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _exact_p(sums: Float64[np.ndarray, " clusters"]) -> float:
    totals = np.zeros(1)
    for one in sums:
        totals = np.concatenate([totals + one, totals - one])
    return float(np.mean(np.abs(totals) >= _at_least(sums)))


def _drawn_p(sums: Float64[np.ndarray, " clusters"], n_resamples: int, rng: np.random.Generator) -> float:
    if n_resamples < 1:
        raise InputError(f"n_resamples must be at least 1, found {n_resamples}")
    far = 0
    for start in range(0, n_resamples, _BATCH):
        size = (min(_BATCH, n_resamples - start), len(sums))
        flips = rng.integers(0, 2, size=size, dtype=np.int8) * 2.0 - 1.0
        far += int(np.count_nonzero(np.abs(flips @ sums) >= _at_least(sums)))
    return (far + 1) / (n_resamples + 1)


def _at_least(sums: Float64[np.ndarray, " clusters"]) -> float:
    """The observed total, less what rounding may take from one that equals it."""
    return abs(float(sums.sum())) - 1e-12 * float(np.abs(sums).sum())
