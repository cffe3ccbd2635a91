"""VideoPhy-2: the share of videos that both do what was asked and look physically right.

Source: Bansal et al., arXiv 2503.06800 (2025): joint is semantic adherence of 4 or more and physical
commonsense of 4 or more, each 1-5.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from lawful.reports.aggregate.clips import (
    FIVE_POINT,
    axes_problem,
    axis_score,
    by_generator,
    mean_of,
    on_axis,
    subjects,
)
from lawful.reports.aggregate.design import scaled
from lawful.reports.results import Cell, ResultTable
from lawful.reports.scores import ScoredClip
from lawful.reports.stats.categorical import proportion
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.result import Estimate

AXES = ("sa", "pc")
"""Semantic adherence and physical commonsense, which are the axes of the questions."""
GOOD = 4
"""Rating from which a video is good on an axis."""


@dataclass(frozen=True)
class JointScores:
    """A generator's scores."""

    means: dict[str, Estimate]
    """Mean of the expected rating on each axis, 1-5."""
    good: dict[str, Estimate]
    """Share of videos that are good on each axis, by their labels."""
    joint: Estimate
    """Share that are good on both, by their labels: the published figure."""
    joint_expected: Estimate
    """The same by the expected ratings, rounded to whole ones (halves up)."""
    n_differ: int
    """Videos on which the two say different things."""


def videophy2_scores(clips: Sequence[ScoredClip], level: float = 0.95) -> JointScores:
    """The scores of one generator. A video without a rating on either axis has no part in joint.

    Args:
        clips: Its clips.
        level: Coverage of the intervals: Wilson's where every clip is of another case, else those of the
            clustered standard error.
    """
    cluster = subjects(clips)
    expected = [np.array([axis_score(clip, axis) for clip in clips]) for axis in AXES]
    labels = [np.array([_label_value(clip, axis) for clip in clips]) for axis in AXES]
    good = [_good(1 + 4 * values) for values in labels]
    rounded = [_good(np.floor(1 + 4 * values + 0.5)) for values in expected]
    joint, joint_expected = good[0] * good[1], rounded[0] * rounded[1]
    return JointScores(
        means={
            axis: scaled(clustered_mean(values, cluster, level), 4.0, 1.0)
            for axis, values in zip(AXES, expected, strict=True)
        },
        good={axis: _share(hits, cluster, level) for axis, hits in zip(AXES, good, strict=True)},
        joint=_share(joint, cluster, level),
        joint_expected=_share(joint_expected, cluster, level),
        n_differ=int(np.count_nonzero(np.abs(joint - joint_expected) > 0)),
    )


def videophy2_applies(clips: Sequence[ScoredClip]) -> str | None:
    """What the clips lack for VideoPhy-2's joint score; None for nothing."""
    return axes_problem(clips, AXES, FIVE_POINT)


def aggregate_videophy2(clips: Sequence[ScoredClip], level: float = 0.95) -> tuple[ResultTable, ...]:
    """VideoPhy-2's scores, as one table `videophy2`.

    Args:
        clips: Clips of one suite under one judge.
        level: Coverage of the intervals.
    """
    rows: list[tuple[Cell, ...]] = []
    for name, members in by_generator(clips).items():
        found = videophy2_scores(members, level)
        shares = (*found.good.values(), found.joint, found.joint_expected)
        failed = sum(not clip.answers for clip in members)
        rows.append((name, *found.means.values(), *shares, found.n_differ, len(members), failed))
    return (
        ResultTable(
            "videophy2",
            "VideoPhy-2: means of 1-5, and the shares of videos with 4 or more",
            (
                "generator",
                "sa",
                "pc",
                "sa good",
                "pc good",
                "joint",
                "joint by expected ratings",
                "joint differs",
                "clips",
                "failed clips",
            ),
            tuple(rows),
            (
                "Means are of expected ratings, shares of the labels alone, as published; beside joint the same "
                "by expected ratings rounded to whole ones, and on how many clips the two differ.",
                "A clip without a rating on one axis has no part in joint.",
            ),
        ),
    )


def _label_value(clip: ScoredClip, axis: str) -> float:
    return mean_of(one.value for one in on_axis(clip, axis))


def _good(ratings: Float64[np.ndarray, " clips"]) -> Float64[np.ndarray, " clips"]:
    return np.where(np.isnan(ratings), math.nan, (ratings >= GOOD).astype(np.float64))


def _share(hits: Float64[np.ndarray, " clips"], cluster: np.ndarray, level: float) -> Estimate:
    known = ~np.isnan(hits)
    if len(np.unique(cluster[known])) < np.count_nonzero(known):
        return clustered_mean(hits, cluster, level)
    n_missing = int(np.count_nonzero(~known))
    found = proportion(hits[known] == 1, level, n_missing)
    return replace(found, reason="no value") if math.isnan(found.value) else found
