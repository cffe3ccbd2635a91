"""Honest numbers from few human labels and many judge labels: Rogan-Gladen and PPI++."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.categorical import binary_agreement
from lawful.reports.stats.inputs import Labels, Values, binary, codes, fraction, same_length, vector
from lawful.reports.stats.result import Estimate, undefined

RANGE = (0.0, 1.0)


@dataclass(frozen=True)
class CorrectedRate:
    """A rate of yes, corrected for what the judge mistakes."""

    estimate: Estimate
    """The corrected rate and its interval, both within 0-1; n counts the judge's answers."""
    raw: float
    """The corrected rate before it was clipped to 0-1: outside by much, the calibration does not fit."""
    clipped: bool
    """Whether the rate or an end of the interval was clipped."""
    judge_rate: float
    """The judge's own rate of yes."""
    youden: float
    """Sensitivity + specificity - 1 of the judge, on the calibration items: 0 is no better than chance."""
    n_calibration: int
    """Items with a human and a judge answer."""


@dataclass(frozen=True)
class PoweredEstimate:
    """A mean from human labels, sharpened by the judge's."""

    estimate: Estimate
    """The mean and its interval; n counts items with a human label, n_missing items of no use."""
    human_only: Estimate
    """The same from the human labels alone."""
    judge_only: float
    """The judge's mean over all its items: what would be reported without humans."""
    weight: float
    """Lambda: how far the judge is trusted, 0 not at all."""
    n_judged: int
    """Items with a judge score and no human label."""
    effective_labels: float
    """Human labels that would give as narrow an interval without the judge."""

    @property
    def labels_gained(self) -> float:
        """Effective labels beyond those given."""
        return self.effective_labels - self.estimate.n


def rogan_gladen(
    judge: Values, human_calibration: Values, judge_calibration: Values, level: float = 0.95
) -> CorrectedRate:
    """The humans' rate of yes on items that only the judge answered, from its mistakes on other items.

    Calibrate on each generator's own videos: with one calibration for all, a difference between two
    generators can come out with the wrong sign (arXiv 2605.06939).

    >>> truth, said = np.repeat([1.0, 1, 0, 0], [45, 5, 10, 40]), np.repeat([1.0, 0, 1, 0], [45, 5, 10, 40])
    >>> result = rogan_gladen(np.repeat([1.0, 0], [550, 450]), truth, said)
    >>> round(result.estimate.value, 3), round(result.youden, 2)
    (0.5, 0.7)

    Args:
        judge: The judge's answers of 0 or 1 to the items in question; NaN is missing.
        human_calibration: Humans' answers to other items of the same kind.
        judge_calibration: The judge's answers to those.
        level: Coverage of the interval (delta method).

    Returns:
        (rate + specificity - 1) / (sensitivity + specificity - 1). NaN for no answer, for humans that gave
        only one answer in the calibration, and for a judge no better than chance.

    Raises:
        InputError: An answer is not 0 or 1, or the calibration arrays differ in length.

    Source: Rogan and Gladen, Am. J. Epidemiol. 107 (1978); Lee et al., arXiv 2511.21140 (2025).
    """
    fraction(level, "level")
    answers = vector(judge, "judge")
    known = binary(answers, "judge")[~np.isnan(answers)]
    agreement = binary_agreement(human_calibration, judge_calibration)
    yes, no = agreement.yes_accuracy, agreement.no_accuracy
    n, n_missing, name = len(known), len(answers) - len(known), "Rogan-Gladen, delta method"
    rate = float(known.mean()) if n else math.nan
    youden = yes.value + no.value - 1
    reason = "no answer of the judge" if n == 0 else agreement.reason
    if not reason and youden <= 0:
        reason = "the judge is no better than chance on the calibration items"
    if reason:
        nothing = undefined(reason, n, n_missing, name)
        return CorrectedRate(nothing, math.nan, False, rate, youden, yes.n + no.n)
    raw = (rate + no.value - 1) / youden
    variance = rate * (1 - rate) / n
    variance += raw**2 * yes.value * (1 - yes.value) / yes.n
    variance += (1 - raw) ** 2 * no.value * (1 - no.value) / no.n
    half = float(stats.norm.ppf(0.5 + level / 2)) * math.sqrt(variance) / youden
    value, low, high = (float(np.clip(end, *RANGE)) for end in (raw, raw - half, raw + half))
    clipped = (value, low, high) != (raw, raw - half, raw + half)
    estimate = Estimate(value, n, low, high, level, name, n_missing)
    return CorrectedRate(estimate, raw, clipped, rate, youden, yes.n + no.n)


def ppi_mean(
    human: Values,
    judge: Values,
    *,
    clusters: Labels | None = None,
    weight: float | None = None,
    level: float = 0.95,
) -> PoweredEstimate:
    """Mean human score over all items, from the few with a human label and the judge's score of all (PPI++).

    Unbiased for any judge if the labelled items were drawn at random; narrower than humans alone as far as
    the judge correlates with them.

    Args:
        human: One score an item; NaN where there is no human label.
        judge: The judge's score of the same items; NaN is missing.
        clusters: Label of each item's cluster, usually its prompt; None makes each item its own.
        weight: Lambda. None takes the one with the smallest variance, within 0-1.
        level: Coverage of the interval (Student's t with labelled clusters - 1 degrees of freedom).

    Returns:
        mean(human - weight judge) over labelled items + weight mean(judge) over the others; the weight is 0
        where those are of fewer than two clusters. Labelled items without a judge score, and items with
        neither, are left out and counted as missing. NaN for fewer than two labelled clusters.

    Raises:
        InputError: The arrays differ in length or hold infinite values.

    Source: Angelopoulos, Duchi and Zrnic, arXiv 2311.01453 (2023), eq. 4 and prop. 2.
    """
    fraction(level, "level")
    y, f = vector(human, "human"), vector(judge, "judge")
    n_all = same_length(human=y, judge=f)
    cluster = np.arange(n_all) if clusters is None else codes(clusters, n_all, "clusters")[0]
    labelled = ~np.isnan(y) & ~np.isnan(f)
    others = np.isnan(y) & ~np.isnan(f)
    n, n_judged = int(np.count_nonzero(labelled)), int(np.count_nonzero(others))
    n_missing, n_clusters = n_all - n - n_judged, len(np.unique(cluster[labelled]))
    judge_only = float(f[labelled | others].mean()) if n + n_judged else math.nan
    if n_clusters < 2:
        reason = "fewer than two labelled items" if clusters is None else "fewer than two labelled clusters"
        nothing = undefined(reason, n, n_missing, "PPI++")
        return PoweredEstimate(nothing, nothing, judge_only, math.nan, n_judged, math.nan)
    of_human = _influence(y, labelled, cluster)
    of_judge = _influence(f, labelled, cluster) - _influence(f, others, cluster)
    judged = len(np.unique(cluster[others])) > 1
    if weight is None:
        power = float(of_judge @ of_judge)
        weight = float(np.clip(of_human @ of_judge / power, 0.0, 1.0)) if judged and power > 0 else 0.0
    elif weight and not judged:
        raise InputError(
            "a weight above 0 needs two clusters of items that only the judge scored; leave it out"
        )
    value = float(y[labelled].mean())
    lift = float(f[others].mean() - f[labelled].mean()) if judged else 0.0
    variances = [float(one @ one) for one in (of_human - weight * of_judge, of_human)]
    quantile = float(stats.t.ppf(0.5 + level / 2, n_clusters - 1))
    estimates = [
        Estimate(
            one,
            n,
            one - quantile * math.sqrt(variance),
            one + quantile * math.sqrt(variance),
            level,
            name,
            n_missing,
            n_clusters,
        )
        for one, variance, name in zip(
            (value + weight * lift, value), variances, ("PPI++", "human labels alone"), strict=True
        )
    ]
    gained = variances[1] / variances[0] if variances[0] > 0 else math.nan
    return PoweredEstimate(estimates[0], estimates[1], judge_only, weight, n_judged, n * gained)


def ppi_difference(
    human_a: Values,
    human_b: Values,
    judge_a: Values,
    judge_b: Values,
    *,
    clusters: Labels | None = None,
    weight: float | None = None,
    level: float = 0.95,
) -> PoweredEstimate:
    """Mean human score of generator a less that of b on the same items (PPI++ of the paired differences).

    The weight is tuned on the differences. An item counts as labelled where both videos have a human label.

    Args:
        human_a: Humans' score of a's video of each item; NaN where there is no label.
        human_b: Humans' score of b's.
        judge_a: The judge's score of a's; NaN is missing.
        judge_b: The judge's score of b's.
        clusters: Label of each item's cluster; None makes each item its own.
        weight: Lambda; None takes the one with the smallest variance, within 0-1.
        level: Coverage of the interval.

    Raises:
        InputError: The arrays differ in length or hold infinite values.
    """
    each = {
        name: vector(values, name)
        for name, values in (
            ("human_a", human_a),
            ("human_b", human_b),
            ("judge_a", judge_a),
            ("judge_b", judge_b),
        )
    }
    same_length(**each)
    return ppi_mean(
        each["human_a"] - each["human_b"],
        each["judge_a"] - each["judge_b"],
        clusters=clusters,
        weight=weight,
        level=level,
    )


def ppi_by_generator(
    human: Values, judge: Values, generators: Labels, *, clusters: Labels | None = None, level: float = 0.95
) -> dict[str, PoweredEstimate]:
    """PPI++ of each generator from its own labels alone, by the generator's name.

    Raises:
        InputError: The arrays differ in length or hold infinite values.
    """
    y, f = vector(human, "human"), vector(judge, "judge")
    n = same_length(human=y, judge=f)
    number, names = codes(generators, n, "generators")
    cluster = np.arange(n) if clusters is None else codes(clusters, n, "clusters")[0]
    return {
        str(name): ppi_mean(
            y[number == index],
            f[number == index],
            clusters=None if clusters is None else cluster[number == index],
            level=level,
        )
        for index, name in enumerate(names)
    }


def _influence(
    values: Float64[np.ndarray, " items"], used: Bool[np.ndarray, " items"], cluster: np.ndarray
) -> Float64[np.ndarray, " clusters"]:
    """What each cluster adds to the error of the mean over the used items.

    The sum of squares is the clustered variance of that mean, with the factor clusters / (clusters - 1).
    """
    n_clusters, n = int(cluster.max(initial=-1)) + 1, int(np.count_nonzero(used))
    if n == 0:
        return np.zeros(n_clusters)
    centred = values[used] - values[used].mean()
    used_clusters = len(np.unique(cluster[used]))
    factor = math.sqrt(used_clusters / max(1, used_clusters - 1))
    return np.bincount(cluster[used], weights=centred, minlength=n_clusters) * factor / n
