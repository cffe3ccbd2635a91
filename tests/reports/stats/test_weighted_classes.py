"""Against scikit-learn with whole weights, and against the plain functions."""

import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from lawful.reports.stats.categorical import auroc, binary_agreement
from lawful.reports.stats.weighted_classes import weighted_auroc, weighted_balanced, weighted_class_accuracy

HUMAN = np.array([1, 0, 1, 1, 0, np.nan, 0, 1, 0.0, 1])
JUDGE = np.array([0.9, 0.2, 0.4, 0.4, 0.4, 0.5, 0.7, 0.95, 0.1, np.nan])
SAID = np.array([1, 0, 0, 1, 1, 1, 0, 1, 0, np.nan])
BOTH = ~np.isnan(HUMAN + JUDGE)
WEIGHTS = np.random.default_rng(0).integers(0, 4, size=(20, len(HUMAN))).astype(float) + (HUMAN == 1) * 1.0


def test_auroc_is_that_of_scikit_learn():
    found = weighted_auroc(HUMAN, JUDGE)
    assert found.value == auroc(HUMAN, JUDGE).value
    wanted = [roc_auc_score(HUMAN[BOTH], JUDGE[BOTH], sample_weight=row[BOTH]) for row in WEIGHTS]
    assert found.of(WEIGHTS) == pytest.approx(wanted, abs=1e-12)


def test_balanced_accuracy_is_that_of_scikit_learn():
    found = weighted_balanced(HUMAN, SAID)
    plain = binary_agreement(HUMAN, SAID)
    assert found.value == plain.balanced
    wanted = [balanced_accuracy_score(HUMAN[BOTH], SAID[BOTH], sample_weight=row[BOTH]) for row in WEIGHTS]
    assert found.of(WEIGHTS) == pytest.approx(wanted, abs=1e-12)
    assert weighted_class_accuracy(HUMAN, SAID, 1.0).value == plain.yes_accuracy.value
    assert weighted_class_accuracy(HUMAN, SAID, 0.0).value == plain.no_accuracy.value
    assert weighted_class_accuracy(HUMAN, SAID, 0.0).n == plain.no_accuracy.n


def test_a_resample_without_both_answers_is_undefined():
    only_yes = (HUMAN == 1)[None, :] * 1.0
    assert math.isnan(weighted_auroc(HUMAN, JUDGE).of(only_yes)[0])
    assert math.isnan(weighted_balanced(HUMAN, SAID).of(only_yes)[0])
    nothing = np.full(2, np.nan)
    assert math.isnan(weighted_auroc(nothing, nothing).value)
    assert math.isnan(weighted_balanced(nothing, nothing).value)
