"""Paired permutation against scipy, Holm against statsmodels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from lawful.core.errors import InputError
from lawful.reports.stats.permutation import holm, paired_permutation


def test_all_sign_flips_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(1, 6, 9).astype(float)
    b = rng.integers(1, 6, 9).astype(float)
    expected = stats.permutation_test(
        (a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    )
    result = paired_permutation(a, b, rng)
    assert (result.p, result.statistic) == pytest.approx((expected.pvalue, expected.statistic), abs=1e-12)


def test_a_case_worked_by_hand() -> None:
    # Two prompts of two seeds; sums of differences 3 and 1. The flips +-3 +-1 give 4, 2, -2, -4: p = 2/4.
    # Seed by seed (2, 1, 1, 0): only all + and all -, each with either sign of the 0: 4 of 16.
    a, b, prompts = np.array([2.0, 1, 1, 0]), np.zeros(4), np.array([0, 0, 1, 1])
    rng = np.random.default_rng(0)
    assert paired_permutation(a, b, rng, clusters=prompts).p == 0.5
    assert paired_permutation(a, b, rng).p == 0.25


def test_drawn_flips_come_near_all_flips_and_count_the_observed_one() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=14) + 0.5
    b = np.zeros(14)
    every, drawn = (paired_permutation(a, b, rng, exact_up_to=limit, n_resamples=20_000) for limit in (16, 0))
    assert drawn.p == pytest.approx(every.p, abs=0.01)
    assert drawn.method == "paired permutation, 20,000 sign flips"
    far = paired_permutation(np.full(40, 1.0), np.zeros(40), rng, n_resamples=99)
    assert far.p == 0.01


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=10), st.integers(0, 99))
def test_order_and_names_do_not_matter(differences: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = np.array(differences, dtype=float), np.zeros(len(differences))
    order = rng.permutation(len(a))
    p = paired_permutation(a, b, rng).p
    assert p == paired_permutation(b, a, rng).p == paired_permutation(a[order], b, rng).p
    assert p >= 2 / 2 ** len(a)


def test_missing_pairs_are_left_out() -> None:
    a, b = np.array([1.0, np.nan, 3.0]), np.array([0.0, 1.0, 0.0])
    result = paired_permutation(a, b, np.random.default_rng(0), clusters=np.array([0, 1, 2]))
    assert (result.n, result.n_missing, result.n_clusters, result.p) == (2, 1, 2, 0.5)
    nothing = paired_permutation(a[1:2], b[1:2], np.random.default_rng(0))
    assert (math.isnan(nothing.p), nothing.reason) == (True, "no complete pair")


def test_holm_is_that_of_statsmodels_and_passes_over_what_was_not_tested() -> None:
    p = np.random.default_rng(0).uniform(size=20) ** 3
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1], abs=1e-15)
    with_gap = np.insert(p, 4, np.nan)
    assert np.delete(holm(with_gap), 4) == pytest.approx(holm(p), abs=0)
    assert math.isnan(holm(with_gap)[4])
    assert holm([]).shape == (0,)
    # Worked: .01 x 3 = .03; .03 x 2 = .06; .04 x 1 = .04, raised to .06.
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_malformed_input_is_refused_in_words() -> None:
    with pytest.raises(InputError, match=r"p-values lie between 0 and 1, found 1\.5 at position 1"):
        holm([0.1, 1.5])
    with pytest.raises(InputError, match="n_resamples must be at least 1, found 0"):
        paired_permutation(np.ones(30), np.zeros(30), np.random.default_rng(0), n_resamples=0)
    with pytest.raises(InputError, match="arrays must have one length, found a 3, b 2"):
        paired_permutation(np.ones(3), np.zeros(2), np.random.default_rng(0))
