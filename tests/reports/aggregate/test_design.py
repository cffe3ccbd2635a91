"""Means over a fixed design, against a plain mean, the bootstrap, hand-worked numbers and simulated data."""

import doctest
import math

import numpy as np
import pytest
from scipy import stats

import lawful.reports.aggregate.design as module
from lawful.core.errors import InputError
from lawful.reports.aggregate.design import design_mean, scaled
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.weighted import weighted_mean


def test_the_example() -> None:
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0


def test_one_stratum_and_one_column_is_the_plain_mean_with_students_t() -> None:
    values = np.random.default_rng(0).normal(size=23)
    found, plain = design_mean(values[:, None], ("a",)), clustered_mean(values)
    assert (found.value, found.low, found.high) == pytest.approx(
        (plain.value, plain.low, plain.high), abs=1e-12
    )
    low, high = stats.t.interval(0.95, 22, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


def test_groups_and_strata_by_hand() -> None:
    # Groups x (0, 1, 1, 0) and y (1, 0.5): means 0.5 and 0.75, so 0.625.
    # Weights are 1/8 in x and 1/4 in y. Variance in x: 4/3 * 4 * (0.5 / 8)^2 = 1/48; in y: 2 * 2 * (0.25 / 4)^2
    # = 1/64. Degrees of freedom: (1/48 + 1/64)^2 / ((1/48)^2 / 3 + (1/64)^2 / 1) = 3.4186.
    values, groups = np.array([0, 1, 1, 0, 1, 0.5])[:, None], np.array(list("xxxxyy"))
    found = design_mean(values, ("a",), groups=groups, strata=groups)
    half = stats.t.ppf(0.975, (7 / 192) ** 2 / ((1 / 48) ** 2 / 3 + (1 / 64) ** 2)) * math.sqrt(
        1 / 48 + 1 / 64
    )
    assert found.value == 0.625
    assert (found.low, found.high) == pytest.approx((0.625 - half, 0.625 + half), abs=1e-12)


def test_the_only_items_of_strata_are_held_against_the_mean() -> None:
    # Three tasks with one item each: 0, 1, 1, mean 2/3, each weight 1/3: variance (4 + 1 + 1) / 81 on 2 degrees.
    tasks = np.array(["a", "b", "c"])
    found = design_mean(np.array([[0.0], [1.0], [1.0]]), ("a",), groups=tasks, strata=tasks)
    half = stats.t.ppf(0.975, 2) * math.sqrt(6 / 81)
    assert (found.value, found.high - found.value) == pytest.approx((2 / 3, half), abs=1e-12)


@pytest.mark.parametrize("weighting", ["group", "item"])
def test_the_error_is_that_of_the_stratified_bootstrap(weighting: str) -> None:
    rng = np.random.default_rng(3)
    strata = np.repeat(np.arange(5), [8, 12, 30, 10, 20])
    values = rng.normal(size=80) + strata
    groups = strata if weighting == "group" else None
    found = design_mean(values[:, None], ("a",), groups=groups, strata=strata)
    statistic = weighted_mean(values)
    if weighting == "group":
        weights = 1 / np.bincount(strata)[strata] / 5

        def of(drawn):
            return drawn @ (weights * values)

        statistic = type(statistic)("mean of means", np.ones(80, dtype=bool), of)
    drawn = bootstrap(statistic, rng, clusters=strata, stages="items", n_resamples=4000)
    assert drawn.value == pytest.approx(found.value, abs=1e-12)
    # t on 75 degrees against the normal quantiles of the percentiles: 1.6 % wider.
    assert found.width == pytest.approx(drawn.width * 1.016, rel=0.05)


def test_several_columns_are_of_the_same_items() -> None:
    """The interval of a mean of columns is that of the rows' means where nothing is missing."""
    values = np.random.default_rng(4).normal(size=(30, 4))
    strata = np.repeat(np.arange(3), 10)
    both = design_mean(values, tuple("abcd"), groups=strata, strata=strata)
    one = design_mean(values.mean(axis=1)[:, None], ("mean",), groups=strata, strata=strata)
    assert (both.value, both.low, both.high) == pytest.approx((one.value, one.low, one.high), abs=1e-12)


def test_coverage_with_missing_values_and_unequal_strata() -> None:
    """95 % intervals of the mean over tasks cover in 93-97 % of 2,000 data sets."""
    rng = np.random.default_rng(5)
    strata = np.repeat(np.arange(8), [2, 3, 5, 8, 8, 10, 12, 12])
    centres = np.linspace(0, 3, 8)
    hits = 0
    for _ in range(2000):
        values = centres[strata][:, None] + rng.normal(size=(60, 2))
        values[rng.uniform(size=60) < 0.1, 1] = np.nan
        found = design_mean(values, ("a", "b"), groups=strata, strata=strata)
        hits += found.low <= centres.mean() <= found.high
    assert 0.93 <= hits / 2000 <= 0.97


def test_what_is_not_defined_says_why() -> None:
    none = design_mean(np.empty((0, 2)), ("a", "b"))
    assert (math.isnan(none.value), none.n, none.reason) == (True, 0, "no value of a")
    half = design_mean(np.array([[1.0, np.nan], [np.nan, np.nan]]), ("a", "b"))
    assert (math.isnan(half.value), half.n, half.n_missing, half.reason) == (True, 1, 1, "no value of b")
    one = design_mean(np.array([[1.0]]), ("a",))
    assert (one.value, math.isnan(one.low), one.reason) == (
        1.0, True, "one item in its stratum: nothing to compare it with",
    )  # fmt: skip


def test_scaled_turns_value_and_ends() -> None:
    found = scaled(design_mean(np.array([[0.25], [0.75]]), ("a",)), 4.0, 1.0)
    # Half-width on 0-1: t(0.975, 1) * 0.25 = 3.1766.
    assert (found.value, found.low, found.high) == pytest.approx(
        (3, 3 - 12.7062047, 3 + 12.7062047), abs=1e-6
    )


def test_a_level_out_of_range_is_an_error() -> None:
    with pytest.raises(InputError, match="level must lie between 0 and 1, found 95"):
        design_mean(np.ones((2, 1)), ("a",), level=95.0)
