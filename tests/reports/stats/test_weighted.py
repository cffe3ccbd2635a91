"""Statistics of weighted items equal those of the items written out as often as they count."""

import math

import numpy as np
import pytest
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.weighted import (
    WeightedStatistic,
    difference_of,
    from_function,
    weighted_difference,
    weighted_mean,
    weighted_pearson,
    weighted_spearman,
)

RNG = np.random.default_rng(5)
HUMAN = RNG.integers(1, 6, 60).astype(float)
JUDGE = HUMAN + RNG.normal(size=60)
OTHER = np.round(HUMAN + 2 * RNG.normal(size=60))


def written_out(weights: np.ndarray) -> list[np.ndarray]:
    return [np.repeat(np.arange(len(row)), row.astype(int)) for row in weights]


@pytest.mark.parametrize(
    ("statistic", "oracle"),
    [
        (weighted_mean(JUDGE), lambda rows: JUDGE[rows].mean()),
        (weighted_difference(HUMAN, OTHER), lambda rows: (HUMAN - OTHER)[rows].mean()),
        (weighted_pearson(HUMAN, JUDGE), lambda rows: stats.pearsonr(HUMAN[rows], JUDGE[rows])[0]),
        (weighted_spearman(HUMAN, JUDGE), lambda rows: stats.spearmanr(HUMAN[rows], JUDGE[rows])[0]),
        (weighted_spearman(JUDGE, HUMAN), lambda rows: stats.spearmanr(HUMAN[rows], JUDGE[rows])[0]),
        (weighted_spearman(HUMAN, OTHER), lambda rows: stats.spearmanr(HUMAN[rows], OTHER[rows])[0]),
        (
            difference_of(weighted_spearman(HUMAN, JUDGE), weighted_spearman(HUMAN, OTHER)),
            lambda rows: (
                stats.spearmanr(HUMAN[rows], JUDGE[rows])[0] - stats.spearmanr(HUMAN[rows], OTHER[rows])[0]
            ),
        ),
        (from_function("median", np.median, JUDGE), lambda rows: np.median(JUDGE[rows])),
    ],
    ids=lambda one: one.name if isinstance(one, WeightedStatistic) else "",
)
def test_weights_are_repeats(statistic: WeightedStatistic, oracle) -> None:
    weights = np.random.default_rng(1).multinomial(60, np.full(60, 1 / 60), size=20).astype(float)
    expected = [oracle(rows) for rows in written_out(weights)]
    assert statistic.of(weights) == pytest.approx(expected, abs=1e-12)
    assert statistic.value == pytest.approx(oracle(np.arange(60)), abs=1e-12)


def test_more_items_than_one_block_and_more_rows_than_one() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=5000)
    y = np.round(x + rng.normal(size=5000), 1)
    weights = rng.integers(0, 4, size=(9, 5000)).astype(float)
    expected = [stats.spearmanr(x[rows], y[rows])[0] for rows in written_out(weights)]
    assert weighted_spearman(x, y).of(weights) == pytest.approx(expected, abs=1e-12)


def test_items_without_a_value_do_not_count_whatever_their_weight() -> None:
    x, y = HUMAN.copy(), JUDGE.copy()
    x[3], y[7] = np.nan, np.nan
    kept = np.delete(np.arange(60), [3, 7])
    for make, oracle in ((weighted_spearman, stats.spearmanr), (weighted_pearson, stats.pearsonr)):
        statistic = make(x, y)
        assert statistic.n == 58
        assert statistic.value == pytest.approx(oracle(x[kept], y[kept])[0], abs=1e-12)
    assert weighted_mean(x).value == pytest.approx(np.nanmean(x), abs=1e-15)


@pytest.mark.parametrize("make", [weighted_pearson, weighted_spearman])
def test_a_resample_that_is_constant_or_empty_is_not_a_number(make) -> None:
    x = np.array([0.1, 0.3, 0.7, 0.2])
    weights = np.array([[3, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]], dtype=float)
    values = make(x, x**2).of(weights)
    assert np.isnan(values).tolist() == [True, True, False]
    assert math.isnan(make(np.full(4, np.nan), x).value)
    assert math.isnan(make(np.full(4, 0.1), x).value)
    assert math.isnan(weighted_mean(np.array([np.nan])).value)


def test_a_difference_is_of_the_same_items() -> None:
    with pytest.raises(InputError, match="arrays must have one length, found a 60, b 3"):
        difference_of(weighted_mean(HUMAN), weighted_mean(np.ones(3)))
