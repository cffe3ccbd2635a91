"""MME-CoF: five ratings of 0-4, by category and over all cases.

Source: Guo et al., arXiv 2510.26802 (2025); ratings and means as in its published scorer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lawful.checklists.importers.mme_cof import CATEGORIES
from lawful.reports.aggregate.clips import (
    FIVE_POINT,
    axes_problem,
    axis_score,
    by_generator,
    case_parts,
    cases_problem,
    instances,
    n_unscored,
)
from lawful.reports.aggregate.design import design_mean, scaled
from lawful.reports.results import Cell, ResultTable
from lawful.reports.scores import ScoredClip
from lawful.reports.stats.permutation import holm, paired_permutation
from lawful.reports.stats.result import Estimate
from lawful.reports.stats.systems import group_letters, group_systems

RATINGS = (
    "instruction_alignment",
    "temporal_consistency",
    "visual_stability",
    "content_fidelity",
    "focus_relevance",
)
"""The five ratings, which are the axes of the questions."""
CASE_FORM = "<category>/<index>"
OVERALL = "overall"
MIN_CASES = 10
"""Fewer cases put no generators in order. The paper compares six: with nine cases that all say the same, the
smallest p there is, 2 / 2^9, does not pass Holm's first step, 0.05 / 15; with ten it does. No category has ten."""


@dataclass(frozen=True)
class MmeCofScores:
    """A generator's scores in one category or over all, 0-4."""

    ratings: dict[str, Estimate]
    """Mean of each rating over the cases."""
    score: Estimate
    """Mean of the five."""
    n_cases: int
    """Cases with a rating."""
    n_clips: int
    """Clips, failed ones included."""
    n_failed: int
    """Clips that could not be scored at all."""
    n_unscored: int
    """Ratings without a value, failed clips apart."""


def category_of(clip: ScoredClip) -> str:
    """The clip's category; empty where its case names none."""
    return (case_parts(clip.case, CASE_FORM, CATEGORIES) or ("",))[0]


def mme_cof_scores(clips: Sequence[ScoredClip], level: float = 0.95) -> MmeCofScores:
    """The scores of some clips of one generator; clips of one case are averaged first.

    Args:
        clips: The clips.
        level: Coverage of the intervals, which are those of other cases of the same categories.
    """
    found = instances(clips, RATINGS, axis_score)
    strata = np.array([case.split("/")[0] for case in found.subjects], dtype=object).astype(str)

    def mean(columns: Sequence[int]) -> Estimate:
        names = [RATINGS[column] for column in columns]
        return scaled(design_mean(found.values[:, list(columns)], names, strata=strata, level=level), 4.0)

    rated = [one for clip in clips for one in clip.answers if one.question.axis in RATINGS]
    return MmeCofScores(
        ratings={rating: mean([column]) for column, rating in enumerate(RATINGS)},
        score=mean(range(len(RATINGS))),
        n_cases=int(np.count_nonzero(~np.isnan(found.values).all(axis=1))),
        n_clips=len(clips),
        n_failed=sum(not clip.answers for clip in clips),
        n_unscored=n_unscored(rated),
    )


def mme_cof_groups(
    generators: dict[str, tuple[ScoredClip, ...]], rng: np.random.Generator, level: float = 0.95
) -> dict[str, str | None]:
    """Letters of each generator: two that share none are told apart; None with fewer than `MIN_CASES` cases.

    Scores of the cases that both have are exchanged in pairs; p by Holm over all pairs.

    Args:
        generators: Clips by generator.
        rng: Source of randomness, where there are too many cases for all exchanges.
        level: 1 less the level of the tests.
    """
    by_case: list[dict[str, float]] = []
    for members in generators.values():
        found = instances(members, RATINGS, axis_score)
        by_case.append(dict(zip(found.subjects, found.values.mean(axis=1), strict=True)))
    cases = sorted({case for one in by_case for case in one})
    table = np.array([[one.get(case, np.nan) for case in cases] for one in by_case])
    n_cases = np.count_nonzero(~np.isnan(table), axis=1) if cases else np.zeros(len(by_case), dtype=int)
    if not len(by_case) or n_cases.min() < MIN_CASES:
        return dict.fromkeys(generators)
    pairs = list(zip(*np.triu_indices(len(table), 1), strict=True))
    adjusted = holm([paired_permutation(table[first], table[second], rng).p for first, second in pairs])
    apart = np.zeros((len(table), len(table)), dtype=bool)
    for (first, second), p in zip(pairs, adjusted, strict=True):
        apart[first, second] = apart[second, first] = p < 1 - level
    means = np.nanmean(table, axis=1)
    order = sorted(range(len(table)), key=lambda row: (-means[row], row))
    return dict(zip(generators, group_letters(group_systems(apart, order), len(table)), strict=True))


def mme_cof_applies(clips: Sequence[ScoredClip]) -> str | None:
    """What the clips lack for MME-CoF's scores; None for nothing."""
    return cases_problem(clips, CASE_FORM, CATEGORIES) or axes_problem(clips, RATINGS, FIVE_POINT)


def aggregate_mme_cof(
    clips: Sequence[ScoredClip], rng: np.random.Generator, level: float = 0.95
) -> tuple[ResultTable, ...]:
    """MME-CoF's scores over all and by category, as one table `mme_cof`.

    Args:
        clips: Clips of one suite under one judge.
        rng: Source of randomness of the tests.
        level: Coverage of the intervals; tests are made at 1 - level.
    """
    generators = by_generator(clips)
    letters: dict[str, dict[str, str | None]] = {}
    for part in (OVERALL, *CATEGORIES):
        there = {name: _within(members, part) for name, members in generators.items()}
        letters[part] = mme_cof_groups({name: of for name, of in there.items() if of}, rng, level)
    rows: list[tuple[Cell, ...]] = []
    for name, members in generators.items():
        for part in (one for one in letters if name in letters[one]):
            found = mme_cof_scores(_within(members, part), level)
            counts = (found.n_cases, found.n_clips, found.n_failed, found.n_unscored)
            rows.append((name, part, *found.ratings.values(), found.score, letters[part][name], *counts))
    return (
        ResultTable(
            "mme_cof",
            "MME-CoF, five ratings of 0-4",
            (
                "generator",
                "category",
                *(rating.replace("_", " ") for rating in RATINGS),
                "score",
                "group",
                "cases",
                "clips",
                "failed clips",
                "unscored ratings",
            ),
            tuple(rows),
            (
                "Means of expected values over cases; the score is the mean of the five means. Overall, every "
                "case counts the same.",
                f"Generators of one group are not told apart. With fewer than {MIN_CASES} cases of any generator "
                "nothing is put in order and no group is given: read the intervals.",
            ),
        ),
    )


def _within(clips: Sequence[ScoredClip], part: str) -> tuple[ScoredClip, ...]:
    return tuple([clip for clip in clips if part in (OVERALL, category_of(clip))])
