"""What is compared with what, and what was left out: the records of the join."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64

from lawful.reports.agree.names import Video
from lawful.reports.agree.scale import AxisScale
from lawful.reports.results import Cell
from lawful.reports.scores import Measure, MeasureKind
from lawful.reports.stats.raters import mean_rating
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.result import Estimate, without_spread
from lawful.reports.stats.weighted import WeightedStatistic

By = Literal["axis", "law", "question", "clip", "answer", "generator"]
KINDS: tuple[MeasureKind, ...] = ("axis", "law", "question", "clip", "answer")
"""The kinds of measures, in the order in which a rating's name is looked for."""


@dataclass(frozen=True)
class AgreeRules:
    """What to compare and how."""

    match: Mapping[str, str] = field(default_factory=dict)
    """The measure of a rating axis that is called otherwise: its name, or as in "law:gravity" its kind and name."""
    by: tuple[By, ...] = ("axis", "law", "question", "clip", "answer")
    """The kinds of measures that are compared; with "generator" each figure is also given for each generator,
    and alone it stands for all kinds."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """What divides yes from no on an axis; the one under "" holds for all others. Else the middle of the scale."""
    level: float = 0.95
    """Coverage of the intervals."""
    n_resamples: int = 2000
    """Resamples of a bootstrap, and exchanges of a permutation test."""

    @property
    def kinds(self) -> tuple[MeasureKind, ...]:
        """The kinds of measures that are compared."""
        named: tuple[MeasureKind, ...] = tuple(kind for kind in KINDS if kind in self.by)
        return named or KINDS

    def estimate(
        self, statistic: WeightedStatistic, rng: np.random.Generator, clusters: np.ndarray
    ) -> Estimate:
        """A statistic with its interval by the bootstrap of clusters."""
        return bootstrap(statistic, rng, clusters=clusters, n_resamples=self.n_resamples, level=self.level)


@dataclass(frozen=True)
class LeftOut:
    """Something that is not compared."""

    what: str
    """What sort of thing, and why."""
    axis: str
    """The rating axis; empty where it is not one alone."""
    names: str
    """Its names, the first of them where there are many."""
    n: int
    """How many."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One rating axis beside one measure of one judge, on the videos of a suite."""

    axis: str
    """The rating axis."""
    measure: Measure
    """What is read off the judge."""
    scale: AxisScale
    """The scale of the ratings."""
    videos: tuple[Video, ...]
    """The suite's videos, sorted by what was asked, generator and name."""
    seen: Bool[np.ndarray, " videos"]
    """Which of them this judge was given."""
    score: Float64[np.ndarray, " videos"]
    """The judge's score, 0-1; NaN is unscored."""
    label: Float64[np.ndarray, " videos"]
    """The value of the judge's label, 0-1, where the measure is one question; NaN elsewhere."""
    looks: Float64[np.ndarray, "videos looks"]
    """The scores of repeated looks; NaN where there is none. Without columns for answers and clip scores."""
    ratings: Float64[np.ndarray, "videos raters"]
    """What people said, one column a rater, or a seat where there are many raters; NaN is no rating."""
    n_raters: int
    """How many people rated."""
    n_cannot: Int64[np.ndarray, " videos"]
    """Answers that it cannot be judged."""

    @cached_property
    def human(self) -> Float64[np.ndarray, " videos"]:
        """The mean rating, rounded so that equal means are equal; NaN is unrated."""
        return mean_rating(self.ratings)

    @cached_property
    def said(self) -> Float64[np.ndarray, " videos"]:
        """The judge's score on the scale of the ratings."""
        return self.scale.from_judge(self.score)

    @cached_property
    def subject(self) -> np.ndarray:
        """What was asked of the generator of each video: the clusters."""
        return np.array([video.subject for video in self.videos], dtype=np.str_)

    @cached_property
    def generator(self) -> np.ndarray:
        """The generator of each video."""
        return np.array([video.generator for video in self.videos], dtype=np.str_)

    @cached_property
    def generators(self) -> tuple[str, ...]:
        """The generators of the videos that the judge was given, sorted."""
        return tuple(sorted({v.generator for v, seen in zip(self.videos, self.seen, strict=True) if seen}))


@dataclass(frozen=True, eq=False)
class ComparedPairs:
    """Choices between two videos beside one measure of one judge."""

    axis: str
    """The rating axis."""
    measure: Measure
    """What is read off the judge."""
    first: Float64[np.ndarray, " pairs"]
    """The judge's score of the first video of each pair, 0-1."""
    second: Float64[np.ndarray, " pairs"]
    """That of the second."""
    choices: Float64[np.ndarray, "pairs raters"]
    """-1 the first is better, 1 the second, 0 a tie of whichever kind; NaN is no answer."""
    subject: np.ndarray
    """What was asked, for each pair: the clusters."""
    generators: np.ndarray
    """Who made the first and the second video of each pair: one row of two names a pair."""
    n_raters: int
    """How many people chose."""


@dataclass(frozen=True, eq=False)
class JudgeJoin:
    """One judge under one suite."""

    suite: str
    """The suite."""
    judge: str
    """The judge; where two are called alike, with the start of its fingerprint."""
    compared: tuple[Compared, ...]
    """Its measures beside ratings of videos."""
    pairs: tuple[ComparedPairs, ...]
    """Its measures beside choices."""
    left_out: tuple[LeftOut, ...]
    """What is not compared."""


def row_of(one: Compared | ComparedPairs, *cells: Cell) -> tuple[Cell, ...]:
    """A row of a table: the axis first, the measure last; intervals of no width are left out."""
    honest = [without_spread(cell) if isinstance(cell, Estimate) else cell for cell in cells]
    return one.axis, *honest, str(one.measure)


def columns_of(*names: str) -> tuple[str, ...]:
    """The columns of such rows."""
    return "axis", *names, "measure"


def some(names: list[str] | tuple[str, ...], shown: int = 5) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
