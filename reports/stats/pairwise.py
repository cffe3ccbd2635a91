"""Agreement on which of two is better: pairs of items with ties, pairs of systems with their uncertainty."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float64, Int64

from lawful.core.errors import InputError
from lawful.reports.stats.inputs import Labels, Table, Values, codes, complete_pairs, table
from lawful.reports.stats.result import Estimate, undefined

MAX_PAIRS = 20_000_000
"""More pairs than this are refused: they hardly fit in memory, and mix prompts that are not comparable."""
Average = Literal["groups", "pairs"]
_BATCH = 64


@dataclass(frozen=True)
class PairwiseAccuracy:
    """Share of pairs of items that the judge orders as humans do."""

    value: float
    """From 0 to 1; NaN where no pair counts."""
    epsilon: float
    """Score differences up to this are ties of the judge."""
    n_pairs: int
    """Pairs that count."""
    n_groups: int
    """Groups that have such pairs."""
    n_missing: int
    """Items left out because a score was missing."""
    concordant: int
    """Pairs in the humans' order."""
    discordant: int
    """Pairs in the other order."""
    human_ties: int
    """Pairs that only humans tie."""
    judge_ties: int
    """Pairs that only the judge ties."""
    both_ties: int
    """Pairs that both tie."""
    reason: str = ""
    """Why the value is NaN; empty where it is not."""


def pairwise_accuracy(
    human: Values,
    judge: Values,
    groups: Labels | None = None,
    *,
    average: Average = "groups",
    judge_tie_credit: float = 0.0,
) -> PairwiseAccuracy:
    """Share of the pairs that humans decided which the judge decides the same way.

    Args:
        human: One score an item; NaN is missing.
        judge: The judge's score of the same items.
        groups: Only items of one group (one prompt) are paired; None pairs all.
        average: Mean over the groups' shares, or share over all pairs.
        judge_tie_credit: What a tie of the judge counts, 0 to 1. With 0.5 and human answers of 0 and 1 the
            result is the AUROC.

    Raises:
        InputError: The arrays differ in length, or there are too many pairs.

    Source: Kocmi et al., WMT (2021), eq. 2, for systems: pass one mean a system.
    """
    pairs = _pairs(human, judge, groups)
    decided = pairs.human != 0
    credit = np.where(pairs.judge == 0, judge_tie_credit, np.sign(pairs.judge) == pairs.human)
    return _accuracy(pairs, credit, decided, 0.0, average)


def tie_calibrated_accuracy(
    human: Values,
    judge: Values,
    groups: Labels | None = None,
    *,
    epsilon: float | None = None,
    average: Average = "groups",
) -> PairwiseAccuracy:
    """Share of all pairs, ties included, on which judge and humans say the same: better, worse or tied.

    >>> result = tie_calibrated_accuracy(np.array([1, 1, 1, 4]), np.array([0, 2, 6, 8]))
    >>> round(result.value, 3), result.epsilon
    (0.667, 4.0)

    Args:
        human: One score an item; NaN is missing.
        judge: The judge's score of the same items.
        groups: Only items of one group (one prompt) are paired; None pairs all.
        epsilon: Score differences up to this are ties of the judge. None takes the one that serves the judge
            best on these very data, as published; for a figure without that optimism choose it on other
            prompts.
        average: Mean over the groups' shares, or share over all pairs.

    Raises:
        InputError: The arrays differ in length, there are too many pairs, or epsilon is below 0.

    Source: Deutsch, Foster and Freitag, EMNLP (2023), arXiv 2305.14324, eq. 9 and sec. 5.
    """
    pairs = _pairs(human, judge, groups)
    chosen = _best_epsilon(pairs, average) if epsilon is None else epsilon
    if chosen < 0:
        raise InputError(f"epsilon must be at least 0, found {chosen:g}")
    said = np.where(np.abs(pairs.judge) <= chosen, 0.0, np.sign(pairs.judge))
    return _accuracy(pairs, said == pairs.human, np.ones(len(said), dtype=bool), chosen, average)


def superiority_p(
    scores: Table,
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    n_resamples: int = 1000,
    ties: Literal["half", "whole"] = "half",
) -> Float64[np.ndarray, "systems systems"]:
    """One-sided p-values of the paired permutation test that the row's system is no better than the column's.

    Args:
        scores: One row a system, one column an item; NaN is missing. A pair uses the items that both have.
        rng: Source of randomness; all pairs see the same exchanges.
        clusters: Label of each item's cluster, exchanged as a whole; None makes each item its own.
        n_resamples: Exchanges drawn.
        ties: What an exchange that gives just the observed difference counts. `half` makes p and the p of the
            opposite question add to 1, so that the order of the systems does not matter; `whole` is as
            published.

    Returns:
        One p-value a pair, 0.5 (`half`) or 1 (`whole`) on the diagonal; NaN where two systems share no item.

    Raises:
        InputError: There is not one label an item.
    """
    each = table(scores, "scores", "systems, items")
    n_systems, n_items = each.shape
    number = np.arange(n_items) if clusters is None else codes(clusters, n_items, "clusters")[0]
    first, second = np.triu_indices(n_systems, 1)
    difference = each[first] - each[second]
    shared = ~np.isnan(difference)
    sums = np.zeros((int(number.max(initial=-1)) + 1, len(first)))
    np.add.at(sums, number, np.where(shared, difference, 0.0).T)
    observed, slack = sums.sum(0), 1e-12 * np.abs(sums).sum(0)
    far, tied = np.zeros(len(first)), np.zeros(len(first))
    for start in range(0, n_resamples, _BATCH):
        flips = rng.integers(0, 2, size=(min(_BATCH, n_resamples - start), len(sums))) * 2.0 - 1.0
        totals = flips @ sums
        far += np.count_nonzero(totals > observed + slack, axis=0)
        tied += np.count_nonzero(np.abs(totals - observed) <= slack, axis=0)
    known, share = shared.any(axis=1), 0.5 if ties == "half" else 1.0
    p = np.full((n_systems, n_systems), share)
    p[first, second] = np.where(known, (far + share * tied) / n_resamples, math.nan)
    p[second, first] = np.where(known, (n_resamples - far - (1 - share) * tied) / n_resamples, math.nan)
    return p


def soft_pairwise_accuracy(
    human: Table,
    judge: Table,
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    n_resamples: int = 1000,
    ties: Literal["half", "whole"] = "half",
) -> Estimate:
    """How near the judge's certainty that one system beats another comes to the humans', over all pairs.

    Args:
        human: Humans' scores, one row a system, one column an item; NaN is missing.
        judge: The judge's scores of the same.
        rng: Source of randomness; humans and judge see the same exchanges.
        clusters: Label of each item's cluster; None makes each item its own.
        n_resamples: Exchanges drawn.
        ties: See `superiority_p`.

    Returns:
        The mean of 1 - |p human - p judge| over pairs of systems, 0 to 1; n counts pairs. NaN for fewer than
        two systems or where no pair shares an item.

    Raises:
        InputError: The tables differ in shape, or there is not one label an item.

    Source: Thompson et al., WMT (2024), arXiv 2409.09598, eq. 4.
    """
    if np.shape(human) != np.shape(judge):
        raise InputError(
            f"human and judge must have one shape, found {np.shape(human)} and {np.shape(judge)}; "
            "mark what was not scored with NaN"
        )
    seed = int(rng.integers(0, 2**63))
    p_human, p_judge = (
        superiority_p(one, np.random.default_rng(seed), clusters=clusters, n_resamples=n_resamples, ties=ties)
        for one in (human, judge)
    )
    upper = np.triu_indices(len(p_human), 1)
    error = np.abs(p_human[upper] - p_judge[upper])
    n_missing = int(np.count_nonzero(np.isnan(error)))
    if n_missing == len(error):
        return undefined("no two systems share an item", 0, n_missing, "soft pairwise accuracy")
    value = 1 - float(np.nanmean(error))
    return Estimate(value, len(error) - n_missing, method="soft pairwise accuracy", n_missing=n_missing)


class _Pairs(NamedTuple):
    human: Float64[np.ndarray, " pairs"]
    judge: Float64[np.ndarray, " pairs"]
    group: Int64[np.ndarray, " pairs"]
    n_missing: int


def _pairs(human: Values, judge: Values, groups: Labels | None) -> _Pairs:
    """Sign of the human difference, the judge's difference and the group, of all pairs within groups."""
    complete = complete_pairs(human, judge, ("human", "judge"))
    n = len(complete.kept)
    number = np.zeros(n, dtype=np.int64) if groups is None else codes(groups, n, "groups")[0]
    number = number[complete.kept]
    sizes = np.bincount(number) if len(number) else np.zeros(0, dtype=np.int64)
    n_pairs = int(np.sum(sizes * (sizes - 1) // 2))
    if n_pairs > MAX_PAIRS:
        raise InputError(
            f"{n_pairs:,} pairs are more than the {MAX_PAIRS:,} that are compared at once; "
            "pass groups, so that only items of one prompt are paired"
        )
    members = np.split(np.argsort(number, kind="stable"), np.cumsum(sizes)[:-1]) if len(sizes) else []
    indices = list(_each_pair(members))
    first, second = (
        np.concatenate([pair[side] for pair in indices] or [np.zeros(0, dtype=np.int64)]) for side in (0, 1)
    )
    return _Pairs(
        np.sign(complete.x[first] - complete.x[second]),
        complete.y[first] - complete.y[second],
        number[first],
        complete.n_missing,
    )


def _each_pair(members: list[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for items in members:
        first, second = np.triu_indices(len(items), 1)
        yield items[first], items[second]


def _pair_weights(pairs: _Pairs, counted: np.ndarray, average: Average) -> Float64[np.ndarray, " pairs"]:
    """Weights that add to 1 over the pairs that count."""
    if average == "pairs":
        return counted / max(1, np.count_nonzero(counted))
    sizes = np.bincount(pairs.group, weights=counted)
    return counted / np.maximum(sizes, 1)[pairs.group] / max(1, np.count_nonzero(sizes))


def _best_epsilon(pairs: _Pairs, average: Average) -> float:
    """The smallest tie threshold with the highest accuracy: 0 or the difference of some pair."""
    if not len(pairs.human):
        return 0.0
    size = np.abs(pairs.judge)
    weights = _pair_weights(pairs, np.ones(len(size), dtype=bool), average)
    # Once it is a tie of the judge, a pair is right where humans tie and wrong where it was concordant.
    gain = weights * ((pairs.human == 0) * 1.0 - ((np.sign(pairs.judge) == pairs.human) & (size > 0)))
    gain[size == 0] = 0.0
    order = np.argsort(size, kind="stable")
    total = np.cumsum(gain[order])
    last = np.append(np.flatnonzero(np.diff(size[order])), len(size) - 1)
    candidates, gains = np.append(0.0, size[order][last]), np.append(0.0, total[last])
    # Sums of weights differ by rounding where they are equal.
    return float(candidates[np.flatnonzero(gains >= gains.max() - 1e-12)[0]])


def _accuracy(
    pairs: _Pairs, credit: np.ndarray, counted: np.ndarray, epsilon: float, average: Average
) -> PairwiseAccuracy:
    said = np.where(np.abs(pairs.judge) <= epsilon, 0.0, np.sign(pairs.judge))
    n = int(np.count_nonzero(counted))
    value = float(np.sum(_pair_weights(pairs, counted, average) * credit)) if n else math.nan
    human_tie, judge_tie = pairs.human == 0, said == 0
    return PairwiseAccuracy(
        value=value,
        epsilon=epsilon,
        n_pairs=n,
        n_groups=len(np.unique(pairs.group[counted])),
        n_missing=pairs.n_missing,
        concordant=int(np.count_nonzero((said == pairs.human) & ~human_tie)),
        discordant=int(np.count_nonzero((said == -pairs.human) & ~human_tie)),
        human_ties=int(np.count_nonzero(human_tie & ~judge_tie)),
        judge_ties=int(np.count_nonzero(judge_tie & ~human_tie)),
        both_ties=int(np.count_nonzero(judge_tie & human_tie)),
        reason=""
        if n
        else "no pair of items that humans decided"
        if len(pairs.human)
        else "no pair of items",
    )
