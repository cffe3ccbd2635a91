"""Risk and coverage against brute force, hand-worked cases and laws."""

import math

import numpy as np
import pytest
from sklearn.metrics import auc

from lawful.core.errors import InputError
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.selective import best_aurc, risk_coverage, weighted_aurc

RNG = np.random.default_rng(2)


def brute(confidence: np.ndarray, loss: np.ndarray, copies: int) -> float:
    """The mean of the risks of the 1, 2, ... surest answers, each item there many times, ties spread evenly."""
    order = np.argsort(-confidence, kind="stable")
    each = []
    for level in -np.unique(-confidence[order]):
        tied = loss[confidence == level]
        each += [float(tied.mean())] * (copies * len(tied))
    return float(np.mean(np.cumsum(each) / np.arange(1, len(each) + 1)))


@pytest.mark.parametrize("ties", [False, True])
def test_the_area_is_that_of_brute_force(ties: bool) -> None:
    confidence = RNG.random(60)
    if ties:
        confidence = np.round(confidence, 1)
    loss = (RNG.random(60) > confidence).astype(float)
    assert weighted_aurc(confidence, loss).value == pytest.approx(brute(confidence, loss, 400), abs=1e-3)


def test_the_area_is_that_under_the_curve() -> None:
    confidence, loss = RNG.random(2000), RNG.random(2000)
    curve = risk_coverage(confidence, loss)
    assert weighted_aurc(confidence, loss).value == pytest.approx(auc(curve.coverage, curve.risk), abs=0.002)


def test_worked_by_hand() -> None:
    # Surest right, then one wrong and one right at one confidence, one not answered, one without people's word.
    confidence = np.array([0.9, 0.5, 0.5, math.nan, 0.7])
    loss = np.array([0.0, 1.0, 0.0, math.nan, math.nan])
    curve = risk_coverage(confidence, loss)
    assert curve.n == 4
    assert curve.coverage == pytest.approx([0.25, 0.75])
    assert curve.risk == pytest.approx([0.0, 1 / 3])
    assert curve.confidence == pytest.approx([0.9, 0.5])
    # Over counts from 1 to 3 the loss is (c - 1) / 2: the integral of (c - 1) / (2 c), over 3.
    assert weighted_aurc(confidence, loss).value == pytest.approx((1 - math.log(3) / 2) / 3)


def test_weights_are_copies() -> None:
    confidence, loss = np.round(RNG.random(12), 1), (RNG.random(12) < 0.4) * 1.0
    times = RNG.integers(0, 4, 12)
    times[0] = 2
    copied = weighted_aurc(np.repeat(confidence, times), np.repeat(loss, times)).value
    assert weighted_aurc(confidence, loss).of(times[None].astype(float))[0] == pytest.approx(copied)


def test_order_and_unit_of_confidence_change_nothing() -> None:
    confidence, loss = RNG.random(30), (RNG.random(30) < 0.3) * 1.0
    shuffled = RNG.permutation(30)
    value = weighted_aurc(confidence, loss).value
    assert weighted_aurc(confidence[shuffled], loss[shuffled]).value == pytest.approx(value)
    assert weighted_aurc(np.exp(7 * confidence), loss).value == pytest.approx(value)


def test_confidence_that_is_worth_nothing_has_the_risk_and_the_best_the_least() -> None:
    loss = np.repeat([0.0, 1.0], [800, 200])
    assert weighted_aurc(np.ones(1000), loss).value == pytest.approx(0.2)
    assert weighted_aurc(1 - loss, loss).value == pytest.approx(best_aurc(0.2), abs=1e-3)
    assert best_aurc(0.0) == 0.0
    assert best_aurc(1.0) == 1.0


def test_no_answer_has_no_area_and_says_so() -> None:
    nothing = np.full(3, math.nan)
    assert math.isnan(weighted_aurc(nothing, nothing).value)
    assert len(risk_coverage(nothing, nothing).risk) == 0
    assert math.isnan(bootstrap(weighted_aurc(nothing, nothing), np.random.default_rng(0)).value)


def test_unsound_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"losses are 0 or more, found -0\.5"):
        weighted_aurc(np.array([0.1, 0.2]), np.array([0.0, -0.5]))
    with pytest.raises(InputError, match="confidence 1, loss 2"):
        risk_coverage(np.array([0.1]), np.array([0.0, 1.0]))
