"""Items that come in clusters, and the mean of such items.

Which stage to draw is a question of what would be new if the work were done again. `clusters`: other prompts,
and with them other seeds; this is the default and is calibrated for it, because the spread between prompts as
observed already holds the spread of their seeds. `items`: the same prompts with other seeds; one seed fewer
than there are is drawn from each prompt, because with few seeds drawing all of them makes intervals too
narrow. `clusters_then_items` draws both and counts the spread of the seeds twice: intervals are a little too
wide; it is here because it is often asked for.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from scipy import stats

from lawful.reports.stats.inputs import Labels, Values, codes, fraction, on_scale, vector
from lawful.reports.stats.result import Estimate, undefined
from lawful.reports.stats.weighted import Weights

Stages = Literal["clusters", "clusters_then_items", "items"]
"""What is drawn anew."""


@dataclass(frozen=True)
class Clustering:
    """Which items are drawn together."""

    item: Int64[np.ndarray, " items"]
    """Unit of each item: what is drawn within a cluster, for example a seed."""
    unit: Int64[np.ndarray, " units"]
    """Cluster of each unit, for example its prompt; units are in the order of their clusters."""
    sizes: Int64[np.ndarray, " clusters"]
    """Units in each cluster."""

    @classmethod
    def of(cls, n: int, clusters: Labels | None, inner: Labels | None = None) -> "Clustering":
        """The clustering of n items.

        Args:
            n: How many items there are.
            clusters: Label of each item's cluster; None makes each item a cluster of its own.
            inner: Label of each item's unit within its cluster; None makes each item a unit of its own.

        Raises:
            InputError: There is not one label an item.
        """
        cluster = np.arange(n) if clusters is None else codes(clusters, n, "clusters")[0]
        within = np.arange(n) if inner is None else codes(inner, n, "inner")[0]
        span = int(within.max(initial=0)) + 1
        keys, item = np.unique(cluster * span + within, return_inverse=True)
        unit = np.unique(keys // span, return_inverse=True)[1].astype(np.int64)
        return cls(item.astype(np.int64), unit, np.bincount(unit))

    def draw(self, n_resamples: int, stages: Stages, rng: np.random.Generator) -> Weights:
        """How many times each item counts in each of some resamples.

        Whole numbers, but for `items` with clusters of different sizes: those are scaled to their sizes.
        """
        counts = np.ones((n_resamples, len(self.sizes)))
        if stages != "items":
            counts = self.draw_clusters(n_resamples, rng)
        if stages == "clusters":
            return np.take(counts, self.unit[self.item], axis=1)
        units = np.empty((n_resamples, len(self.unit)))
        for size in np.unique(self.sizes):
            which = np.flatnonzero(self.sizes == size)
            drawn = size if stages == "clusters_then_items" else max(1, size - 1)
            of_size = rng.multinomial((counts[:, which] * drawn).astype(np.int64), np.full(size, 1 / size))
            scale = 1.0 if drawn == size or np.ptp(self.sizes) == 0 else size / drawn
            units[:, np.isin(self.unit, which)] = scale * of_size.reshape(n_resamples, -1)
        return np.take(units, self.item, axis=1)

    def draw_clusters(
        self, n_resamples: int, rng: np.random.Generator
    ) -> Float64[np.ndarray, "resamples clusters"]:
        """How many times each cluster counts in each of some resamples of whole clusters."""
        n = len(self.sizes)
        draws = [np.bincount(rng.integers(0, n, size=n), minlength=n) for _ in range(n_resamples)]
        return np.array(draws, dtype=np.float64).reshape(n_resamples, n)

    def leave_out(self, which: Int64[np.ndarray, " some"], stages: Stages) -> Weights:
        """Weights without one cluster each; without one unit each where only units are drawn."""
        of_item = self.item if stages == "items" else self.unit[self.item]
        return (of_item[None, :] != which[:, None]).astype(np.float64)


def clustered_mean(
    values: Values,
    clusters: Labels | None = None,
    level: float = 0.95,
    limits: tuple[float, float] = (-math.inf, math.inf),
) -> Estimate:
    """Mean with the interval of its clustered standard error (Student's t, clusters - 1 degrees of freedom).

    Args:
        values: One value an item; NaN is missing.
        clusters: Label of each item's cluster; None makes each item its own.
        level: Coverage that the interval is made for.
        limits: The least and the greatest value that there can be: the interval is cut off there.

    Returns:
        The mean; the ends are NaN for one cluster.

    Raises:
        InputError: There is not one label an item, or values are infinite.

    Source: Miller, arXiv 2411.00640 (2024), sec. 2.2, times clusters / (clusters - 1).
    """
    fraction(level, "level")
    x = vector(values, "values")
    present = ~np.isnan(x)
    cluster = np.arange(len(x)) if clusters is None else codes(clusters, len(x), "clusters")[0]
    known, of = x[present], np.unique(cluster[present], return_inverse=True)[1].reshape(-1)
    n, n_missing, method = len(known), int(np.count_nonzero(~present)), "mean, clustered standard error, t"
    if n == 0:
        return undefined("no value", 0, n_missing, method)
    mean, groups = float(known.mean()), int(of.max()) + 1
    if groups < 2:
        reason = "one cluster: no spread between clusters"
        return Estimate(mean, n, math.nan, math.nan, level, method, n_missing, groups, reason)
    sums = np.bincount(of, weights=known - mean)
    error = math.sqrt(groups / (groups - 1) * float(sums @ sums)) / n
    half = float(stats.t.ppf(0.5 + level / 2, groups - 1)) * error
    low, high = max(mean - half, limits[0]), min(mean + half, limits[1])
    return Estimate(mean, n, low, high, level, method, n_missing, groups)


def clustered_share(answers: Values, clusters: Labels | None = None, level: float = 0.95) -> Estimate:
    """Share of ones with Wilson's interval for as many independent items as the clustered ones are worth.

    It does not shrink to nothing where all answers are the same, as that of a mean does.

    Args:
        answers: 1, 0 or NaN, one an item.
        clusters: Label of each item's cluster; None makes each item its own, and the interval plain Wilson's.
        level: Coverage that the interval is made for.

    Returns:
        The share. Items are worth n over the design effect, at most n; where all answers are the same and
        there is no spread to tell it, one item a cluster.

    Raises:
        InputError: There is not one label an item, or an answer is none of 0, 1 and NaN.

    Source: Korn and Graubard, Survey Methodology 24 (1998), on the effective size; Wilson, JASA 22 (1927).
    """
    x = vector(answers, "answers")
    on_scale(x[~np.isnan(x)], (0.0, 1.0), "answers")
    mean = clustered_mean(x, clusters, level)
    method = "share, Wilson of the effective size"
    if math.isnan(mean.value):
        return undefined("no value", 0, mean.n_missing, method)
    share, n_clusters = mean.value, mean.n_clusters or 0
    if math.isnan(mean.low):
        return Estimate(
            share, mean.n, math.nan, math.nan, level, method, mean.n_missing, n_clusters, mean.reason
        )
    error = mean.width / 2 / float(stats.t.ppf(0.5 + level / 2, n_clusters - 1))
    size = min(mean.n, share * (1 - share) / error**2 * mean.n / (mean.n - 1)) if error > 0 else n_clusters
    z2 = float(stats.norm.ppf(0.5 + level / 2)) ** 2
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = math.sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Estimate(share, mean.n, low, high, level, method, mean.n_missing, n_clusters)
