"""Tests of two judges, effect sizes, and groups of systems."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.compare import (
    agreement_by,
    cliffs_delta,
    cohen_dz,
    paired_superiority,
    permute_judges,
    superiority,
    williams,
    williams_from_correlations,
)
from lawful.reports.stats.systems import compare_systems, group_letters, group_systems

RNG = np.random.default_rng(0)
HUMAN = RNG.normal(size=120)
GOOD = HUMAN + RNG.normal(size=120)
POOR = HUMAN + 3 * RNG.normal(size=120)


def test_williams_worked_by_hand() -> None:
    # Steiger's example: .4 and .5 with the target, .1 with each other, n 103.
    # |R| = 1 - .16 - .25 - .01 + .04 = .62; 2 * .62 * 102 / 100 = 1.2648; .9^2 / 4 * .9^3 = .1476225;
    # t = -.1 * sqrt(102 * 1.1 / 1.4124225) = -.891286.
    result = williams_from_correlations(0.4, 0.5, 0.1, 103)
    assert result.statistic == pytest.approx(-0.1 * math.sqrt(102 * 1.1 / 1.4124225), abs=1e-12)
    assert (round(result.statistic, 2), round(result.p, 2)) == (-0.89, 0.37)
    assert result.p == pytest.approx(2 * stats.t.sf(0.8912862, 100), abs=1e-5)


def test_williams_of_scores_takes_their_correlations() -> None:
    r = np.corrcoef([HUMAN, GOOD, POOR])
    expected = williams_from_correlations(r[0, 1], r[0, 2], r[1, 2], 120)
    result = williams(HUMAN, GOOD, POOR)
    assert (result.statistic, result.p) == pytest.approx((expected.statistic, expected.p), abs=1e-12)
    swapped = williams(HUMAN, POOR, GOOD)
    assert (swapped.statistic, swapped.p) == pytest.approx((-result.statistic, result.p))
    assert result.p < 0.01
    assert williams(HUMAN, GOOD, POOR, "spearman").statistic > 0


def test_williams_is_level_under_the_null() -> None:
    rng, rejected = np.random.default_rng(1), 0
    for _ in range(300):
        human = rng.normal(size=40)
        a, b = human + rng.normal(size=(2, 40))
        rejected += williams(human, a, b).p < 0.1
    assert 15 <= rejected <= 48


def test_judges_that_are_the_same_cannot_be_told_apart() -> None:
    assert williams(HUMAN, GOOD, 2 * GOOD + 1).reason == "the judges are the same up to scale"
    assert williams(HUMAN[:3], GOOD[:3], POOR[:3]).reason == "fewer than four items"
    assert williams(HUMAN, GOOD, np.zeros(120)).reason == "fewer than two items, or a constant"
    same = permute_judges(
        HUMAN, GOOD, GOOD, agreement_by("pearson"), np.random.default_rng(0), n_resamples=50
    )
    assert (same.statistic, same.p) == (0.0, 1.0)


def test_exchanging_judges_finds_what_williams_finds() -> None:
    rng = np.random.default_rng(2)
    result = permute_judges(HUMAN, GOOD, POOR, agreement_by("spearman"), rng, n_resamples=300)
    assert result.statistic == pytest.approx(
        stats.spearmanr(HUMAN, GOOD)[0] - stats.spearmanr(HUMAN, POOR)[0], abs=1e-12
    )
    assert result.p < 0.05
    prompts = np.arange(120) // 60
    wholes = permute_judges(
        HUMAN, GOOD, POOR, agreement_by("spearman"), rng, clusters=prompts, n_resamples=400
    )
    # Two clusters have four exchanges, of which two give the observed difference or its opposite.
    assert wholes.p == pytest.approx(0.5, abs=0.1)
    assert wholes.n_clusters == 2


def test_effect_sizes_worked_by_hand() -> None:
    # Differences 1, 3, 2, 2: mean 2, sample variance 2/3.
    a, b = np.array([2.0, 4, 4, 5]), np.array([1.0, 1, 2, 3])
    assert cohen_dz(a, b).value == pytest.approx(2 / math.sqrt(2 / 3))
    # Pairs of (2 4 4 5) with (1 1 2 3): 2 wins 2, ties 1, loses 1; each 4 and the 5 win 4: 14 + .5 of 16.
    assert superiority(a, b).value == pytest.approx(14.5 / 16)
    assert cliffs_delta(a, b).value == pytest.approx((14 - 1) / 16)
    assert paired_superiority(np.array([1.0, 2, 3]), np.array([0.0, 2, 4])).value == 0.5
    assert superiority(GOOD, POOR).value == pytest.approx(
        stats.mannwhitneyu(GOOD, POOR).statistic / 120**2, abs=1e-12
    )
    assert cohen_dz(a, a).reason == "all differences are equal"


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 7), st.integers(0, 10_000), st.floats(0, 1))
def test_groups_are_the_largest_sets_without_a_separated_pair(n: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.uniform(size=(n, n)) < share, 1)
    separated = upper | upper.T
    order = [int(one) for one in rng.permutation(n)]
    free = [
        set(some)
        for size in range(1, n + 1)
        for some in itertools.combinations(range(n), size)
        if not separated[np.ix_(some, some)].any()
    ]
    largest = [one for one in free if not any(one < other for other in free)]
    groups = group_systems(separated, order)
    assert sorted(map(sorted, groups)) == sorted(map(sorted, largest))
    letters = group_letters(groups, n)
    for i, j in itertools.combinations(range(n), 2):
        assert bool(set(letters[i]) & set(letters[j])) != separated[i, j]
    assert letters[order[0]].startswith("a")


def test_systems_are_compared_on_the_same_prompts() -> None:
    rng = np.random.default_rng(5)
    prompts = np.repeat(np.arange(40), 2)
    hard = rng.normal(size=40)[prompts]
    scores = hard + 0.3 * rng.normal(size=(4, 80)) + np.array([0.0, 1.0, 0.02, 2.0])[:, None]
    scores[3, :10] = np.nan
    result = compare_systems(scores, np.random.default_rng(0), clusters=prompts, n_resamples=300)
    assert result.order == (3, 1, 0, 2) or result.order == (3, 1, 2, 0)
    assert set(result.groups[:2]) == {(3,), (1,)}
    assert set(result.groups[2]) == {0, 2}
    assert (result.letters[3], result.letters[1], result.letters[0], result.letters[2]) == (
        "a",
        "b",
        "c",
        "c",
    )
    assert len(result.pairs) == 6
    pair = next(one for one in result.pairs if (one.first, one.second) == (1, 3))
    assert (pair.difference.n, pair.difference.n_missing, pair.difference.n_clusters) == (70, 10, 35)
    assert pair.difference.value == pytest.approx(-1.0, abs=0.15)
    assert pair.superiority < 0.1
    assert pair.adjusted_p < 0.01
    assert result.means[3].n == 70
    # Means lie apart as prompts do; differences of the same prompts are far narrower.
    assert pair.difference.width < result.means[1].width / 2


def test_one_system_and_systems_without_a_common_item() -> None:
    alone = compare_systems(np.ones((1, 5)), np.random.default_rng(0))
    assert (alone.pairs, alone.groups, alone.letters) == ((), ((0,),), ("a",))
    apart = np.array([[1.0, 2, np.nan, np.nan], [np.nan, np.nan, 5, 6], [np.nan] * 4])
    result = compare_systems(apart, np.random.default_rng(0), n_resamples=50)
    assert math.isnan(result.pairs[0].adjusted_p)
    assert (result.order, result.groups) == ((1, 0, 2), ((1, 0, 2),))


def test_malformed_input_is_refused_in_words() -> None:
    with pytest.raises(InputError, match=r"a correlation lies between -1 and 1, found 1\.5"):
        williams_from_correlations(0.1, 1.5, 0.0, 30)
    with pytest.raises(
        InputError, match="arrays must have one length, found human 120, judge_a 120, judge_b 3"
    ):
        williams(HUMAN, GOOD, POOR[:3])
    with pytest.raises(InputError, match="must be symmetric with nothing on its diagonal"):
        group_systems(np.array([[False, True], [False, False]]), [0, 1])
    with pytest.raises(InputError, match="letters name at most 52 groups, found 60; list the groups instead"):
        group_letters(tuple((one,) for one in range(60)), 60)
    with pytest.raises(InputError, match="alpha must lie between 0 and 1, found 2"):
        compare_systems(np.ones((2, 3)), np.random.default_rng(0), alpha=2.0)
