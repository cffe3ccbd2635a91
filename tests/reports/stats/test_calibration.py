"""Calibration against scikit-learn and hand-worked cases."""

import math

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from lawful.core.errors import InputError
from lawful.reports.stats.calibration import (
    calibrate_held_out,
    expected_calibration_error,
    fit_isotonic,
    fit_temperature,
    folds_by_cluster,
    reliability_bins,
)

RNG = np.random.default_rng(0)
ODDS = RNG.normal(size=600)
OUTCOME = (RNG.uniform(size=600) < 1 / (1 + np.exp(-ODDS))).astype(float)
SURE = 1 / (1 + np.exp(-3 * ODDS))
PROMPTS = np.arange(600) // 4


def test_isotonic_is_that_of_scikit_learn_with_ties_and_beyond_the_ends() -> None:
    scores = np.round(SURE, 2)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores, OUTCOME)
    asked = np.linspace(-0.5, 1.5, 301)
    assert fit_isotonic(scores, OUTCOME).apply(asked) == pytest.approx(theirs.predict(asked), abs=1e-9)


def test_isotonic_worked_by_hand() -> None:
    # Targets 1 3 2 at scores 1 2 3: the last two are pooled to 2.5. A second target at score 1 is averaged
    # first.
    curve = fit_isotonic(np.array([1.0, 2, 3]), np.array([1.0, 3, 2]))
    assert curve.apply(np.array([0.0, 1.5, 2.0, 9.0, np.nan])) == pytest.approx(
        [1.0, 1.75, 2.5, 2.5, math.nan], nan_ok=True
    )
    assert fit_isotonic(np.array([1.0, 1, 2]), np.array([0.0, 1, 4])).values == pytest.approx([0.5, 4.0])


def test_temperature_is_a_logistic_regression_without_intercept() -> None:
    odds = np.log(SURE / (1 - SURE))
    theirs = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000)
    theirs.fit(odds[:, None], OUTCOME)
    found = fit_temperature(SURE, OUTCOME)
    assert 1 / found.temperature == pytest.approx(theirs.coef_[0, 0], rel=1e-5)
    # The judge was made three times too sure.
    assert found.temperature == pytest.approx(3.0, rel=0.25)
    calibrated = found.apply(SURE)
    assert np.array_equal(np.argsort(calibrated), np.argsort(SURE))
    assert fit_temperature(1 - SURE, 1 - OUTCOME).temperature == pytest.approx(found.temperature, rel=1e-6)


def test_probabilities_of_0_and_1_have_a_finite_loss() -> None:
    found = fit_temperature(np.array([0.0, 1, 1, 0]), np.array([0.0, 1, 0, 1]))
    assert found.temperature == pytest.approx(100.0, rel=1e-3)
    assert found.apply(np.array([0.0, 1.0, np.nan])) == pytest.approx(
        [0.46, 0.54, math.nan], abs=0.01, nan_ok=True
    )


def test_no_item_is_calibrated_on_its_own_prompt() -> None:
    fold = folds_by_cluster(PROMPTS, 5, np.random.default_rng(0))
    assert all(len(set(fold[prompt == PROMPTS])) == 1 for prompt in range(150))
    assert np.bincount(fold).tolist() == [120] * 5
    for method, fit in (("isotonic", fit_isotonic), ("temperature", fit_temperature)):
        held_out = calibrate_held_out(SURE, OUTCOME, PROMPTS, method, np.random.default_rng(0))
        inside = fold == 2
        assert held_out[inside] == pytest.approx(fit(SURE[~inside], OUTCOME[~inside]).apply(SURE[inside]))
        before, after = (np.mean((p - OUTCOME) ** 2) for p in (SURE, held_out))
        assert after < before


def test_bins_are_those_of_scikit_learn() -> None:
    bins = reliability_bins(SURE, OUTCOME, 10)
    observed, predicted = calibration_curve(OUTCOME, SURE, n_bins=10, strategy="quantile")
    assert [one.observed.value for one in bins] == pytest.approx(observed, abs=1e-12)
    assert [one.predicted for one in bins] == pytest.approx(predicted, abs=1e-12)
    assert [one.observed.n for one in bins] == [60] * 10


def test_equal_probabilities_stay_in_one_bin() -> None:
    probabilities = np.repeat([0.1, 0.5, 0.9], [2, 6, 2])
    bins = reliability_bins(probabilities, np.ones(10), 5)
    assert [(one.low, one.high, one.observed.n) for one in bins] == [
        (0.1, 0.1, 2),
        (0.5, 0.5, 6),
        (0.9, 0.9, 2),
    ]


def test_calibration_error_worked_by_hand() -> None:
    # Two bins of four: said .25 and one of four came out; said .75 and all came out. (0 * 4 + .25 * 4) / 8.
    probabilities = np.repeat([0.25, 0.75], 4)
    outcomes = np.array([1.0, 0, 0, 0, 1, 1, 1, 1])
    result = expected_calibration_error(probabilities, outcomes, np.random.default_rng(0), n_bins=2)
    assert result.value == pytest.approx(0.125)
    assert result.low <= result.value <= result.high


def test_the_error_falls_when_calibrated_and_is_the_weighted_gap_of_the_bins() -> None:
    rng = np.random.default_rng(0)
    error = expected_calibration_error(SURE, OUTCOME, rng, clusters=PROMPTS, n_resamples=300)
    by_bins = sum(
        one.observed.n * abs(one.predicted - one.observed.value) for one in reliability_bins(SURE, OUTCOME)
    )
    assert error.value == pytest.approx(by_bins / 600, abs=1e-12)
    assert (error.n, error.n_clusters) == (600, 150)
    calibrated = calibrate_held_out(SURE, OUTCOME, PROMPTS, "temperature", rng)
    after = expected_calibration_error(calibrated, OUTCOME, rng, clusters=PROMPTS, n_resamples=300)
    assert after.high < error.low


def test_nothing_to_calibrate_on() -> None:
    none = np.array([np.nan, 0.5])
    assert np.isnan(fit_isotonic(none[:1], none[:1]).apply(none)).all()
    assert np.isnan(fit_temperature(none[:1], none[:1]).apply(none)).all()
    assert reliability_bins(none[:1], none[:1]) == ()
    error = expected_calibration_error(none[:1], none[:1], np.random.default_rng(0))
    assert (math.isnan(error.value), error.reason, error.n_missing) == (True, "no item has both", 1)


def test_malformed_input_is_refused_in_words() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(
        InputError, match=r"probabilities lie between 0 and 1, found 1\.5 \(1 such values in all\)"
    ):
        fit_temperature(np.array([1.5]), np.array([1.0]))
    with pytest.raises(InputError, match="outcomes holds 3 at position 0"):
        reliability_bins(np.array([0.5]), np.array([3.0]))
    with pytest.raises(
        InputError, match="folds must number from 2 to the 3 clusters that there are, found 5"
    ):
        folds_by_cluster(np.array([0, 1, 2]), 5, rng)
    with pytest.raises(InputError, match="bins must be at least 1, found 0"):
        reliability_bins(SURE, OUTCOME, 0)
