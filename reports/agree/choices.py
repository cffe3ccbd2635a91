"""Choices of people between two videos, and the choice that a judge's scores make."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from lawful.reports.agree.records import AgreeRules, ComparedPairs
from lawful.reports.results import Cell
from lawful.reports.stats.clusters import clustered_share
from lawful.reports.stats.pairwise import PairwiseAccuracy, pairwise_accuracy, tie_calibrated_accuracy
from lawful.reports.stats.raters import most_frequent
from lawful.reports.stats.result import Estimate, undefined
from lawful.reports.stats.weighted import weighted_mean

FIGURES = ("choices", "decided", "decided, ties half")
"""What is said of choices."""


def choice_agreement(
    name: str, human: Float64[np.ndarray, " pairs"], difference: Float64[np.ndarray, " pairs"]
) -> Estimate:
    """A figure without an interval.

    Args:
        name: One of `FIGURES`.
        human: -1 where the first is better, 1 where the second is, 0 for a tie; NaN is missing.
        difference: The judge's score of the second less that of the first; NaN is missing.
    """
    if name == "choices":
        found = _tie_calibrated(human, difference)
    else:
        credit = 0.5 if name.endswith("half") else 0.0
        found = pairwise_accuracy(*_as_items(human, difference), average="pairs", judge_tie_credit=credit)
    n = len(human)
    method = f"{name}, ties up to {found.epsilon:.3g}"
    reason = "no pair that people decided" if found.reason else ""
    return Estimate(found.value, found.n_pairs, method=method, n_missing=n - found.n_pairs, reason=reason)


def choice_rows(
    one: ComparedPairs, rules: AgreeRules, rng: np.random.Generator
) -> Iterator[tuple[Cell, ...]]:
    """One row a figure: name, judge, n, raters, judge on the raters' targets, share."""
    human, difference = most_frequent(one.choices), one.second - one.first
    for name, each in zip(FIGURES, rng.spawn(len(FIGURES)), strict=True):
        value = choice_agreement(name, human, difference)
        if not math.isnan(value.value):
            hits = _hits(name, human, difference)
            # Halves are no share of pairs, for which Wilson's interval is made.
            if name.endswith("half"):
                drawn = rules.estimate(weighted_mean(hits), each, one.subject)
            else:
                drawn = clustered_share(hits, one.subject, rules.level)
            value = replace(
                drawn, n=value.n, n_missing=value.n_missing, method=f"{value.method}; {drawn.method}"
            )
        raters, judge = _ceiling(name, one.choices, difference)
        share = judge.value / raters.value if raters.value > 0 else math.nan
        yield name, value, value.n, raters, judge, share


def _tie_calibrated(
    human: Float64[np.ndarray, " pairs"], difference: Float64[np.ndarray, " pairs"]
) -> PairwiseAccuracy:
    return tie_calibrated_accuracy(*_as_items(human, difference), average="pairs")


def _as_items(
    human: Float64[np.ndarray, " pairs"], difference: Float64[np.ndarray, " pairs"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of two items a pair, the first of them 0, and the pair as their group: none is paired across."""
    first = np.where(np.isnan(human), math.nan, 0.0)
    people, judge = (np.stack([first, side], axis=1).reshape(-1) for side in (human, difference))
    return people, judge, np.repeat(np.arange(len(human)), 2)


def _hits(
    name: str, human: Float64[np.ndarray, " pairs"], difference: Float64[np.ndarray, " pairs"]
) -> Float64[np.ndarray, " pairs"]:
    """What each pair counts; NaN where it does not count."""
    epsilon = _tie_calibrated(human, difference).epsilon if name == "choices" else 0.0
    said = np.where(np.abs(difference) <= epsilon, 0.0, np.sign(difference))
    hits = (said == human) * 1.0
    if name.endswith("half"):
        hits[said == 0] = 0.5
    out = np.isnan(human + difference) | ((human == 0) & (name != "choices"))
    return np.where(out, math.nan, hits)


def _ceiling(
    name: str, choices: Float64[np.ndarray, "pairs raters"], difference: Float64[np.ndarray, " pairs"]
) -> tuple[Estimate, Estimate]:
    if np.count_nonzero(~np.isnan(choices).all(axis=0)) < 2:
        nothing = undefined("one rater only: there is no other to compare with", 0)
        return nothing, nothing
    of_rater, of_judge, n = [], [], 0
    for column in range(choices.shape[1]):
        others, own = most_frequent(np.delete(choices, column, axis=1)), choices[:, column]
        target = np.where(np.isnan(own) | np.isnan(difference), math.nan, others)
        rater, judge = choice_agreement(name, target, own), choice_agreement(name, target, difference)
        if not (math.isnan(rater.value) or math.isnan(judge.value)):
            of_rater.append(rater.value)
            of_judge.append(judge.value)
            n += rater.n
    if not of_rater:
        nothing = undefined("no rater and the judge can both be compared with other raters", 0)
        return nothing, nothing
    method = f"leave one rater out, {name}"
    first, second = (Estimate(math.fsum(x) / len(x), n, method=method) for x in (of_rater, of_judge))
    return first, second
