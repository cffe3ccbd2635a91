"""Agreement of raters: Krippendorff's own example, coincidence matrices, laws; rules for careless raters."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawful.core.errors import InputError
from lawful.reports.stats.careless import CarelessRules, check_raters
from lawful.reports.stats.raters import (
    Metric,
    krippendorff_alpha,
    leave_one_out_ceiling,
    pairwise_agreement,
    spearman_brown,
    split_half,
)

NAN = math.nan
# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section C: four observers, twelve units.
EXAMPLE = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
).T


def by_coincidences(ratings: np.ndarray, metric: Metric) -> float:
    """Alpha from the coincidence matrix, as Krippendorff writes it."""
    values = np.unique(ratings[~np.isnan(ratings)])
    matrix = np.zeros((len(values), len(values)))
    for row in ratings:
        present = row[~np.isnan(row)]
        for i, one in enumerate(present):
            for j, other in enumerate(present):
                if i != j:
                    matrix[np.searchsorted(values, one), np.searchsorted(values, other)] += 1 / (
                        len(present) - 1
                    )
    n = matrix.sum(axis=1)

    def distance(c: int, k: int) -> float:
        if metric == "nominal":
            return float(c != k)
        if metric == "interval":
            return (values[c] - values[k]) ** 2
        low, high = min(c, k), max(c, k)
        return (n[low : high + 1].sum() - (n[c] + n[k]) / 2) ** 2

    cost = np.array([[distance(c, k) for k in range(len(values))] for c in range(len(values))])
    return 1 - (n.sum() - 1) * np.sum(matrix * cost) / np.sum(np.outer(n, n) * cost)


@pytest.mark.parametrize(("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_of_krippendorffs_example(metric: Metric, alpha: float) -> None:
    result = krippendorff_alpha(EXAMPLE, metric)
    assert round(result.value, 3) == alpha
    assert (result.n, result.n_missing) == (11, 1)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10_000),
    st.integers(2, 12),
    st.integers(2, 4),
    st.sampled_from(["nominal", "ordinal", "interval"]),
)
def test_alpha_is_that_of_the_coincidence_matrix(seed: int, n: int, raters: int, metric: Metric) -> None:
    rng = np.random.default_rng(seed)
    ratings = rng.integers(1, 6, size=(n, raters)).astype(float)
    ratings[rng.uniform(size=ratings.shape) < 0.2] = NAN
    result = krippendorff_alpha(ratings, metric)
    if result.reason:
        assert math.isnan(result.value)
        return
    assert result.value == pytest.approx(by_coincidences(ratings, metric), abs=1e-12)
    mixed = rng.permuted(ratings, axis=1)[rng.permutation(n)]
    assert krippendorff_alpha(mixed, metric).value == pytest.approx(result.value, abs=1e-12)
    changed = {"nominal": 10 - 3 * ratings, "ordinal": ratings**3, "interval": 7 - 2 * ratings}[metric]
    assert krippendorff_alpha(changed, metric).value == pytest.approx(result.value, abs=1e-12)


def test_alpha_of_64000_ratings_is_quick() -> None:
    ratings = np.random.default_rng(0).integers(1, 6, size=(16_000, 4)).astype(float)
    start = time.process_time()
    for metric in ("nominal", "ordinal", "interval"):
        assert abs(krippendorff_alpha(ratings, metric).value) < 0.02
    # Half a second each is promised; this only guards against the quadratic.
    assert time.process_time() - start < 3


def test_alpha_is_undefined_without_pairs_and_without_variety() -> None:
    assert (
        krippendorff_alpha(np.array([[1.0, NAN], [NAN, 2.0]]), "nominal").reason == "no item has two ratings"
    )
    assert krippendorff_alpha(np.full((5, 3), 2.0), "ordinal").reason == "all ratings are one value"
    assert math.isnan(krippendorff_alpha(np.zeros((0, 3)), "interval").value)


def test_pairwise_agreement_worked_by_hand() -> None:
    # Item 1: 1 1 2, one of three pairs equal, all within one. Item 2: 4 4, one of one. Item 3: a single
    # rating.
    ratings = np.array([[1, 1, 2], [4, NAN, 4], [NAN, 3, NAN]])
    exact, near = pairwise_agreement(ratings), pairwise_agreement(ratings, tolerance=1.0)
    assert (exact.value, exact.n, exact.n_missing) == (0.5, 4, 1)
    assert near.value == 1.0


def test_a_judge_that_is_one_of_the_raters_in_kind_has_the_whole_ceiling() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=4000)
    ratings = truth[:, None] + rng.normal(size=(4000, 4))
    like_a_rater = truth + rng.normal(size=4000)
    ceiling = leave_one_out_ceiling(ratings, "pearson", like_a_rater)
    # A rater with the mean of three others: 1 / sqrt(2 * (1 + 1/3)) = .612.
    assert ceiling.raters.value == pytest.approx(0.612, abs=0.02)
    assert ceiling.share == pytest.approx(1.0, abs=0.03)
    assert leave_one_out_ceiling(ratings, "pearson", truth).share > 1.2
    assert len(ceiling.by_rater) == 4


def test_the_ceiling_of_equal_answers_uses_the_majority_and_leaves_draws_out() -> None:
    # Rater 0 against the others' majority: item 1 (2, 2) says 2, right; item 2 (1, 3) is a draw; item 3 (3,
    # 3) wrong.
    ratings = np.array([[2.0, 2, 2], [1, 1, 3], [1, 3, 3]])
    ceiling = leave_one_out_ceiling(ratings, "exact", np.array([2.0, 1, 3]))
    # Rater 1: (2,2) right; (1,3) draw; (1,3) draw. Rater 2: (2,2) right; (1,1) wrong; (1,3) draw.
    assert ceiling.by_rater == (0.5, 1.0, 0.5)
    assert ceiling.raters.value == pytest.approx(2 / 3)
    assert ceiling.raters.n == 5
    # The judge: against rater 0's targets 2 and 3, both right; rater 1's: 2; rater 2's: 2 and 1. All right.
    assert (ceiling.judge, ceiling.share) == (1.0, pytest.approx(1.5))


def test_split_half_gives_the_reliability_of_the_mean() -> None:
    rng = np.random.default_rng(0)
    ratings = rng.normal(size=5000)[:, None] + rng.normal(size=(5000, 4))
    # Truth 1, noise 1/4: .8.
    assert split_half(ratings, rng).value == pytest.approx(0.8, abs=0.01)
    drawn = split_half(ratings, np.random.default_rng(1), most_splits=3)
    assert drawn.value == pytest.approx(0.8, abs=0.02)
    assert split_half(ratings, rng).value == split_half(ratings[:, ::-1], rng).value
    assert split_half(ratings[:, :1], rng).reason == "fewer than two raters"
    assert split_half(np.ones((5, 2)), rng).reason == "no split has a correlation"


def test_spearman_brown() -> None:
    assert spearman_brown(0.6, 2.0) == pytest.approx(0.75)
    assert spearman_brown(spearman_brown(0.3, 4.0), 0.25) == pytest.approx(0.3)
    assert math.isnan(spearman_brown(-1.0, 2.0))


def test_careless_raters_are_named_by_the_rules() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(1, 6, 60).astype(float)
    good = [np.clip(truth + rng.integers(-1, 2, 60), 1, 5) for _ in range(3)]
    ratings = np.stack([*good, np.full(60, 3.0), 6 - truth], axis=1)
    seconds = np.full(ratings.shape, 12.0)
    seconds[:40, 1] = 0.8
    found = check_raters(ratings, seconds)
    assert [one.constant for one in found] == [False, False, False, True, False]
    assert [one.too_fast for one in found] == [False, True, False, False, False]
    assert [one.anti_correlated for one in found] == [False, False, False, False, True]
    assert [one.careless for one in found] == [False, True, False, True, True]
    assert (found[3].top_share, found[1].fast_share) == (1.0, pytest.approx(2 / 3))
    lenient = check_raters(
        ratings, seconds, CarelessRules(fast_share=0.7, constant_share=1.1, min_correlation=-2.0)
    )
    assert not any(one.careless for one in lenient)


def test_a_constant_rater_on_constant_videos_and_one_with_few_ratings_are_not_accused() -> None:
    same = check_raters(np.full((20, 3), 4.0))
    few = check_raters(np.stack([np.arange(9.0), np.full(9, 1.0)], axis=1))
    assert not any(one.careless for one in (*same, *few))
    nobody = check_raters(np.full((5, 2), NAN))
    assert (nobody[0].n, math.isnan(nobody[0].top_share), nobody[0].careless) == (0, True, False)


def test_malformed_input_is_refused_in_words() -> None:
    with pytest.raises(
        InputError, match=r"ratings must have two dimensions \(items, raters\), found shape \(3,\)"
    ):
        krippendorff_alpha(np.ones(3), "nominal")
    with pytest.raises(InputError, match="ratings holds an infinite value"):
        krippendorff_alpha(np.array([[np.inf, 1.0]]), "nominal")
    with pytest.raises(InputError, match=r"judge must have one score an item \(5\), found 2"):
        leave_one_out_ceiling(np.ones((5, 2)), "exact", np.ones(2))
    with pytest.raises(InputError, match=r"seconds must have the shape of ratings, \(5, 2\), found \(5, 3\)"):
        check_raters(np.ones((5, 2)), np.ones((5, 3)))
