import math

import numpy as np
import pytest
from scipy import stats

from lawful.core.errors import InputError
from lawful.judge.conformal import conformal_threshold, least_clips, least_rate

SETS = 4000


def flagged_share(rate: float, n: int, spread: float, digits: int | None, seed: int) -> np.ndarray:
    """True false-alarm rates of thresholds made on many sets of clips, from scores of a known distribution."""
    rng = np.random.default_rng(seed)
    sets = rng.beta(spread, 0.7, (SETS, n))
    fresh = rng.beta(spread, 0.7, 20000)
    if digits is not None:
        sets, fresh = np.round(sets, digits), np.round(fresh, digits)
    fresh.sort()
    thresholds = [conformal_threshold(scores.tolist(), rate).threshold for scores in sets]
    return np.searchsorted(fresh, thresholds, side="right") / len(fresh)


@pytest.mark.parametrize(("rate", "n"), [(0.05, 19), (0.05, 40), (0.1, 25), (0.2, 9), (0.02, 60)])
@pytest.mark.parametrize("digits", [None, 1])
def test_lawful_clips_are_flagged_no_more_often_than_promised(
    rate: float, n: int, digits: int | None
) -> None:
    shares = flagged_share(rate, n, 3.0, digits, seed=n)
    slack = 4 * shares.std() / math.sqrt(SETS) + 0.002
    assert shares.mean() <= rate + slack
    if digits is None:
        # And not much less often: between the promise and 1 / (n + 1) below it.
        assert shares.mean() >= rate - 1 / (n + 1) - slack


@pytest.mark.parametrize(("rate", "n"), [(0.05, 40), (0.1, 25)])
def test_the_bound_holds_for_nine_sets_in_ten(rate: float, n: int) -> None:
    bound = conformal_threshold(np.linspace(0, 1, n).tolist(), rate).bound
    shares = flagged_share(rate, n, 3.0, None, seed=1)
    assert np.mean(shares <= bound) == pytest.approx(0.9, abs=0.02)
    assert bound == pytest.approx(
        stats.beta(math.floor(rate * (n + 1)), n + 1 - math.floor(rate * (n + 1))).ppf(0.9)
    )


def test_the_order_of_clips_changes_nothing() -> None:
    scores = np.random.default_rng(0).random(50)
    assert conformal_threshold(scores.tolist(), 0.1) == conformal_threshold(scores[::-1].tolist(), 0.1)


def test_at_most_so_many_of_the_clips_themselves_are_flagged() -> None:
    scores = [0.3] * 30 + [0.9] * 10
    found = conformal_threshold(scores, 0.1)
    assert (found.rank, found.n) == (4, 40)
    assert sum(score <= found.threshold for score in scores) == 0
    assert found.threshold < 0.3


def test_a_cap_holds() -> None:
    assert conformal_threshold([1.0] * 40, 0.1, most=0.5).threshold < 0.5


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.1, 1 / 3, 0.5])
def test_the_smallest_rate_and_the_fewest_clips_agree(rate: float) -> None:
    n = least_clips(rate)
    assert least_rate(n) <= rate + 1e-12
    assert n == 1 or least_rate(n - 1) > rate
    assert conformal_threshold([0.5] * n, rate).rank == 1


def test_too_few_clips_promise_nothing() -> None:
    with pytest.raises(
        InputError,
        match=r"a rate of 0\.05 can be promised from 19 lawful clips on; found 12\. With 12 the smallest rate is 0\.077",
    ):
        conformal_threshold([0.5] * 12, 0.05)
    with pytest.raises(InputError, match=r"from 1 lawful clips on; found 0\. Give more clips, or ask"):
        conformal_threshold([], 0.5)


@pytest.mark.parametrize("rate", [0.0, -0.1, 0.51, math.nan])
def test_rates_out_of_range_are_errors(rate: float) -> None:
    with pytest.raises(InputError, match=r"at a rate above 0 and at most 0\.5, got "):
        conformal_threshold([0.5] * 100, rate)
