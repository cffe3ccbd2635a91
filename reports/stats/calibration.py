"""Do a judge's probabilities mean what they say: reliability, calibration error, isotonic and temperature."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import optimize, special

from lawful.core.errors import InputError
from lawful.reports.stats.categorical import proportion
from lawful.reports.stats.inputs import Labels, Pairs, Values, binary, codes, complete_pairs, vector
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.result import Estimate, undefined
from lawful.reports.stats.weighted import Replicates, WeightedStatistic, Weights

CalibrationMethod = Literal["isotonic", "temperature"]
_SMALLEST = 1e-7


@dataclass(frozen=True)
class ReliabilityBin:
    """Items with about the same probability, and how often they came out as said."""

    low: float
    """Smallest probability in the bin."""
    high: float
    """Greatest."""
    predicted: float
    """Mean probability."""
    observed: Estimate
    """Share of outcomes 1, with Wilson's interval."""


@dataclass(frozen=True)
class Isotonic:
    """A rising step-and-slope curve from score to calibrated score."""

    scores: Float64[np.ndarray, " knots"]
    """Distinct scores of the items that it was fitted on, rising; empty where there were none."""
    values: Float64[np.ndarray, " knots"]
    """The calibrated score of each."""

    def apply(self, scores: Values) -> Float64[np.ndarray, " items"]:
        """Calibrated scores: linear between knots, level beyond; NaN stays, all are NaN without knots."""
        x = vector(scores, "scores")
        if not len(self.scores):
            return np.full(len(x), math.nan)
        return np.where(np.isnan(x), math.nan, np.interp(x, self.scores, self.values))


@dataclass(frozen=True)
class Temperature:
    """One number that sharpens or flattens all probabilities alike."""

    temperature: float
    """Log-odds are divided by this: above 1 flattens (the judge was too sure); NaN without an item."""

    def apply(self, probabilities: Values) -> Float64[np.ndarray, " items"]:
        """Calibrated probabilities; NaN stays."""
        return special.expit(_log_odds(vector(probabilities, "probabilities")) / self.temperature)


def fit_isotonic(scores: Values, targets: Values) -> Isotonic:
    """The rising curve nearest to the targets in squares.

    Args:
        scores: One score an item; NaN is missing.
        targets: What the score should have been: outcomes of 0 and 1, or human scores.

    Raises:
        InputError: The arrays differ in length or hold infinite values.

    Source: Zadrozny and Elkan, KDD (2002); scipy.optimize.isotonic_regression.
    """
    pairs = complete_pairs(scores, targets, ("scores", "targets"))
    if not len(pairs.x):
        return Isotonic(np.empty(0), np.empty(0))
    knots, number, counts = np.unique(pairs.x, return_inverse=True, return_counts=True)
    means = np.bincount(number.reshape(-1), weights=pairs.y) / counts
    return Isotonic(knots, np.asarray(optimize.isotonic_regression(means, weights=counts).x))


def fit_temperature(probabilities: Values, outcomes: Values) -> Temperature:
    """The temperature with the smallest log loss, between 0.01 and 100.

    Args:
        probabilities: Probability of 1, one an item; NaN is missing. 0 and 1 are taken as 1e-7 from there.
        outcomes: 0 or 1.

    Raises:
        InputError: The arrays differ in length, a probability is outside 0-1 or an outcome is not 0 or 1.

    Source: Guo et al., ICML (2017), arXiv 1706.04599, eq. 9.
    """
    pairs, yes = _predictions(probabilities, outcomes)
    if not len(pairs.x):
        return Temperature(math.nan)
    odds = np.where(yes, 1.0, -1.0) * _log_odds(pairs.x)

    def loss(log_temperature: float) -> float:
        return float(np.mean(np.logaddexp(0.0, -odds * math.exp(-log_temperature))))

    found = optimize.minimize_scalar(
        loss, bounds=(-math.log(100), math.log(100)), method="bounded", options={"xatol": 1e-10}
    )
    return Temperature(math.exp(float(found.x)))


def folds_by_cluster(clusters: Labels, n_folds: int, rng: np.random.Generator) -> Int64[np.ndarray, " items"]:
    """A fold for each item, all items of a cluster in one: what is tuned on some prompts is tried on others.

    Args:
        clusters: Label of each item's cluster.
        n_folds: Folds, of nearly equal numbers of clusters.
        rng: Source of randomness.

    Raises:
        InputError: There are fewer than two folds, or fewer clusters than folds.
    """
    number, names = codes(clusters, len(clusters), "clusters")
    if not 2 <= n_folds <= len(names):
        raise InputError(
            f"folds must number from 2 to the {len(names)} clusters that there are, found {n_folds}"
        )
    return rng.permutation(len(names))[number] % n_folds


def calibrate_held_out(
    scores: Values,
    targets: Values,
    clusters: Labels,
    method: CalibrationMethod,
    rng: np.random.Generator,
    n_folds: int = 5,
) -> Float64[np.ndarray, " items"]:
    """Each item's calibrated score, fitted on items of other clusters only.

    Args:
        scores: One score an item, a probability for `temperature`; NaN is missing.
        targets: What it should have been, 0 or 1 for `temperature`; NaN is missing.
        clusters: Label of each item's cluster, usually its prompt.
        method: `isotonic` or `temperature`.
        rng: Source of randomness of the folds.
        n_folds: Folds.

    Returns:
        One value an item; NaN where the score is.

    Raises:
        InputError: The arrays differ in length, or there are fewer clusters than folds.
    """
    x, y = vector(scores, "scores"), vector(targets, "targets")
    complete_pairs(x, y, ("scores", "targets"))
    codes(clusters, len(x), "clusters")
    fold = folds_by_cluster(clusters, n_folds, rng)
    fit = fit_isotonic if method == "isotonic" else fit_temperature
    calibrated = np.full(len(x), math.nan)
    for held_out in range(n_folds):
        inside = fold == held_out
        calibrated[inside] = fit(x[~inside], y[~inside]).apply(x[inside])
    return calibrated


def reliability_bins(
    probabilities: Values, outcomes: Values, n_bins: int = 10, level: float = 0.95
) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram: bins of equal numbers of items, equal probabilities kept together.

    Args:
        probabilities: Probability of 1, one an item; NaN is missing.
        outcomes: 0 or 1.
        n_bins: Bins; fewer come back where equal probabilities fill more than one.
        level: Coverage of each bin's interval.

    Returns:
        The bins from low to high; none for no item.

    Raises:
        InputError: The arrays differ in length, a probability is outside 0-1 or an outcome is not 0 or 1.
    """
    pairs, yes = _predictions(probabilities, outcomes)
    number = _bins(pairs.x, n_bins)
    return tuple(
        ReliabilityBin(
            float(pairs.x[inside].min()),
            float(pairs.x[inside].max()),
            float(pairs.x[inside].mean()),
            proportion(yes[inside], level),
        )
        for inside in (number == index for index in np.unique(number))
    )


def expected_calibration_error(
    probabilities: Values,
    outcomes: Values,
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    n_bins: int = 10,
    n_resamples: int = 2000,
    level: float = 0.95,
) -> Estimate:
    """Mean distance of probability and outcome over bins of equal numbers of items, weighted by items.

    The bins stay as the data gave them in all resamples. Noise alone makes the error positive, and each
    resample adds noise: the interval lies high where the true error is near 0.

    Args:
        probabilities: Probability of 1, one an item; NaN is missing.
        outcomes: 0 or 1.
        rng: Source of randomness of the bootstrap.
        clusters: Label of each item's cluster; None makes each item its own.
        n_bins: Bins.
        n_resamples: Bootstrap resamples.
        level: Coverage of the interval (percentile).

    Returns:
        From 0 to 1; NaN for no item.

    Raises:
        InputError: The arrays differ in length, a probability is outside 0-1 or an outcome is not 0 or 1.

    Source: Nixon et al., arXiv 1904.01685 (2019), sec. 3 (equal-mass bins).
    """
    pairs, yes = _predictions(probabilities, outcomes)
    if not len(pairs.x):
        return undefined("no item has both", 0, pairs.n_missing, "expected calibration error")
    members = (_bins(pairs.x, n_bins)[:, None] == np.arange(n_bins)) * 1.0
    gaps = members * (yes - pairs.x)[:, None]

    def of(weights: Weights) -> Replicates:
        used = weights[:, pairs.kept]
        return np.abs(used @ gaps).sum(axis=1) / used.sum(axis=1)

    statistic = WeightedStatistic(f"calibration error, {n_bins} bins", pairs.kept, of)
    return bootstrap(statistic, rng, clusters=clusters, n_resamples=n_resamples, level=level)


def _predictions(probabilities: Values, outcomes: Values) -> tuple[Pairs, Bool[np.ndarray, " items"]]:
    pairs = complete_pairs(probabilities, outcomes, ("probabilities", "outcomes"))
    outside = np.flatnonzero((pairs.x < 0) | (pairs.x > 1))
    if outside.size:
        raise InputError(
            f"probabilities lie between 0 and 1, found {pairs.x[outside[0]]:g} "
            f"({outside.size} such values in all)"
        )
    return pairs, binary(pairs.y, "outcomes")


def _bins(values: Float64[np.ndarray, " items"], n_bins: int) -> Int64[np.ndarray, " items"]:
    """Bin of each item, by where the middle of its ties lies in the order."""
    if n_bins < 1:
        raise InputError(f"bins must be at least 1, found {n_bins}")
    distinct, number, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts + 1) / 2
    bins = np.floor(middle * n_bins / max(1, len(values))).astype(np.int64)
    return bins[number.reshape(-1)] if len(distinct) else np.zeros(0, dtype=np.int64)


def _log_odds(probabilities: Float64[np.ndarray, " items"]) -> Float64[np.ndarray, " items"]:
    inside = np.clip(probabilities, _SMALLEST, 1 - _SMALLEST)
    return np.log(inside) - np.log1p(-inside)
