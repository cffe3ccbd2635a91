"""Tables of agreement video by video: how much was compared, every figure beside its ceiling, and the raters."""

from collections.abc import Callable

import numpy as np

from lawful.reports.agree.ceiling import figure_ceiling, rater_agreement
from lawful.reports.agree.choices import choice_rows
from lawful.reports.agree.figures import FIGURES
from lawful.reports.agree.records import AgreeRules, Compared, JudgeJoin, columns_of, row_of
from lawful.reports.agree.sides import rated_videos, sides_of
from lawful.reports.agree.streams import Streams
from lawful.reports.results import Cell, ResultTable

ALL = "all"
"""What stands for all generators together."""
_FIGURE_COLUMNS = ("value", "n", "raters", "judge there", "share")
CEILING_NOTE = (
    "“value” is the judge's figure. “raters” is what a person reaches: each rater in the judge's place, the mean of the other raters as the "
    "target; “judge there” is the judge against the very same targets, and “share” its part of “raters”. Where "
    "guessing does not come to 0, as with pairs, accuracies and AUROC, neither does the share of a guess. No share is given where “raters” is not above 0; "
    "where it is near 0 the share is noise."
)


def coverage_table(join: JudgeJoin, rules: AgreeRules) -> ResultTable:
    """How many videos there are, were rated, were scored, and were both."""
    columns = columns_of(
        *("generator", "videos", "rated", "scored", "both", "coverage", "raters", "ratings", "cannot judge")
    )
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        for generator in generators_of(one, rules):
            seen = one.seen & ((one.generator == generator) | (generator == ALL))
            rated, scored = seen & ~np.isnan(one.human), seen & ~np.isnan(one.score)
            n = [int(np.count_nonzero(each)) for each in (seen, rated, scored, rated & scored)]
            ratings, cannot = (
                int(np.count_nonzero(~np.isnan(one.ratings[seen]))),
                int(one.n_cannot[seen].sum()),
            )
            share = n[3] / n[1] if n[1] else float("nan")
            rows.append(row_of(one, generator, *n, share, one.n_raters, ratings, cannot))
    notes = (
        "“coverage” is the share of the rated videos that the judge scored; figures of agreement are over “both”.",
        "“raters” counts all people who rated on the axis.",
    )
    return ResultTable("coverage", "How much was compared", columns, tuple(rows), notes)


def agreement_table(
    join: JudgeJoin, rules: AgreeRules, streams: Streams, step: Callable[[], None]
) -> ResultTable:
    """Every figure of every axis, for all generators and for each where that is asked for.

    `step` is called after each axis and generator.
    """
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        for generator in generators_of(one, rules):
            which = rated_videos(one, None if generator == ALL else generator)
            sides, ratings = sides_of(one, which), one.ratings[which]
            for figure in FIGURES:
                rng = streams.at("agreement", join.suite, join.judge, one.axis, generator, figure.name)
                value = figure.full(sides, rules, rng)
                top = figure_ceiling(figure, sides, ratings)
                rows.append(
                    row_of(one, figure.name, generator, value, value.n, top.raters, top.judge, top.share)
                )
            step()
    notes = (
        "People's answer is the mean of their ratings; the judge's score, 0-1, is read on their scale: 0 is its "
        "worst value, 1 its best, linear between. Exact, within one and kappa have both at the nearest step, the "
        "better one of two that are as near.",
        "Yes is above the threshold, no below; what lies on it is left out. “bias to yes” is the judge's share of "
        "yes less people's.",
        "The n of pairs counts pairs of videos: better, worse or tied as people have it; a difference of scores "
        "that is too small counts as a tie, with the limit that suits the judge best (Deutsch et al. 2023).",
        "Intervals are by bootstrap of prompts, and Wilson's of shares of videos, by prompts too; Kendall's tau and "
        "pairs have none.",
        CEILING_NOTE,
    )
    columns = columns_of("figure", "generator", *_FIGURE_COLUMNS)
    return ResultTable("agreement", "Agreement with people, video by video", columns, tuple(rows), notes)


def ceiling_table(join: JudgeJoin, rules: AgreeRules, streams: Streams) -> ResultTable:
    """How far the raters agree with each other on the videos that the judge was given."""
    columns = columns_of("generator", "videos", "alpha", "equal", "split half", "bound")
    rows: list[tuple[Cell, ...]] = []
    for one in join.compared:
        for generator in generators_of(one, rules):
            which = rated_videos(one, None if generator == ALL else generator)
            rng = streams.at("ceiling", join.suite, one.axis, generator)
            alpha, equal, half = rater_agreement(one, which, rng)
            bound = half.value**0.5 if half.value >= 0 else float("nan")
            rows.append(row_of(one, generator, int(which.sum()), alpha, equal, half, bound))
    notes = (
        "“alpha” is Krippendorff's, 1 for full agreement and 0 for chance: of squared distances, or of ranks "
        "where answers are words. “equal” is the share of pairs of ratings of a video that are the same.",
        "“split half” is the reliability of the mean rating (halves of the raters correlated, stepped up by "
        "Spearman-Brown); “bound”, its square root, is the Pearson correlation that no judge exceeds but by chance.",
    )
    return ResultTable("ceiling", "Agreement of people with each other", columns, tuple(rows), notes)


def pairs_table(join: JudgeJoin, rules: AgreeRules, streams: Streams) -> ResultTable:
    """Choices between two videos beside the judge's scores of the two."""
    rows: list[tuple[Cell, ...]] = []
    for one in join.pairs:
        rng = streams.at("pairs", join.suite, join.judge, one.axis)
        rows += [row_of(one, *row) for row in choice_rows(one, rules, rng)]
    notes = (
        "The judge's choice is the video with the higher score. People's choice is the one that most of them "
        "made; pairs without a single one are left out. “tie” and “both bad” are both ties.",
        "In “choices” a difference of scores counts as a tie up to a limit that suits the judge best, and the "
        "interval takes that limit as given; “decided” "
        "has the pairs alone that people decided, where a tie of the judge is wrong, or half right.",
        CEILING_NOTE,
    )
    columns = columns_of("figure", *_FIGURE_COLUMNS)
    return ResultTable("pairs", "Agreement with choices between two videos", columns, tuple(rows), notes)


def generators_of(one: Compared, rules: AgreeRules) -> tuple[str, ...]:
    """All generators together, and each where that is asked for."""
    return (ALL, *one.generators) if "generator" in rules.by else (ALL,)
