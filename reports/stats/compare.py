"""Is one judge better than another, and by how much: tests of dependent agreement, and effect sizes."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.correlation import Method, correlate
from lawful.reports.stats.inputs import Labels, Values, codes, complete_pairs, same_length, vector
from lawful.reports.stats.result import Estimate, SignificanceTest, undefined, untested

CommonScale = Literal["ranks", "standard", "none"]


def williams(
    human: Values, judge_a: Values, judge_b: Values, method: Literal["pearson", "spearman"] = "pearson"
) -> SignificanceTest:
    """Williams' test that two judges correlate equally with the same humans.

    For independent items; where items come in clusters, use `permute_judges`.

    Args:
        human: One score an item; NaN is missing.
        judge_a: One judge's score of the same items.
        judge_b: The other's.
        method: Which correlation; the test is made for Pearson's, and usual for Spearman's.

    Returns:
        Williams' t (positive where judge_a correlates more) and its two-sided p over the items that have all
        three scores; NaN for fewer than four items, a constant, or judges that are the same up to scale.

    Raises:
        InputError: The arrays differ in length or hold infinite values.

    Source: Williams, J. R. Stat. Soc. B 21 (1959); Steiger, Psychol. Bull. 87 (1980), eq. 7.
    """
    human_, a, b, kept = _triples(human, judge_a, judge_b)
    r = [correlate(x, y, method, exact_up_to=0).value for x, y in ((human_, a), (human_, b), (a, b))]
    n, n_missing = len(human_), int(np.count_nonzero(~kept))
    if any(math.isnan(one) for one in r):
        return untested("fewer than two items, or a constant", n, n_missing, f"Williams, {method}")
    test = williams_from_correlations(r[0], r[1], r[2], n)
    return SignificanceTest(test.statistic, test.p, n, f"Williams, {method}", n_missing, reason=test.reason)


def williams_from_correlations(r_a: float, r_b: float, r_ab: float, n: int) -> SignificanceTest:
    """Williams' test from the three correlations.

    Args:
        r_a: Of the first judge with humans.
        r_b: Of the second judge with humans.
        r_ab: Of the judges with each other.
        n: Items.

    Raises:
        InputError: A correlation is outside -1 to 1.
    """
    for r in (r_a, r_b, r_ab):
        if not -1.0 <= r <= 1.0:
            raise InputError(f"a correlation lies between -1 and 1, found {r:g}")
    if n < 4:
        return untested("fewer than four items", n, method="Williams")
    determinant = 1 - r_a**2 - r_b**2 - r_ab**2 + 2 * r_a * r_b * r_ab
    below = 2 * max(determinant, 0.0) * (n - 1) / (n - 3) + (r_a + r_b) ** 2 / 4 * (1 - r_ab) ** 3
    if below < 1e-12:
        return untested("the judges are the same up to scale", n, method="Williams")
    t = (r_a - r_b) * math.sqrt((n - 1) * (1 + r_ab) / below)
    return SignificanceTest(t, float(2 * stats.t.sf(abs(t), n - 3)), n, "Williams")


def permute_judges(
    human: Values,
    judge_a: Values,
    judge_b: Values,
    agreement: Callable[[np.ndarray, np.ndarray], float],
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    n_resamples: int = 1000,
    common_scale: CommonScale = "ranks",
) -> SignificanceTest:
    """Test that two judges agree equally with humans, by exchanging their scores cluster by cluster.

    Args:
        human: One score an item; NaN is missing.
        judge_a: One judge's score of the same items.
        judge_b: The other's.
        agreement: Called with human and judge scores; higher is better.
        rng: Source of randomness.
        clusters: Label of each item's cluster, exchanged as a whole; None makes each item its own.
        n_resamples: Exchanges drawn.
        common_scale: What makes scores of the two judges exchangeable: each judge's ranks, scores with mean 0
            and standard deviation 1, or nothing, where both use one scale already.

    Returns:
        The agreement of judge_a less that of judge_b over items that have all three, as scored; and the
        two-sided p of that difference on the common scale, with the observed order counted among the
        exchanges. NaN where the agreement is not defined.

    Raises:
        InputError: The arrays differ in length or hold infinite values.

    Source: PERM-BOTH of Deutsch, Dror and Roth, TACL 9 (2021), arXiv 2104.00054, sec. 4.
    """
    human_, a, b, kept = _triples(human, judge_a, judge_b)
    n, n_missing = len(human_), int(np.count_nonzero(~kept))
    number = np.arange(len(kept)) if clusters is None else codes(clusters, len(kept), "clusters")[0]
    number = np.unique(number[kept], return_inverse=True)[1].reshape(-1)
    name = f"exchange of judges, {n_resamples:,} times"
    if n == 0:
        return untested("no item has all three scores", 0, n_missing, name)
    observed = agreement(human_, a) - agreement(human_, b)
    if math.isnan(observed):
        return untested("the agreement is not defined on these items", n, n_missing, name)
    a, b = _to_scale(a, common_scale), _to_scale(b, common_scale)
    at_least = abs(agreement(human_, a) - agreement(human_, b)) - 1e-12
    n_clusters, far = int(number.max()) + 1, 0
    for _ in range(n_resamples):
        swap = rng.integers(0, 2, n_clusters).astype(bool)[number]
        difference = agreement(human_, np.where(swap, b, a)) - agreement(human_, np.where(swap, a, b))
        far += abs(difference) >= at_least
    return SignificanceTest(
        observed, (far + 1) / (n_resamples + 1), n, name, n_missing, n_clusters=n_clusters
    )


def agreement_by(method: Method) -> Callable[[np.ndarray, np.ndarray], float]:
    """A correlation as the agreement of `permute_judges`."""
    return lambda human, judge: correlate(human, judge, method, exact_up_to=0).value


def cohen_dz(a: Values, b: Values) -> Estimate:
    """Mean paired difference over the standard deviation of the differences; NaN where all are equal.

    Source: Cohen, Statistical Power Analysis (1988), eq. 2.3.5.
    """
    pairs = complete_pairs(a, b, ("a", "b"))
    difference = pairs.x - pairs.y
    n = len(difference)
    if n < 2 or np.ptp(difference) == 0:
        reason = "fewer than two complete pairs" if n < 2 else "all differences are equal"
        return undefined(reason, n, pairs.n_missing, "Cohen's dz")
    value = float(difference.mean() / difference.std(ddof=1))
    return Estimate(value, n, method="Cohen's dz", n_missing=pairs.n_missing)


def paired_superiority(a: Values, b: Values) -> Estimate:
    """Share of items on which a is above b, ties half; NaN for no complete pair."""
    pairs = complete_pairs(a, b, ("a", "b"))
    n, name = len(pairs.x), "probability of superiority, paired"
    if n == 0:
        return undefined("no complete pair", 0, pairs.n_missing, name)
    value = float(np.mean((pairs.x > pairs.y) + 0.5 * (pairs.x == pairs.y)))
    return Estimate(value, n, method=name, n_missing=pairs.n_missing)


def superiority(a: Values, b: Values) -> Estimate:
    """Probability that a random value of a is above one of b, ties half; the two need not be paired.

    NaN where either has no value; n counts both.

    Source: Vargha and Delaney, J. Educ. Behav. Stat. 25 (2000).
    """
    first, second = vector(a, "a"), vector(b, "b")
    x, y = first[~np.isnan(first)], second[~np.isnan(second)]
    n, n_missing = len(x) + len(y), len(first) + len(second) - len(x) - len(y)
    if not len(x) or not len(y):
        return undefined("one side has no value", n, n_missing, "probability of superiority")
    ranks = float(stats.rankdata(np.concatenate([x, y]))[: len(x)].sum())
    value = (ranks - len(x) * (len(x) + 1) / 2) / (len(x) * len(y))
    return Estimate(value, n, method="probability of superiority", n_missing=n_missing)


def cliffs_delta(a: Values, b: Values) -> Estimate:
    """Probability that a value of a is above one of b, less that of the opposite: -1 to 1.

    Source: Cliff, Psychol. Bull. 114 (1993).
    """
    above = superiority(a, b)
    return Estimate(
        2 * above.value - 1, above.n, method="Cliff's delta", n_missing=above.n_missing, reason=above.reason
    )


def _triples(
    human: Values, judge_a: Values, judge_b: Values
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    each = [vector(one, name) for one, name in ((human, "human"), (judge_a, "judge_a"), (judge_b, "judge_b"))]
    same_length(human=each[0], judge_a=each[1], judge_b=each[2])
    kept = np.asarray(~np.isnan(np.stack(each)).any(axis=0))
    return each[0][kept], each[1][kept], each[2][kept], kept


def _to_scale(values: Float64[np.ndarray, " items"], scale: CommonScale) -> Float64[np.ndarray, " items"]:
    if scale == "ranks":
        return stats.rankdata(values)
    if scale == "standard" and np.ptp(values) > 0:
        return (values - values.mean()) / values.std()
    return values
