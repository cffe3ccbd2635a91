"""Strengths of generators from choices between their videos: by people, and by the judge on the same pairs."""

import math

import numpy as np
from jaxtyping import Float64

from lawful.reports.agree.names import UNNAMED
from lawful.reports.agree.records import AgreeRules, ComparedPairs, JudgeJoin, columns_of, row_of
from lawful.reports.agree.streams import Streams
from lawful.reports.results import Cell, ResultTable
from lawful.reports.stats.bradley_terry import BradleyTerry, bradley_terry
from lawful.reports.stats.result import undefined

PRIOR = 1.0
"""Votes added to every two generators, half to each: one that wins every time has a finite strength."""
_NONE = "no choice between videos of two named generators"


def strengths_table(join: JudgeJoin, rules: AgreeRules, streams: Streams) -> ResultTable:
    """Each generator's strength by people's choices and by the judge's scores of the same pairs."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.pairs:
        people, judge = (_fit(one, votes, rules, streams, join, who) for who, votes in _votes(one))
        for generator in sorted({*people.systems, *judge.systems}):
            rows.append(row_of(one, generator, *_cells(people, generator), *_cells(judge, generator)))
    notes = (
        "Bradley-Terry with ties (Davidson): a difference of 1 is odds of e to be chosen. People: each rater's choice "
        "is a vote. Judge: the higher score of a pair is its choice, equal scores are a tie. One vote is added "
        "to every two generators, half to each. Intervals and ranks: bootstrap of prompts.",
        "Pairs of one generator's own videos, and videos of no named generator, have no part in it.",
    )
    columns = columns_of(
        "generator",
        "by people",
        "people's votes",
        "people's ranks",
        "by judge",
        "judge's votes",
        "judge's ranks",
    )
    return ResultTable("strengths", "Strengths from choices", columns, tuple(rows), notes)


def _votes(one: ComparedPairs) -> tuple[tuple[str, Float64[np.ndarray, "pairs raters"]], ...]:
    """Votes for the first of each pair: 1, -1 or 0 for a tie; NaN is none."""
    said = -np.sign(np.round(one.second - one.first, 9))
    return ("people", -one.choices), ("judge", said[:, None])


def _fit(
    one: ComparedPairs,
    votes: Float64[np.ndarray, "pairs raters"],
    rules: AgreeRules,
    streams: Streams,
    join: JudgeJoin,
    who: str,
) -> BradleyTerry:
    left, right = one.generators.T
    named = (left != right) & (left != UNNAMED) & (right != UNNAMED)
    pair, rater = np.nonzero(~np.isnan(votes) & named[:, None])
    return bradley_terry(
        left[pair],
        right[pair],
        votes[pair, rater],
        streams.at("strengths", join.suite, join.judge, one.axis, who),
        clusters=one.subject[pair],
        prior=PRIOR,
        n_resamples=rules.n_resamples,
        level=rules.level,
    )


def _cells(fit: BradleyTerry, generator: str) -> tuple[Cell, Cell, Cell]:
    if generator not in fit.systems:
        return undefined(_NONE, 0), 0, None
    strength = fit.strengths[fit.systems.index(generator)]
    rank = fit.ranks[fit.systems.index(generator)]
    ranks = None if rank is None or math.isnan(strength.value) else f"{rank[0]}-{rank[1]}"
    return strength, strength.n, ranks
