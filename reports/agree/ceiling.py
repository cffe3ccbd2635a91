"""What one more rater reaches, and the judge against the very same targets."""

import math
from dataclasses import dataclass, replace

import numpy as np

from lawful.reports.agree.figures import Figure
from lawful.reports.agree.records import Compared
from lawful.reports.agree.sides import Sides
from lawful.reports.stats.raters import (
    Metric,
    krippendorff_alpha,
    mean_rating,
    most_frequent,
    pairwise_agreement,
    split_half,
)
from lawful.reports.stats.result import Estimate, undefined

_ONE = "one rater only: there is no other to compare with"


@dataclass(frozen=True)
class FigureCeiling:
    """A figure of raters, and of the judge on the same targets."""

    raters: Estimate
    """Mean over raters of each against the mean of the others; n counts the videos of all raters."""
    judge: Estimate
    """Mean over the same targets of the judge against each."""

    @property
    def share(self) -> float:
        """The judge's part of what raters reach; NaN where they reach nothing."""
        return self.judge.value / self.raters.value if self.raters.value > 0 else math.nan


def figure_ceiling(figure: Figure, sides: Sides, ratings: np.ndarray) -> FigureCeiling:
    """A figure with each rater in the place of the judge, and the other raters as the target.

    Args:
        figure: Which.
        sides: The judge and people's mean.
        ratings: What people said of the same videos, one column a rater.

    Returns:
        Rater and judge on the videos that the judge scored, the rater rated and another rater rated too.
        NaN where no two raters share a video, or where the scale does not allow the figure.
    """
    lack = "" if figure.has_ceiling else "it is best at 0: a share of it says nothing"
    lack = lack or figure.lacks(sides)
    if not lack and np.count_nonzero(~np.isnan(ratings).all(axis=0)) < 2:
        lack = _ONE
    if lack:
        return FigureCeiling(undefined(lack, 0), undefined(lack, 0))
    of_rater, of_judge, n = [], [], 0
    for column in range(ratings.shape[1]):
        others = mean_rating(np.delete(ratings, column, axis=1))
        own = ratings[:, column]
        used = ~np.isnan(own) & ~np.isnan(others) & ~np.isnan(sides.said)
        most = most_frequent(np.delete(ratings, column, axis=1))
        target = Sides(others[used], own[used], sides.scale, sides.subject[used], most[used], own[used])
        rater = figure.plain(target)
        judge = figure.plain(replace(target, said=sides.said[used], label=sides.label[used]))
        if not (math.isnan(rater.value) or math.isnan(judge.value)):
            of_rater.append(rater.value)
            of_judge.append(judge.value)
            n += rater.n
    if not of_rater:
        nothing = undefined("no rater and the judge can both be compared with other raters", 0)
        return FigureCeiling(nothing, nothing)
    method = f"leave one rater out, {figure.name}"
    means = [Estimate(math.fsum(each) / len(each), n, method=method) for each in (of_rater, of_judge)]
    return FigureCeiling(*means)


def rater_agreement(
    one: Compared, which: np.ndarray, rng: np.random.Generator
) -> tuple[Estimate, Estimate, Estimate]:
    """Krippendorff's alpha, share of equal pairs of ratings, and split-half reliability on some videos.

    Alpha weighs the squared distance of numbers, and the distance in ranks of words.
    """
    table = one.ratings[which]
    metric: Metric = "ordinal" if one.scale.words else "interval"
    return (
        krippendorff_alpha(table, metric),
        pairwise_agreement(table),
        split_half(table, rng),
    )
