"""Agreement on a scale against scikit-learn and statsmodels, hand-worked cases, laws."""

import math

import numpy as np
import pytest
from sklearn import metrics
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from lawful.core.errors import InputError
from lawful.reports.stats.categorical import (
    KappaWeights,
    auroc,
    binary_agreement,
    cohen_kappa,
    exact_accuracy,
    label_agreement,
    proportion,
    system_bias,
    within_one_accuracy,
)

RNG = np.random.default_rng(0)
A = RNG.integers(1, 6, 200).astype(float)
B = np.clip(A + RNG.integers(-2, 3, 200), 1, 5)
YES = (RNG.uniform(size=200) < 0.3).astype(float)
SCORE = np.round(YES + RNG.normal(size=200), 1)
SAID = (SCORE > 0.4).astype(float)


@pytest.mark.parametrize(
    ("weights", "theirs"), [("none", None), ("linear", "linear"), ("quadratic", "quadratic")]
)
def test_kappa_is_that_of_scikit_learn_and_statsmodels(weights: KappaWeights, theirs: str | None) -> None:
    result = cohen_kappa(A, B, weights)
    assert result.value == pytest.approx(metrics.cohen_kappa_score(A, B, weights=theirs), abs=1e-12)
    counts = metrics.confusion_matrix(A, B)
    assert result.value == pytest.approx(cohens_kappa(counts, wt=theirs).kappa, abs=1e-12)
    assert cohen_kappa(B, A, weights).value == pytest.approx(result.value, abs=1e-15)


def test_kappa_counts_steps_of_the_declared_scale() -> None:
    # Values 1 and 5 alone are one step apart if they are the whole scale, four steps on 1-5. Both kappas are
    # the same then, because every disagreement weighs alike; with a 2 among the values they are not.
    a, b = np.array([1.0, 1, 5, 5, 2, 1]), np.array([1.0, 5, 5, 1, 1, 2])
    scale = (1.0, 2.0, 3.0, 4.0, 5.0)
    expected = metrics.cohen_kappa_score(a, b, weights="quadratic", labels=scale)
    assert cohen_kappa(a, b, "quadratic", scale).value == pytest.approx(expected, abs=1e-12)
    assert cohen_kappa(a, b, "quadratic").value != pytest.approx(expected)


def test_kappa_worked_by_hand() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed .7; chance .5 * .6 + .5 * .4 = .5; kappa .4.
    a = np.repeat([1.0, 1, 0, 0], [20, 5, 10, 15])
    b = np.repeat([1.0, 0, 1, 0], [20, 5, 10, 15])
    assert cohen_kappa(a, b).value == pytest.approx(0.4, abs=1e-15)


def test_auroc_is_that_of_scikit_learn_and_only_the_order_counts() -> None:
    result = auroc(YES, SCORE)
    assert result.value == pytest.approx(metrics.roc_auc_score(YES, SCORE), abs=1e-12)
    assert auroc(YES, np.exp(SCORE)).value == pytest.approx(result.value, abs=1e-15)
    assert auroc(YES, -SCORE).value == auroc(1 - YES, SCORE).value == pytest.approx(1 - result.value)


def test_class_accuracies_and_bias() -> None:
    result = binary_agreement(YES, SAID)
    assert result.balanced == pytest.approx(metrics.balanced_accuracy_score(YES, SAID), abs=1e-15)
    assert result.yes_accuracy.value == pytest.approx(metrics.recall_score(YES, SAID), abs=1e-15)
    assert result.no_accuracy.value == pytest.approx(metrics.recall_score(YES, SAID, pos_label=0), abs=1e-15)
    assert result.accuracy.value == pytest.approx(metrics.accuracy_score(YES, SAID), abs=1e-15)
    assert result.bias == pytest.approx(SAID.mean() - YES.mean())
    swapped = binary_agreement(1 - YES, 1 - SAID)
    assert (swapped.balanced, swapped.bias) == pytest.approx((result.balanced, -result.bias))
    assert swapped.yes_accuracy == result.no_accuracy


def test_a_judge_that_always_says_yes_is_at_one_half_with_a_bias() -> None:
    result = binary_agreement(YES, np.ones(200))
    assert (result.balanced, result.yes_accuracy.value, result.no_accuracy.value) == (0.5, 1.0, 0.0)
    assert result.bias == pytest.approx(1 - YES.mean())
    one_sided = binary_agreement(np.ones(3), np.array([1.0, 1.0, 0.0]))
    assert (one_sided.reason, math.isnan(one_sided.balanced)) == ("humans never answered no", True)
    assert one_sided.yes_accuracy.value == pytest.approx(2 / 3)


def test_accuracies() -> None:
    assert exact_accuracy(A, B).value == pytest.approx(metrics.accuracy_score(A, B))
    assert within_one_accuracy(A, B).value == pytest.approx(np.mean(np.abs(A - B) <= 1))
    thirds = np.array([0.0, 0.5, 1.0])
    assert within_one_accuracy(thirds, thirds[[1, 2, 0]], scale=(0.0, 0.5, 1.0)).value == pytest.approx(2 / 3)
    assert within_one_accuracy(thirds, thirds[[1, 2, 0]]).value == 1.0


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (3, 7), (9, 9)])
def test_the_interval_of_a_share_is_that_of_statsmodels(hits: int, n: int) -> None:
    result = proportion(np.arange(n) < hits, 0.9)
    low, high = proportion_confint(hits, n, 0.1, method="wilson")
    assert (result.low, result.high) == pytest.approx((low, high), abs=1e-12)


def test_labels_that_could_not_be_parsed_are_left_out_or_wrong() -> None:
    human, judge = np.array(["Good", "Poor", "Good", ""]), np.array(["Good", "Medium", "", "Good"])
    out, wrong = label_agreement(human, judge), label_agreement(human, judge, unparsed="wrong")
    assert (out.value, out.n, out.n_missing) == (0.5, 2, 2)
    assert (wrong.value, wrong.n, wrong.n_missing) == (pytest.approx(1 / 3), 3, 1)


def test_bias_that_all_systems_share_is_not_relative() -> None:
    # Judge less human: a +2, +2; b +1; c has no score. Mean of means 1.5.
    human, judge = np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 4, np.nan])
    a, b, c = system_bias(human, judge, np.array(["a", "a", "b", "c"]))
    assert (a.system, a.bias, a.relative, a.n) == ("a", 2.0, 0.5, 2)
    assert (b.bias, b.relative) == (1.0, -0.5)
    assert (math.isnan(c.bias), c.n) == (True, 0)


def test_malformed_input_is_refused_in_words() -> None:
    with pytest.raises(
        InputError, match=r"holds 7 at position 1 \(1 such values in all\), which is not on the scale"
    ):
        exact_accuracy(np.array([1.0, 7.0]), np.array([1.0, 1.0]), scale=(1.0, 2.0))
    with pytest.raises(InputError, match=r"human holds 0\.5 at position 0"):
        auroc(np.array([0.5, 1.0]), np.array([1.0, 2.0]))
    with pytest.raises(InputError, match="judge holds 2 at position 0"):
        binary_agreement(np.array([0.0, 1.0]), np.array([2.0, 1.0]))
    with pytest.raises(InputError, match=r"a scale needs at least two different values, found \[1.0, 1.0\]"):
        cohen_kappa(A, B, scale=(1.0, 1.0))
    with pytest.raises(InputError, match="arrays must have one length, found human 1, judge 2"):
        label_agreement(np.array(["a"]), np.array(["a", "b"]))
