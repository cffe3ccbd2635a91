"""PhyGround: three general scores, thirteen laws in three domains, and the one figure made of them, 1-5.

Source: PhyGround, arXiv 2605.10806 (2026), and the export of its leaderboard.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.reports.aggregate.clips import (
    FIVE_POINT,
    axes_problem,
    axis_score,
    by_generator,
    mean_of,
    n_unscored,
    questions,
    scale_problem,
    subjects,
)
from lawful.reports.aggregate.design import scaled
from lawful.reports.results import Cell, ResultTable
from lawful.reports.scores import Answered, ScoredClip
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.result import Estimate
from lawful.reports.stats.weighted import Replicates, WeightedStatistic, Weights, weighted_mean

GENERAL = ("SA", "PTV", "persistence")
"""The general scores, which are the axes of their questions."""
DOMAINS: Mapping[str, tuple[str, ...]] = {
    "solid": ("gravity", "inertia", "momentum", "impenetrability", "collision", "material"),
    "fluid": ("buoyancy", "displacement", "flow_dynamics", "boundary_interaction", "fluid_continuity"),
    "optical": ("reflection", "shadow"),
}
"""The laws of each domain."""
LAWS = tuple(law for laws in DOMAINS.values() for law in laws)


@dataclass(frozen=True)
class PhyGroundScores:
    """A generator's scores, 1-5."""

    general: Mapping[str, Estimate]
    """Mean of each general score over the clips."""
    general_mean: Estimate
    """Mean of the three."""
    domains: Mapping[str, Estimate]
    """Mean of each domain over its pairs of a clip and a law; n is their number, the domain's weight."""
    laws: Mapping[str, Estimate]
    """Mean of each law over the clips."""
    physical: Estimate
    """Mean of the domains by their weights, which is the mean of all pairs."""
    overall: Estimate
    """Half the general mean and half the physical one; NaN where either is."""
    n_unscored_pairs: int
    """Pairs that were asked about and have no score."""


def overall(general: Sequence[float], domains: Mapping[str, float], n_pairs: Mapping[str, int]) -> float:
    """The one figure.

    Args:
        general: Means of the three general scores.
        domains: Mean of each domain.
        n_pairs: Scored pairs of a clip and a law of each domain; one without any does not count.

    Returns:
        The figure; NaN without pairs, or where a general score is NaN.
    """
    total = sum(n_pairs.values())
    if total == 0:
        return math.nan
    physical = math.fsum(n * domains[name] for name, n in n_pairs.items() if n) / total
    return 0.5 * math.fsum(general) / len(general) + 0.5 * physical


def phyground_scores(
    clips: Sequence[ScoredClip], rng: np.random.Generator, level: float = 0.95
) -> PhyGroundScores:
    """The scores of one generator, of expected values.

    Args:
        clips: Its clips.
        rng: Source of randomness of the intervals of means of means; the others are those of the clustered
            standard error. Clips of one case are drawn together.
        level: Coverage of the intervals.
    """
    cluster = subjects(clips)
    general = {axis: np.array([axis_score(clip, axis) for clip in clips]) for axis in GENERAL}
    laws = {law: np.array([_law_score(clip, law) for clip in clips]) for law in LAWS}

    def mean(columns: Sequence[Float64[np.ndarray, " clips"]]) -> Estimate:
        values = np.concatenate(columns)
        asked = clustered_mean(
            values[~np.isnan(values)], np.tile(cluster, len(columns))[~np.isnan(values)], level
        )
        return _five(asked)

    def drawn(statistic: WeightedStatistic) -> Estimate:
        return _five(bootstrap(statistic, rng.spawn(1)[0], clusters=cluster, level=level))

    return PhyGroundScores(
        general={axis: _five(clustered_mean(values, cluster, level)) for axis, values in general.items()},
        general_mean=drawn(_general_mean(list(general.values()))),
        domains={name: mean([laws[law] for law in of]) for name, of in DOMAINS.items()},
        laws={law: mean([values]) for law, values in laws.items()},
        physical=mean(list(laws.values())),
        overall=drawn(_overall(list(general.values()), list(laws.values()))),
        n_unscored_pairs=sum(_lost(clip, law) for clip in clips for law in LAWS),
    )


def phyground_applies(clips: Sequence[ScoredClip]) -> str | None:
    """What the clips lack for PhyGround's scores; None for nothing."""
    asked = questions(clips)
    of_laws = [question for question in asked if question.law in LAWS and question.axis not in GENERAL]
    if asked and not of_laws:
        found = sorted({question.law for question in asked if question.law}) or ["none"]
        return f"needs questions on some of the laws {', '.join(LAWS)}; found {', '.join(found)}"
    return axes_problem(clips, GENERAL, FIVE_POINT) or scale_problem(of_laws, FIVE_POINT)


def aggregate_phyground(
    clips: Sequence[ScoredClip], rng: np.random.Generator, level: float = 0.95
) -> tuple[ResultTable, ...]:
    """PhyGround's scores, as tables `phyground` and `phyground_laws`.

    Args:
        clips: Clips of one suite under one judge.
        rng: Source of randomness.
        level: Coverage of the intervals.
    """
    rows: list[tuple[Cell, ...]] = []
    law_rows: list[tuple[Cell, ...]] = []
    for name, members in by_generator(clips).items():
        found = phyground_scores(members, rng, level)
        means = (found.general_mean, *found.domains.values(), found.physical, found.overall)
        counts = (len(members), sum(not clip.answers for clip in members))
        rows.append(
            (name, *found.general.values(), *means, *counts, found.physical.n, found.n_unscored_pairs)
        )
        for domain, laws in DOMAINS.items():
            for law in laws:
                law_rows.append(
                    (name, domain, law, found.laws[law], sum(_lost(clip, law) for clip in members))
                )
    general = tuple(axis.lower() for axis in GENERAL)
    counted = ("clips", "failed clips", "pairs", "unscored pairs")
    overall_table = ResultTable(
        "phyground",
        "PhyGround, 1-5",
        ("generator", *general, "general", *DOMAINS, "physical", "overall", *counted),
        tuple(rows),
        (
            "Means of expected values. Overall is half the mean of SA, PTV and persistence and half the mean of "
            "the domains, each weighted by its pairs of a clip and a law with a score.",
            "What has no score is missing; where a general score or all laws are missing, so is overall.",
        ),
    )
    by_law = ResultTable(
        "phyground_laws",
        "PhyGround by law, 1-5",
        ("generator", "domain", "law", "mean", "unscored pairs"),
        tuple(law_rows),
    )
    return overall_table, by_law


def _general_mean(general: Sequence[Float64[np.ndarray, " clips"]]) -> WeightedStatistic:
    means = [weighted_mean(values) for values in general]

    def of(weights: Weights) -> Replicates:
        return np.mean([mean.of(weights) for mean in means], axis=0)

    return WeightedStatistic("mean of 3 means", np.any([mean.present for mean in means], axis=0), of)


def _overall(
    general: Sequence[Float64[np.ndarray, " clips"]], laws: Sequence[Float64[np.ndarray, " clips"]]
) -> WeightedStatistic:
    mean, pairs = _general_mean(general), np.array(laws)
    sums, counts = np.nansum(pairs, axis=0), np.count_nonzero(~np.isnan(pairs), axis=0).astype(np.float64)

    def of(weights: Weights) -> Replicates:
        total = weights @ counts
        physical = np.divide(weights @ sums, total, out=np.full(len(total), math.nan), where=total > 0)
        return 0.5 * mean.of(weights) + 0.5 * physical

    return WeightedStatistic("half general, half physical", mean.present | (counts > 0), of)


def _of_law(clip: ScoredClip, law: str) -> list[Answered]:
    return [one for one in clip.answers if one.question.law == law and one.question.axis not in GENERAL]


def _law_score(clip: ScoredClip, law: str) -> float:
    return mean_of(one.score for one in _of_law(clip, law))


def _lost(clip: ScoredClip, law: str) -> bool:
    """Whether the clip was asked about a law and no question on it has a score."""
    asked = _of_law(clip, law)
    return bool(asked) and n_unscored(asked) == len(asked)


def _five(estimate: Estimate) -> Estimate:
    return scaled(estimate, 4.0, 1.0)
