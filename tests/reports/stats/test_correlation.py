"""Correlations against scipy, brute force and hand-worked cases; their laws."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.correlation import (
    METHODS,
    Method,
    correlate,
    correlate_by_group,
    correlation_interval,
    kendall_b,
    kendall_c,
    pearson,
    spearman,
)

SCORES = st.lists(st.integers(1, 5), min_size=2, max_size=30)


def brute_kendall(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """tau-b and tau-c from every pair."""
    signs = [
        (np.sign(x[i] - x[j]), np.sign(y[i] - y[j])) for i, j in itertools.combinations(range(len(x)), 2)
    ]
    balance = sum(a * b for a, b in signs)
    untied_x, untied_y = sum(a != 0 for a, _ in signs), sum(b != 0 for _, b in signs)
    n, m = len(x), min(len(set(x.tolist())), len(set(y.tolist())))
    return balance / math.sqrt(untied_x * untied_y), 2 * m * balance / (n * n * (m - 1))


def with_ties(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 6, n)
    return x.astype(float), np.clip(x + rng.integers(-1, 2, n), 1, 5).astype(float)


@pytest.mark.parametrize("n", [4, 9, 10, 50, 400])
def test_values_are_those_of_scipy_and_of_all_pairs(n: int) -> None:
    x, y = with_ties(n, n)
    tau_b, tau_c = brute_kendall(x, y)
    assert pearson(x, y).value == pytest.approx(stats.pearsonr(x, y)[0], abs=1e-12)
    assert spearman(x, y).value == pytest.approx(stats.spearmanr(x, y)[0], abs=1e-12)
    assert kendall_b(x, y).value == pytest.approx(tau_b, abs=1e-12)
    assert kendall_c(x, y).value == pytest.approx(tau_c, abs=1e-12)


def test_a_case_worked_by_hand() -> None:
    # x 1 2 2 3, y 1 3 2 2. Pairs: (1,2)++ (1,3)++ (1,4)++ (2,3) x tied (2,4)+- (3,4) y tied.
    # C 3, D 1, balance 2; untied in x 5, in y 5: tau-b 2/5. m = 3, n = 4: tau-c 2*3*2/(16*2) = 3/8.
    # Ranks x 1 2.5 2.5 4, y 1 4 2.5 2.5, centred -1.5 0 0 1.5 and -1.5 1.5 0 0: rho 2.25 / 4.5 = 1/2.
    # Centred values x -1 0 0 1, y -1 1 0 0: r 1 / sqrt(2 * 2) = 1/2.
    x, y = np.array([1, 2, 2, 3]), np.array([1, 3, 2, 2])
    values = [correlate(x, y, method).value for method in METHODS]
    assert values == pytest.approx([0.5, 0.5, 0.4, 0.375], abs=1e-15)


@pytest.mark.parametrize("n", [10, 12, 40])
def test_p_values_above_nine_items_are_those_of_scipy(n: int) -> None:
    rng = np.random.default_rng(n)
    x = rng.normal(size=n)
    y = x + rng.normal(size=n)
    assert pearson(x, y).p == pytest.approx(stats.pearsonr(x, y)[1], rel=1e-9)
    assert spearman(x, y).p == pytest.approx(stats.spearmanr(x, y)[1], rel=1e-9)
    assert kendall_b(x, y).p == pytest.approx(stats.kendalltau(x, y)[1], rel=1e-9)
    assert kendall_b(x, y).p_method == ("exact" if n <= 33 else "approximation")
    ties = np.round(y)
    assert kendall_c(x, ties).p == pytest.approx(stats.kendalltau(x, ties, variant="c")[1], rel=1e-9)
    assert kendall_c(x, ties).p_method == "approximation"


@pytest.mark.parametrize("method", METHODS)
def test_p_of_few_items_is_the_share_of_all_permutations(method: Method) -> None:
    x, y = with_ties(6, 3)
    observed = correlate(x, y, method)
    orders = [np.array(order) for order in itertools.permutations(range(6))]
    each = [abs(correlate(x, y[order], method, exact_up_to=0).value) for order in orders]
    expected = np.mean(np.array(each) >= abs(observed.value) - 1e-10)
    assert observed.p_method == "permutations"
    assert observed.p == pytest.approx(float(expected), abs=1e-15)


def test_eight_generators_in_the_same_order_as_humans_have_p_of_two_in_eight_factorial() -> None:
    result = spearman(np.arange(8), np.arange(8) ** 2)
    assert (result.value, result.p) == (1.0, pytest.approx(2 / math.factorial(8)))
    assert stats.kendalltau(np.arange(8), np.arange(8)).pvalue == pytest.approx(
        kendall_b(np.arange(8), np.arange(8)).p
    )


def test_missing_values_are_dropped_in_pairs_and_counted() -> None:
    x = np.array([1, np.nan, 2, 3, 4, np.nan])
    y = np.array([2, 1, np.nan, 3, 9, np.nan])
    result = pearson(x, y)
    assert (result.n, result.n_missing) == (3, 3)
    assert result.value == pytest.approx(stats.pearsonr([1, 3, 4], [2, 3, 9])[0], abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(SCORES, st.integers(0, 10_000))
def test_laws(scores: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.array(scores, dtype=float)
    y = x + 1.5 * rng.normal(size=len(x))
    order = rng.permutation(len(x))
    for method in METHODS:
        value = correlate(x, y, method, exact_up_to=0).value
        if math.isnan(value):
            assert np.ptp(x) == 0
            continue

        def same(
            a: np.ndarray, b: np.ndarray, sign: int = 1, method: Method = method, v: float = value
        ) -> bool:
            return correlate(a, b, method, exact_up_to=0).value == pytest.approx(sign * v, abs=1e-9)

        assert -1 <= value <= 1
        assert same(y, x)
        assert same(x[order], y[order])
        assert same(-x, y, -1)
        assert same(3 * x + 7, y)
        assert same(x, y if method == "pearson" else np.exp(y / 4))


def test_huge_and_tiny_values_do_not_overflow() -> None:
    x = np.array([1.0, 2.0, 4.0])
    assert pearson(x * 1e300, x * 1e-300).value == 1.0


def test_the_pooled_correlation_can_have_the_other_sign_than_each_group() -> None:
    # Two generators: in each the judge falls as the human rises; the better generator has higher both.
    human = np.array([1, 2, 3, 6, 7, 8])
    judge = np.array([3, 2, 1, 8, 7, 6])
    result = correlate_by_group(human, judge, np.array(["a", "a", "a", "b", "b", "b"]), "pearson")
    assert result.within.value == -1.0
    assert result.between.value == 1.0
    assert result.pooled.value > 0.5
    assert (result.within.n, result.between.n, list(result.by_group)) == (6, 2, ["a", "b"])


def test_a_group_without_a_correlation_is_named_and_left_out() -> None:
    x, y = np.array([1, 2, 3, 5, 5, 9]), np.array([1, 3, 2, 1, 2, np.nan])
    result = correlate_by_group(x, y, np.array([0, 0, 0, 1, 1, 2]), "spearman")
    assert result.within.value == pytest.approx(result.by_group["0"].value) == pytest.approx(0.5)
    assert (result.by_group["1"].reason, result.by_group["2"].n) == ("one side is constant", 0)
    assert result.within.n == 3


def test_the_interval_is_that_of_scipy_for_pearson_and_says_why_there_is_none() -> None:
    x, y = with_ties(30, 1)
    interval = correlation_interval(pearson(x, y), 0.9)
    expected = stats.pearsonr(x, y).confidence_interval(0.9)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    # Spearman .5 of 11: atanh .5 = .549306, se sqrt(1.125/8) = .375, half width .734987.
    eleven = np.arange(11)
    rho = spearman(eleven, eleven)
    half = correlation_interval(type(rho)("spearman", 0.5, 0.1, 11, 0, ""))
    assert (half.low, half.high) == pytest.approx(
        (math.tanh(0.549306 - 0.734987), math.tanh(1.284293)), abs=1e-5
    )
    assert correlation_interval(rho).reason == "a correlation of exactly -1 or 1"
    few = correlation_interval(kendall_b(np.array([1, 2, 3, 4]), np.array([1, 3, 2, 4])))
    assert (few.reason, math.isnan(few.low)) == ("fewer than five pairs", True)
    with pytest.raises(InputError, match="level must lie between 0 and 1, found 95"):
        correlation_interval(rho, 95.0)


def test_malformed_input_is_refused_in_words() -> None:
    three = np.array([1.0, 2.0, 3.0])
    with pytest.raises(
        InputError, match="arrays must have one length, found x 3, y 2; pass one value an item"
    ):
        pearson(three, three[:2])
    with pytest.raises(InputError, match=r"x must have one dimension, found shape \(1, 3\)"):
        pearson(three[None], three)
    with pytest.raises(InputError, match=r"y holds an infinite value at position 1 \(1 in all\)"):
        pearson(three, np.array([1, np.inf, 2]))
    with pytest.raises(InputError, match=r"groups must name one group an item \(3\), found shape \(2,\)"):
        correlate_by_group(three, three, np.array([0, 1]), "pearson")
