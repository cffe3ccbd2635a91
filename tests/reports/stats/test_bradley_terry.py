"""Bradley-Terry with ties against logistic regression, a general optimiser and hand-worked cases."""

import math
import tracemalloc

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize

from lawful.core.errors import InputError
from lawful.reports.stats.bradley_terry import BradleyTerry, bradley_terry
from lawful.reports.stats.clusters import Clustering


def simulated(
    strengths: list[float], nu: float, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    theta = np.array(strengths)
    first = rng.integers(0, len(theta), n)
    second = (first + rng.integers(1, len(theta), n)) % len(theta)
    weights = np.stack(
        [np.exp(theta[first]), np.exp(theta[second]), nu * np.exp((theta[first] + theta[second]) / 2)]
    )
    chance = np.cumsum(weights / weights.sum(axis=0), axis=0)
    drawn = rng.uniform(size=n)
    outcome = np.where(drawn < chance[0], 1.0, np.where(drawn < chance[1], -1.0, 0.0))
    return first, second, outcome


def fit(first, second, outcome, **settings) -> BradleyTerry:
    settings = {"n_resamples": 0, **settings}
    return bradley_terry(first, second, outcome, np.random.default_rng(0), **settings)


def values(result: BradleyTerry) -> list[float]:
    return [one.value for one in result.strengths]


def test_two_systems_worked_by_hand() -> None:
    # 8 wins, 2 losses, 4 ties. The model fits exactly: p1 / p2 = 8 / 2, so strengths +-ln(4) / 2;
    # nu sqrt(p1 p2) / p1 = 4 / 8, so nu = .5 * sqrt(4) = 1.
    outcome = np.repeat([1.0, -1.0, 0.0], [8, 2, 4])
    result = fit(np.full(14, "a"), np.full(14, "b"), outcome)
    assert values(result) == pytest.approx([math.log(4) / 2, -math.log(4) / 2], abs=1e-10)
    assert result.tie_weight == pytest.approx(1.0, abs=1e-10)
    assert result.win_probability("a", "b") == pytest.approx(8 / 14, abs=1e-10)
    assert result.win_probability("b", "a") == pytest.approx(2 / 14, abs=1e-10)


def test_without_ties_it_is_a_logistic_regression() -> None:
    first, second, outcome = simulated([0.0, 0.5, -0.5, 1.0], 0.0, 400, 1)
    design = np.zeros((400, 4))
    design[np.arange(400), first] += 1
    design[np.arange(400), second] -= 1
    model = sm.GLM(outcome > 0, design[:, 1:], family=sm.families.Binomial()).fit(tol=1e-14)
    theta = np.append(0.0, model.params)
    result = fit(first, second, outcome)
    assert values(result) == pytest.approx(theta - theta.mean(), abs=1e-8)
    assert result.tie_weight == 0.0


def test_with_ties_no_general_optimiser_finds_better() -> None:
    first, second, outcome = simulated([0.0, 0.7, -0.4, 0.2, 1.1], 0.8, 500, 2)

    def loss(parameters: np.ndarray) -> float:
        theta = np.append(0.0, parameters[:4])
        a, b = theta[first], theta[second]
        tie = parameters[4] + (a + b) / 2
        total = np.logaddexp(np.logaddexp(a, b), tie)
        return -float(np.sum(np.where(outcome > 0, a, np.where(outcome < 0, b, tie)) - total))

    found = optimize.minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-8})
    theta = np.append(0.0, found.x[:4])
    result = fit(first, second, outcome)
    assert values(result) == pytest.approx(theta - theta.mean(), abs=1e-5)
    assert result.tie_weight == pytest.approx(math.exp(found.x[4]), abs=1e-5)


def test_swapping_sides_and_renaming_change_nothing_else() -> None:
    first, second, outcome = simulated([0.0, 0.7, -0.4], 0.5, 200, 3)
    result = fit(first, second, outcome)
    assert values(fit(second, first, -outcome)) == pytest.approx(values(result), abs=1e-10)
    names = np.array(["x", "z", "y"])
    renamed = fit(names[first], names[second], outcome)
    assert renamed.systems == ("x", "y", "z")
    assert values(renamed) == pytest.approx([values(result)[i] for i in (0, 2, 1)], abs=1e-10)
    assert values(fit(first, second, -outcome)) == pytest.approx([-one for one in values(result)], abs=1e-9)


def test_intervals_and_ranks() -> None:
    first, second, outcome = simulated([2.0, 0.05, 0.0, -2.0], 0.5, 600, 4)
    voters = np.arange(600) // 6
    result = bradley_terry(first, second, outcome, np.random.default_rng(0), clusters=voters, n_resamples=300)
    assert all(one.low < one.value < one.high for one in result.strengths)
    assert result.strengths[0].n_clusters == 100
    assert (result.ranks[0], result.ranks[3]) == ((1, 1), (4, 4))
    assert result.ranks[1] == result.ranks[2] == (2, 3)
    again = bradley_terry(first, second, outcome, np.random.default_rng(0), clusters=voters, n_resamples=300)
    assert again == result


def test_systems_that_never_met_have_no_common_scale() -> None:
    first, second = np.array(["a", "b", "c", "d"]), np.array(["b", "a", "d", "c"])
    result = fit(first, second, np.array([1.0, 1.0, 1.0, 1.0]))
    assert result.reason == "these were never compared with each other, even indirectly: a, b; c, d"
    assert all(math.isnan(one.value) and one.reason for one in result.strengths)
    assert not math.isnan(fit(first, second, np.ones(4), prior=0.1).strengths[0].value)


def test_a_system_that_never_lost_has_no_finite_strength_unless_a_prior_is_given() -> None:
    first, second = np.array(["a", "a", "b", "c"]), np.array(["b", "c", "c", "b"])
    result = fit(first, second, np.ones(4))
    assert result.reason == "no finite strengths: the others never beat or tied with a; prior above 0 helps"
    with_prior = fit(first, second, np.ones(4), prior=0.5)
    assert values(with_prior)[0] > values(with_prior)[1] == pytest.approx(values(with_prior)[2])


def test_votes_that_say_nothing() -> None:
    a, b = np.array(["a", "a"]), np.array(["b", "b"])
    assert fit(a, b, np.zeros(2)).reason == "all votes are ties"
    missing = fit(a, b, np.full(2, np.nan))
    assert (missing.n, missing.n_missing) == (0, 2)
    assert missing.reason == "these were never compared with each other, even indirectly: a; b"
    empty = fit(np.array([], dtype=str), np.array([], dtype=str), np.array([]))
    assert (empty.systems, empty.reason) == ((), "fewer than two systems")


def test_ties_beside_wins_of_one_direction_leave_the_gap_open() -> None:
    # One win of b and three ties: any gap d with nu = 3 exp(d / 2) gives ties 3 times as often as wins of b,
    # and the larger the gap the less often a wins, which it never did.
    a, b = np.full(4, "a"), np.full(4, "b")
    result = fit(a, b, np.array([-1.0, 0, 0, 0]))
    assert (
        result.reason == "no finite strengths: wins never go round, and ties fit any gap; prior above 0 helps"
    )
    assert not math.isnan(values(fit(a, b, np.array([-1.0, 0, 0, 0]), prior=0.2))[0])
    # a beats b beats c, and c ties with a: gaps of 1, 1 and a tie over 2 do not fit; the strengths are
    # finite.
    finite = fit(np.array(["a", "b", "c"]), np.array(["b", "c", "a"]), np.array([1.0, 1, 0]))
    assert finite.reason == ""
    assert values(finite)[0] > values(finite)[1] == pytest.approx(0.0, abs=1e-9)


def test_resamples_that_lose_the_only_defeat_are_counted() -> None:
    first, second = np.full(12, "a"), np.full(12, "b")
    outcome = np.append(np.ones(11), -1.0)
    result = bradley_terry(first, second, outcome, np.random.default_rng(0), n_resamples=200)
    # The one defeat is missing from (11/12)^12 = 35 % of the resamples.
    assert result.strengths[0].reason.endswith(
        "% of the resamples do not determine the strengths; prior above 0 helps"
    )
    assert result.strengths[0].value == pytest.approx(math.log(11) / 2)
    assert (math.isnan(result.strengths[0].low), result.ranks[0]) == (True, None)


def test_malformed_input_is_refused_in_words() -> None:
    a, b = np.array(["a", "b"]), np.array(["b", "b"])
    with pytest.raises(InputError, match=r"vote 1 is of b against itself \(1 such votes in all\)"):
        fit(a, b, np.ones(2))
    with pytest.raises(InputError, match=r"outcome holds 2 at position 0 .* not on the scale -1, 0, 1"):
        fit(a, np.array(["b", "a"]), np.array([2.0, 1.0]))
    with pytest.raises(InputError, match="arrays must have one length, found first 2, second 1, outcome 2"):
        fit(a, b[:1], np.ones(2))
    with pytest.raises(InputError, match="no votes on 'z'; known systems: a, b"):
        fit(a, np.array(["b", "a"]), np.ones(2)).win_probability("a", "z")


def test_equals_in_all_have_strengths_of_exactly_zero() -> None:
    a, b = np.array(["a", "a", "b"] * 8), np.array(["b", "c", "c"] * 8)
    fit = bradley_terry(a, b, np.zeros(24), np.random.default_rng(0), prior=1.0, n_resamples=50)
    assert {(one.value, one.low, one.high) for one in fit.strengths} == {(0.0, 0.0, 0.0)}


def test_clusters_are_drawn_with_all_their_votes() -> None:
    first, second, outcome = simulated([0.5, 0.0, -0.5], 0.6, 60, 4)
    prompts, n = np.repeat(np.arange(12), 5), 40
    found = bradley_terry(
        first, second, outcome, np.random.default_rng(7), clusters=prompts, prior=1.0, n_resamples=n
    )
    # The same draws, vote by vote: each vote as often as its prompt was drawn.
    counts = Clustering.of(60, prompts).draw(n, "clusters", np.random.default_rng(7)).astype(int)
    drawn = [values(fit(*(np.repeat(x, row) for x in (first, second, outcome)), prior=1.0)) for row in counts]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert [one.low for one in found.strengths] == pytest.approx(low, abs=1e-8)
    assert [one.high for one in found.strengths] == pytest.approx(high, abs=1e-8)


def test_memory_does_not_grow_with_votes_times_resamples() -> None:
    votes = simulated([0.5, 0.0, -0.5], 0.6, 20_000, 5)
    tracemalloc.start()
    fit(*votes, clusters=np.arange(20_000) % 100, prior=1.0, n_resamples=400)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6  # A weight for each vote and resample would be 64 MB.
