"""Pairwise accuracies against all pairs and thresholds; soft pairwise accuracy against its definition."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from lawful.core.errors import InputError
from lawful.reports.stats.pairwise import (
    pairwise_accuracy,
    soft_pairwise_accuracy,
    superiority_p,
    tie_calibrated_accuracy,
)


def brute_calibrated(human: np.ndarray, judge: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Best mean accuracy over groups and the smallest threshold with it, from every pair and threshold."""
    by_group: dict[float, list[tuple[float, float]]] = {}
    for i, j in itertools.combinations(range(len(human)), 2):
        if groups[i] == groups[j]:
            by_group.setdefault(groups[i], []).append((human[i] - human[j], judge[i] - judge[j]))
    thresholds = sorted({0.0, *(abs(j) for pairs in by_group.values() for _, j in pairs)})

    def accuracy(epsilon: float) -> float:
        shares = [
            np.mean([np.sign(h) == (0 if abs(j) <= epsilon else np.sign(j)) for h, j in pairs])
            for pairs in by_group.values()
        ]
        return round(float(np.mean(shares)), 12)

    best = max(accuracy(epsilon) for epsilon in thresholds)
    return best, next(epsilon for epsilon in thresholds if accuracy(epsilon) == best)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(3, 12), st.integers(1, 3))
def test_the_threshold_is_the_best_of_all(seed: int, n: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    human = rng.integers(1, 4, n).astype(float)
    judge = human + rng.integers(-3, 4, n)
    groups = np.arange(n) % n_groups
    expected = brute_calibrated(human, judge, groups) if n > n_groups else (math.nan, 0.0)
    result = tie_calibrated_accuracy(human, judge, groups)
    assert (result.value, result.epsilon) == pytest.approx(expected, nan_ok=True)
    if result.n_pairs:
        fixed = tie_calibrated_accuracy(human, judge, groups, epsilon=result.epsilon)
        assert fixed == result
        plain = tie_calibrated_accuracy(-human, -judge, groups)
        assert plain.value == pytest.approx(result.value)


def test_a_case_worked_by_hand() -> None:
    # Humans 1 1 2, judge 0 1 3. Pairs: (1,2) tied by humans, judge apart by 1; (1,3) concordant by 3; (2,3)
    # by 2. Threshold 0: 2 of 3. Threshold 1 makes the first a tie of both: 3 of 3.
    human, judge = np.array([1, 1, 2]), np.array([0, 1, 3])
    result = tie_calibrated_accuracy(human, judge)
    assert (result.value, result.epsilon, result.both_ties, result.concordant) == (1.0, 1.0, 1, 2)
    assert tie_calibrated_accuracy(human, judge, epsilon=0.0).value == pytest.approx(2 / 3)
    assert pairwise_accuracy(human, judge).n_pairs == 2


def test_a_constant_judge_is_right_on_ties_alone() -> None:
    human = np.array([1.0, 1, 2, 3])
    result = tie_calibrated_accuracy(human, np.zeros(4))
    assert (result.value, result.judge_ties, result.both_ties) == (pytest.approx(1 / 6), 5, 1)
    assert pairwise_accuracy(human, np.zeros(4)).value == 0.0


def test_half_credit_for_ties_on_yes_and_no_is_the_auroc() -> None:
    rng = np.random.default_rng(0)
    yes = (rng.uniform(size=80) < 0.4).astype(float)
    score = np.round(yes + rng.normal(size=80))
    result = pairwise_accuracy(yes, score, judge_tie_credit=0.5)
    assert result.value == pytest.approx(metrics.roc_auc_score(yes, score), abs=1e-12)


def test_only_items_of_one_prompt_are_paired_and_each_prompt_counts_alike() -> None:
    # Prompt a: 3 pairs, all right. Prompt b: 1 pair, wrong.
    human, judge = np.array([1, 2, 3, 1, 2]), np.array([1, 2, 3, 9, 8])
    groups = np.array(["a", "a", "a", "b", "b"])
    assert pairwise_accuracy(human, judge, groups).value == 0.5
    assert pairwise_accuracy(human, judge, groups, average="pairs").value == 0.75
    assert pairwise_accuracy(human, judge, groups).n_groups == 2


def test_superiority_is_the_share_of_all_exchanges() -> None:
    rng = np.random.default_rng(3)
    scores = rng.integers(1, 6, size=(3, 8)).astype(float)
    p = superiority_p(scores, np.random.default_rng(0), n_resamples=20_000)
    published = superiority_p(scores, np.random.default_rng(0), n_resamples=20_000, ties="whole")
    signs = np.array(list(itertools.product((-1, 1), repeat=8)))
    for i, j in itertools.permutations(range(3), 2):
        totals, observed = signs @ (scores[i] - scores[j]), np.sum(scores[i] - scores[j])
        more, equal = np.mean(totals > observed), np.mean(totals == observed)
        assert p[i, j] == pytest.approx(more + equal / 2, abs=0.015)
        assert published[i, j] == pytest.approx(more + equal, abs=0.015)
        assert p[i, j] + p[j, i] == pytest.approx(1.0, abs=1e-12)


def test_soft_pairwise_accuracy_has_its_laws() -> None:
    rng = np.random.default_rng(4)
    human = rng.normal(size=(5, 60)) + np.arange(5)[:, None] / 4
    judge = human + rng.normal(size=(5, 60))
    value = soft_pairwise_accuracy(human, judge, np.random.default_rng(0)).value
    assert 0 < value < 1
    assert soft_pairwise_accuracy(human, human, np.random.default_rng(0)).value == 1.0
    order = np.array([3, 0, 4, 1, 2])
    assert soft_pairwise_accuracy(
        human[order], judge[order], np.random.default_rng(0)
    ).value == pytest.approx(value, abs=1e-12)
    assert soft_pairwise_accuracy(judge, human, np.random.default_rng(0)).value == pytest.approx(value)
    assert soft_pairwise_accuracy(human, 2 * judge + 1, np.random.default_rng(0)).value == pytest.approx(
        value
    )


def test_prompts_are_exchanged_as_wholes() -> None:
    # Eight copies of two prompts' differences: as 16 items the second system is clearly worse, as 2 prompts
    # not.
    scores = np.stack([np.ones(16), np.zeros(16)])
    items = superiority_p(scores, np.random.default_rng(0))
    prompts = superiority_p(scores, np.random.default_rng(0), clusters=np.arange(16) % 2)
    assert items[0, 1] < 0.01
    # Of the exchanges of two prompts one in four gives the observed difference, counted half.
    assert prompts[0, 1] == pytest.approx(0.125, abs=0.02)


def test_systems_that_share_no_item_have_no_p() -> None:
    scores = np.array([[1.0, 2, np.nan, np.nan], [np.nan, np.nan, 1, 2], [1, 1, 1, 1]])
    p = superiority_p(scores, np.random.default_rng(0))
    assert np.isnan(p[0, 1])
    assert not np.isnan(p[0, 2])
    result = soft_pairwise_accuracy(scores, scores, np.random.default_rng(0))
    assert (result.value, result.n, result.n_missing) == (1.0, 2, 1)
    alone = soft_pairwise_accuracy(scores[:1], scores[:1], np.random.default_rng(0))
    assert (math.isnan(alone.value), alone.reason) == (True, "no two systems share an item")


def test_malformed_input_is_refused_in_words() -> None:
    with pytest.raises(InputError, match=r"49,995,000 pairs are more than the 20,000,000 .* pass groups"):
        pairwise_accuracy(np.arange(10_000), np.arange(10_000))
    with pytest.raises(InputError, match="epsilon must be at least 0, found -1"):
        tie_calibrated_accuracy(np.arange(3), np.arange(3), epsilon=-1.0)
    with pytest.raises(InputError, match=r"human and judge must have one shape, found \(2, 3\) and \(2, 2\)"):
        soft_pairwise_accuracy(np.ones((2, 3)), np.ones((2, 2)), np.random.default_rng(0))
    with pytest.raises(
        InputError, match=r"scores must have two dimensions \(systems, items\), found shape \(3,\)"
    ):
        superiority_p(np.ones(3), np.random.default_rng(0))
