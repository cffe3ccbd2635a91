"""Bootstrap of items that come in clusters: prompts are drawn, with all that belongs to them."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from scipy import special

from lawful.core.errors import InputError
from lawful.reports.stats.clusters import Clustering, Stages
from lawful.reports.stats.inputs import Labels, codes, fraction
from lawful.reports.stats.result import Estimate
from lawful.reports.stats.weighted import OfWeights, Replicates, WeightedStatistic, Weights

IntervalMethod = Literal["percentile", "bca"]
_BATCH = 8
"""Resamples drawn from one random stream: results do not depend on the number of threads."""
_MOST_UNDEFINED = 0.05


def bootstrap(
    statistic: WeightedStatistic,
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    inner: Labels | None = None,
    stages: Stages = "clusters",
    n_resamples: int = 2000,
    level: float = 0.95,
    method: IntervalMethod = "percentile",
    threads: int = 1,
) -> Estimate:
    """Interval of a statistic of clustered items.

    >>> from lawful.reports.stats.weighted import weighted_mean
    >>> prompts, scores = np.repeat(np.arange(40), 3), np.tile([0.2, 0.4, 0.9], 40)
    >>> mean = bootstrap(weighted_mean(scores), np.random.default_rng(0), clusters=prompts)
    >>> round(mean.value, 3), round(mean.width, 3), mean.n, mean.n_clusters
    (0.5, 0.0, 120, 40)

    Args:
        statistic: What to compute; see `weighted.py`.
        rng: Source of randomness; the same state gives the same interval for any number of threads.
        clusters: Label of each item's cluster, usually its prompt; None makes each item its own.
        inner: Label of what is drawn within a cluster, usually the seed; None makes it the item.
        stages: What is drawn anew; see `clusters.py` for which to take.
        n_resamples: How many resamples.
        level: Coverage that the interval is made for.
        method: `percentile`, or `bca`: corrected for bias and for skewness by leaving out each cluster in
            turn (each unit, where `stages` is `items`).
        threads: Threads to compute in.

    Returns:
        The statistic and its interval. The ends are NaN for one cluster (one unit a cluster for `items`), and
        where more than one resample in twenty does not define the statistic; such resamples are left out.

    Raises:
        InputError: There is not one label an item, or a number is out of its range.

    Source: Davison and Hinkley, Bootstrap Methods and their Application (1997), sec. 3.8; Efron, JASA 82
        (1987); McCarthy and Snowden, Vital Health Stat. 2-95 (1985), on drawing one fewer.
    """
    fraction(level, "level")
    name = f"{statistic.name}, {method} bootstrap of {stages.replace('_', ' ')}, {n_resamples} resamples"
    used = _restricted(statistic, clusters, inner)
    clustering = Clustering.of(len(used.items), used.clusters, used.inner)
    value = statistic.value if len(used.items) else math.nan
    n_missing = len(statistic.present) - len(used.items)
    result = Estimate(
        value, len(used.items), math.nan, math.nan, level, name, n_missing, n_clusters=len(clustering.sizes)
    )
    if math.isnan(value):
        return replace(result, reason="the statistic is not defined on these items")
    if stages != "items" and len(clustering.sizes) < 2:
        return replace(result, reason="one cluster: nothing to draw from")
    if stages == "items" and clustering.sizes.max() < 2:
        return replace(result, reason="one unit in each cluster: nothing to draw from")

    def of(weights: Weights) -> Replicates:
        if n_missing == 0:
            return statistic.of(weights)
        every = np.zeros((len(weights), len(statistic.present)))
        every[:, used.items] = weights
        return statistic.of(every)

    drawn = _replicates(of, clustering, stages, n_resamples, rng, threads)
    defined = drawn[~np.isnan(drawn)]
    if len(defined) < (1 - _MOST_UNDEFINED) * n_resamples:
        share = 1 - len(defined) / n_resamples
        return replace(result, reason=f"{share:.0%} of the resamples do not define the statistic")
    if method == "percentile":
        low, high = percentile_ends(defined, level)
    else:
        low, high = bca_ends(defined, value, _jackknife(of, clustering, stages), level)
    reason = "all resamples lie on one side of the value" if math.isnan(low) else ""
    return replace(result, low=low, high=high, reason=reason)


def percentile_ends(replicates: Replicates, level: float) -> tuple[float, float]:
    """The quantiles of the replicates that hold the middle `level` of them."""
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bca_ends(
    replicates: Replicates, value: float, left_out: Float64[np.ndarray, " left_out"], level: float
) -> tuple[float, float]:
    """Ends of the bias-corrected and accelerated interval.

    Args:
        replicates: The statistic in each resample.
        value: The statistic itself.
        left_out: The statistic without each cluster in turn.
        level: Coverage that the interval is made for.

    Returns:
        The ends; NaN where all replicates lie on one side of the value.

    Source: Efron, JASA 82 (1987), eq. 2.3 and 6.6.
    """
    below = (np.mean(replicates < value) + np.mean(replicates <= value)) / 2
    if below in (0.0, 1.0):
        return math.nan, math.nan
    bias = special.ndtri(below)
    left_out = left_out[~np.isnan(left_out)]
    push = left_out.mean() - left_out if len(left_out) else np.zeros(1)
    squares = float(np.sum(push**2))
    acceleration = float(np.sum(push**3)) / (6 * squares**1.5) if squares > 0 else 0.0
    shifted = bias + special.ndtri([(1 - level) / 2, (1 + level) / 2])
    shares = special.ndtr(bias + shifted / (1 - acceleration * shifted))
    low, high = np.quantile(replicates, shares)
    return float(low), float(high)


@dataclass(frozen=True)
class _Used:
    items: Int64[np.ndarray, " items"]
    clusters: Labels | None
    inner: Labels | None


def _restricted(statistic: WeightedStatistic, clusters: Labels | None, inner: Labels | None) -> _Used:
    """The items that the statistic uses, with their labels: a cluster without any of them is not drawn."""
    n, items = len(statistic.present), np.flatnonzero(statistic.present)
    for name, labels in (("clusters", clusters), ("inner", inner)):
        if labels is not None:
            codes(labels, n, name)
    pick = [None if labels is None else np.asarray(labels)[items] for labels in (clusters, inner)]
    return _Used(items, pick[0], pick[1])


def _replicates(
    of: OfWeights,
    clustering: Clustering,
    stages: Stages,
    n_resamples: int,
    rng: np.random.Generator,
    threads: int,
) -> Float64[np.ndarray, " resamples"]:
    if n_resamples < 1 or threads < 1:
        raise InputError(f"resamples and threads must be at least 1, found {n_resamples} and {threads}")
    sizes = [min(_BATCH, n_resamples - start) for start in range(0, n_resamples, _BATCH)]

    def batch(work: tuple[int, np.random.Generator]) -> Replicates:
        return of(clustering.draw(work[0], stages, work[1]))

    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(batch, zip(sizes, rng.spawn(len(sizes)), strict=True))))


def _jackknife(of: OfWeights, clustering: Clustering, stages: Stages) -> Float64[np.ndarray, " left_out"]:
    n = len(clustering.unit) if stages == "items" else len(clustering.sizes)
    parts = np.array_split(np.arange(n), math.ceil(n / _BATCH))
    return np.concatenate([of(clustering.leave_out(part, stages)) for part in parts])
