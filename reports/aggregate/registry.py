"""The aggregations by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lawful.core.errors import InputError
from lawful.reports.aggregate.implausibench import aggregate_implausibench, implausibench_applies
from lawful.reports.aggregate.mme_cof import aggregate_mme_cof, mme_cof_applies
from lawful.reports.aggregate.phyground import aggregate_phyground, phyground_applies
from lawful.reports.aggregate.pyramid import aggregate_pyramid, pyramid_applies
from lawful.reports.aggregate.ruler_tables import aggregate_ruler, ruler_applies
from lawful.reports.aggregate.videophy2 import aggregate_videophy2, videophy2_applies
from lawful.reports.results import ResultTable
from lawful.reports.scores import ScoredClip


@dataclass(frozen=True)
class Aggregation:
    """A way to put scores together."""

    name: str
    """What users type."""
    summary: str
    """One line for people."""
    needs: str
    """What must be asked of the clips, in words."""
    applies: Callable[[Sequence[ScoredClip]], str | None]
    """What some clips lack for it, as "needs ...; found ..."; None for nothing. Clips of which none could be
    scored lack nothing: their scores are NaN."""
    tables: Callable[[Sequence[ScoredClip], np.random.Generator, float], tuple[ResultTable, ...]]
    """The tables of clips of one suite under one judge, with a source of randomness and a level."""


AGGREGATIONS: Mapping[str, Aggregation] = {
    one.name: one
    for one in (
        Aggregation(
            "ruler",
            "RULER-Bench as published and repaired",
            "the axes Instruction Following, Visual Consistency, Visual Fidelity and Rule Coherence on three "
            'labels; cases "<category>/<task>/<index>"',
            ruler_applies,
            lambda clips, rng, level: aggregate_ruler(clips, level),
        ),
        Aggregation(
            "phyground",
            "PhyGround's general scores, domains, laws and overall figure",
            "the axes SA, PTV and persistence and some of the thirteen laws, on five labels",
            phyground_applies,
            aggregate_phyground,
        ),
        Aggregation(
            "mme-cof",
            "MME-CoF's five ratings, over all and by category",
            'the five ratings as axes, on five labels; cases "<category>/<index>"',
            mme_cof_applies,
            aggregate_mme_cof,
        ),
        Aggregation(
            "pyramid",
            "each tier, its gap to the ground, and what stands on the tiers below it",
            "questions of two tiers or more",
            pyramid_applies,
            lambda clips, rng, level: aggregate_pyramid(clips, level),
        ),
        Aggregation(
            "videophy2",
            "VideoPhy-2's joint share",
            "the axes sa and pc, on five labels",
            videophy2_applies,
            lambda clips, rng, level: aggregate_videophy2(clips, level),
        ),
        Aggregation(
            "implausibench",
            "ImplausiBench's classes, pairs and leaning: a judge's figures",
            'the axis implausibench; cases "<scenario>/real" and "<scenario>/implausible"',
            implausibench_applies,
            lambda clips, rng, level: aggregate_implausibench(clips, level),
        ),
    )
}


def aggregate(
    name: str, clips: Sequence[ScoredClip], rng: np.random.Generator, level: float = 0.95
) -> tuple[ResultTable, ...]:
    """The tables of an aggregation.

    Args:
        name: Name of the aggregation.
        clips: Clips of one suite under one judge, of any number of generators.
        rng: Source of randomness; the order of the clips changes nothing.
        level: Coverage of the intervals.

    Returns:
        Its tables, the same with the same columns for all clips; without a row where there is no clip.

    Raises:
        InputError: There is no such aggregation, or the clips lack what it needs, or they are of several suites
            or judges.
    """
    if name not in AGGREGATIONS:
        raise InputError(f"there is no aggregation {name}; there are {', '.join(AGGREGATIONS)}")
    problem = AGGREGATIONS[name].applies(clips)
    if problem:
        suites = ", ".join(sorted({clip.suite for clip in clips}))
        fitting = [other.name for other in AGGREGATIONS.values() if other.applies(clips) is None]
        what = f"aggregations that fit: {', '.join(fitting)}" if fitting else "no aggregation fits"
        raise InputError(f"aggregation {name} does not fit suite {suites}: it {problem}; {what}")
    return AGGREGATIONS[name].tables(clips, rng, level)
