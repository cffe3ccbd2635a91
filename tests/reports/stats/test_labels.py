"""Rogan-Gladen and PPI++ against their formulas, hand-worked cases and the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.labels import ppi_by_generator, ppi_difference, ppi_mean, rogan_gladen

TRUTH = np.repeat([1.0, 1, 0, 0], [45, 5, 10, 40])
SAID = np.repeat([1.0, 0, 1, 0], [45, 5, 10, 40])


def test_rogan_gladen_worked_by_hand() -> None:
    # Sensitivity 45/50 = .9, specificity 40/50 = .8, J = .7. Judge says yes to 550 of 1000: (.55 - .2) / .7 =
    # .5. Variance (.55 * .45 / 1000 + .25 * .9 * .1 / 50 + .25 * .8 * .2 / 50) / .49 = .0031.
    judge = np.repeat([1.0, 0], [550, 450])
    result = rogan_gladen(judge, TRUTH, SAID)
    half = 1.959964 * math.sqrt((0.55 * 0.45 / 1000 + 0.25 * 0.09 / 50 + 0.25 * 0.16 / 50) / 0.49)
    assert result.estimate.value == result.raw == pytest.approx(0.5)
    assert (result.estimate.low, result.estimate.high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)
    assert (result.judge_rate, result.youden, result.n_calibration, result.clipped) == (
        0.55,
        pytest.approx(0.7),
        100,
        False,
    )
    flipped = rogan_gladen(1 - judge, 1 - TRUTH, 1 - SAID)
    assert flipped.estimate.value == pytest.approx(1 - result.estimate.value)


def test_a_rate_outside_0_and_1_is_clipped_and_said_so() -> None:
    result = rogan_gladen(np.zeros(50), TRUTH, SAID)
    assert (result.estimate.value, result.clipped) == (0.0, True)
    assert result.raw == pytest.approx(-0.2 / 0.7)
    assert result.estimate.low == 0.0


def test_a_judge_no_better_than_chance_cannot_be_corrected() -> None:
    coin = rogan_gladen(np.ones(9), TRUTH, np.ones(100))
    assert coin.estimate.reason == "the judge is no better than chance on the calibration items"
    assert coin.youden == pytest.approx(0.0)
    assert rogan_gladen(np.ones(9), np.ones(3), np.ones(3)).estimate.reason == "humans never answered no"
    nothing = rogan_gladen(np.array([np.nan]), TRUTH, SAID).estimate
    assert (nothing.reason, nothing.n, nothing.n_missing) == ("no answer of the judge", 0, 1)


def world(n: int, n_labelled: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    human = rng.normal(size=n) + 3
    judge = human + 1.5 + noise * rng.normal(size=n)
    human[n_labelled:] = np.nan
    return human, judge


def test_ppi_is_the_formula_of_the_paper() -> None:
    human, judge = world(1000, 100, 0.7, 0)
    y, f, g = human[:100], judge[:100], judge[100:]
    for weight in (0.0, 0.5, 1.0):
        result = ppi_mean(human, judge, weight=weight)
        assert result.estimate.value == pytest.approx(np.mean(y - weight * f) + weight * g.mean(), abs=1e-12)
        variance = np.var(y - weight * f, ddof=1) / 100 + weight**2 * np.var(g, ddof=1) / 900
        half = stats.t.ppf(0.975, 99) * math.sqrt(variance)
        assert result.estimate.width / 2 == pytest.approx(half, abs=1e-12)
    tuned = ppi_mean(human, judge)
    expected = np.cov(y, f)[0, 1] / (np.var(f, ddof=1) + 100 / 900 * np.var(g, ddof=1))
    assert tuned.weight == pytest.approx(expected, abs=1e-12)
    assert tuned.human_only.value == pytest.approx(y.mean())
    assert tuned.judge_only == pytest.approx(judge.mean())
    assert tuned.labels_gained == pytest.approx(tuned.effective_labels - 100)


def test_a_good_judge_gains_labels_and_a_useless_one_costs_next_to_nothing() -> None:
    good = ppi_mean(*world(5000, 200, 0.5, 1))
    # Correlation 1 / sqrt(1.25) = .894; 1 / (1 - .8) = 5-fold for endless judge labels, 4.2-fold for 25 to 1.
    assert 600 < good.effective_labels < 1200
    assert good.estimate.width < 0.6 * good.human_only.width
    human, judge = world(5000, 200, 0.5, 2)
    useless = ppi_mean(human, np.random.default_rng(3).permutation(judge))
    assert useless.weight < 0.15
    assert useless.effective_labels == pytest.approx(200, rel=0.1)
    against = ppi_mean(human, -judge)
    assert (against.weight, against.estimate.value) == (0.0, against.human_only.value)


def test_human_labels_alone_are_the_clustered_mean() -> None:
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(25), 4)
    human = rng.normal(size=25)[prompts] + rng.normal(size=100)
    result = ppi_mean(human, human + rng.normal(size=100), clusters=prompts)
    expected = clustered_mean(human, prompts)
    assert (result.weight, result.n_judged) == (0.0, 0)
    assert (result.estimate.low, result.estimate.high) == pytest.approx(
        (expected.low, expected.high), abs=1e-12
    )


def test_clusters_widen_the_interval_and_may_hold_both_kinds_of_items() -> None:
    rng = np.random.default_rng(1)
    prompts = np.repeat(np.arange(60), 6)
    human = 2 * rng.normal(size=60)[prompts] + rng.normal(size=360)
    judge = human + rng.normal(size=360)
    whole, part = human.copy(), human.copy()
    whole[prompts >= 30] = np.nan
    part[np.arange(360) % 6 >= 3] = np.nan
    items, clustered = ppi_mean(whole, judge), ppi_mean(whole, judge, clusters=prompts)
    assert clustered.estimate.width > 1.3 * items.estimate.width
    assert clustered.estimate.n_clusters == 30
    # With both halves of every prompt, judge less judge cancels the prompt and cannot stand for it.
    assert ppi_mean(part, judge, clusters=prompts).effective_labels < clustered.effective_labels


def test_a_difference_is_ppi_of_the_differences() -> None:
    (a, fa), (b, fb) = world(400, 60, 0.5, 4), world(400, 50, 0.5, 5)
    result = ppi_difference(a, b, fa, fb)
    assert result == ppi_mean(a - b, fa - fb)
    assert (result.estimate.n, result.n_judged) == (50, 350)
    swapped = ppi_difference(b, a, fb, fa)
    assert swapped.estimate.value == pytest.approx(-result.estimate.value)
    assert swapped.estimate.low == pytest.approx(-result.estimate.high)


def test_each_generator_has_a_weight_of_its_own() -> None:
    good, useless = world(500, 80, 0.3, 6), world(500, 80, 9.0, 7)
    human, judge = (np.concatenate(pair) for pair in zip(good, useless, strict=True))
    result = ppi_by_generator(human, judge, np.repeat(["good", "useless"], 500))
    assert result["good"].weight > 0.7 > 0.2 > result["useless"].weight
    assert result["good"] == ppi_mean(*good)


def test_items_of_no_use_are_counted_and_too_few_are_not_enough() -> None:
    human = np.array([1.0, 2, 3, np.nan, np.nan, 4])
    judge = np.array([1.0, 2, 2, 2, np.nan, np.nan])
    result = ppi_mean(human, judge)
    assert (result.estimate.n, result.n_judged, result.estimate.n_missing) == (3, 1, 2)
    # One item does not show how far the mean of the judged items may be off.
    assert (result.weight, result.estimate.value) == (0.0, 2.0)
    alone = ppi_mean(np.array([1.0, np.nan]), np.array([2.0, 4.0]))
    assert (alone.estimate.reason, alone.judge_only) == ("fewer than two labelled items", 3.0)
    one = ppi_mean(human, judge, clusters=np.zeros(6))
    assert one.estimate.reason == "fewer than two labelled clusters"


def test_malformed_input_is_refused_in_words() -> None:
    with pytest.raises(
        InputError, match="needs two clusters of items that only the judge scored; leave it out"
    ):
        ppi_mean(np.ones(3), np.arange(3), weight=1.0)
    with pytest.raises(InputError, match="arrays must have one length, found human 3, judge 2"):
        ppi_mean(np.ones(3), np.ones(2))
    with pytest.raises(InputError, match="found human_a 3, human_b 2, judge_a 3, judge_b 3"):
        ppi_difference(np.ones(3), np.ones(2), np.ones(3), np.ones(3))
    with pytest.raises(InputError, match=r"judge holds 0\.5 at position 0"):
        rogan_gladen(np.array([0.5]), TRUTH, SAID)
