"""Curves over rollout time: the mean of a score, and how the picture drifts."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from lawful.reports.rollout.gather import Early, RolloutGroup
from lawful.reports.scores import Measure
from lawful.reports.stats.clusters import clustered_mean, clustered_share
from lawful.reports.stats.inputs import Labels
from lawful.reports.stats.result import Estimate, undefined

DriftName = Literal["brightness", "saturation", "sharpness", "motion"]
DRIFT_NAMES: tuple[DriftName, ...] = ("brightness", "saturation", "sharpness", "motion")
RATIOS: tuple[DriftName, ...] = ("sharpness", "motion")
"""What is compared with the first time as a ratio: their unit depends on the clip. The others are differences."""

_METHOD = "ratio of means, linearised clustered standard error, t"


@dataclass(frozen=True)
class CurvePoint:
    """A curve at one time."""

    until_s: float | None
    """The time; None for the whole clip."""
    at_s: float
    """Where it is drawn: the time, or the mean duration of the whole clips; NaN where that is not known."""
    mean: Estimate
    """Mean over the clips that have a value, clustered by subject (Wilson's interval for the share of clips without
    a violation); `n_missing` counts those that have none."""
    change: Estimate
    """Against the first time, over the clips with both values: the mean of the differences, or the ratio of the
    means; undefined at the first time of a score."""


@dataclass(frozen=True)
class Curve:
    """A number over rollout time, over the same clips at each time."""

    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge."""
    generator: str
    """Who made the clips."""
    points: tuple[CurvePoint, ...]
    """In the order of time; scores end with the whole clip."""
    n_clips: int
    """Clips that it is made of."""
    n_left_out: int
    """Clips of the generator that it is not made of, because they have no look at one of the times."""


@dataclass(frozen=True)
class RolloutCurve(Curve):
    """The mean of a score."""

    measure: Measure
    """What is measured."""


@dataclass(frozen=True)
class DriftCurve(Curve):
    """What the last second before each time looks like."""

    name: DriftName
    """What is measured, in the unit of `lawful.video.drift.Drift`."""

    @property
    def is_ratio(self) -> bool:
        """Whether `change` is a ratio; otherwise it is a difference."""
        return self.name in RATIOS


def rollout_curve(group: RolloutGroup, measure: Measure, level: float = 0.95) -> RolloutCurve:
    """The mean of a measure at each time and for the whole clip.

    Args:
        group: The clips.
        measure: What is read off each look.
        level: Coverage of the intervals.
    """
    whole = np.array([measure.of(clip.whole) for clip in group.clips], np.float64)
    table = _table(group, lambda early: measure.of(early.scores))
    durations_s = np.array([clip.duration_s for clip in group.clips], np.float64)
    known = durations_s[~np.isnan(durations_s)]
    whole_s = float(known.mean()) if len(known) else math.nan
    points = []
    for until_s, values in zip((*group.until_s, None), (*table, whole), strict=True):
        change = clustered_mean(values - table[0], group.subjects, level)
        if until_s == group.until_s[0]:
            change = undefined("the first time is what others are compared with", change.n, change.n_missing)
        if measure.kind == "answer":
            mean = clustered_share(values, group.subjects, level)
        else:
            mean = clustered_mean(values, group.subjects, level, limits=(0.0, 1.0))
        points.append(CurvePoint(until_s, whole_s if until_s is None else until_s, mean, change))
    return RolloutCurve(
        group.suite, group.judge, group.generator, tuple(points), len(group.clips), group.n_left_out, measure
    )


def drift_curve(group: RolloutGroup, name: DriftName, level: float = 0.95) -> DriftCurve:
    """The mean of a drift measure at each time, and how it changed since the first.

    Args:
        group: The clips.
        name: What is measured.
        level: Coverage of the intervals.
    """
    table = _table(group, lambda early: drift_value(early, name))
    points = []
    for until_s, values in zip(group.until_s, table, strict=True):
        if name in RATIOS:
            change = ratio_of_means(values, table[0], group.subjects, level)
        else:
            change = clustered_mean(values - table[0], group.subjects, level)
        points.append(CurvePoint(until_s, until_s, clustered_mean(values, group.subjects, level), change))
    return DriftCurve(
        group.suite, group.judge, group.generator, tuple(points), len(group.clips), group.n_left_out, name
    )


def drift_value(early: Early, name: DriftName) -> float:
    """A drift measure of a look; NaN where it is not defined."""
    if early.drift is None:
        return math.nan
    drift = early.drift
    return {
        "brightness": drift.brightness,
        "saturation": drift.saturation,
        "sharpness": drift.sharpness,
        "motion": drift.motion_per_s,
    }[name]


def ratio_of_means(
    later: Float64[np.ndarray, " clips"],
    first: Float64[np.ndarray, " clips"],
    clusters: Labels | None = None,
    level: float = 0.95,
) -> Estimate:
    """The mean of the later values over the mean of the first ones, with its clustered interval.

    A mean of the ratios clip by clip would be ruled by clips in which next to nothing moves at first.

    Args:
        later: One value a clip, at least 0; NaN is missing.
        first: The first value of the same clips.
        clusters: Label of each clip's cluster; None makes each clip its own.
        level: Coverage that the interval is made for.

    Returns:
        The ratio over the clips that have both values; undefined where the first ones are all 0.

    Source: Cochran, Sampling Techniques, 3rd ed. (1977), ch. 6: the residuals later - ratio x first in place of the
    values, here in `clustered_mean`.
    """
    both = ~np.isnan(later + first)
    n, n_missing = int(np.count_nonzero(both)), int(np.count_nonzero(~both))
    if n == 0:
        return undefined("no clip has both values", 0, n_missing, _METHOD)
    at_first = float(first[both].mean())
    if at_first <= 0:
        return undefined("the values at the first time are all 0", n, n_missing, _METHOD)
    ratio = float(later[both].mean()) / at_first
    spread = clustered_mean(later - ratio * first, clusters, level)
    half = 0.5 * spread.width / at_first
    return Estimate(
        ratio, n, ratio - half, ratio + half, level, _METHOD, n_missing, spread.n_clusters, spread.reason
    )


def _table(group: RolloutGroup, value: Callable[[Early], float]) -> Float64[np.ndarray, "times clips"]:
    """A number of every look, time by time."""
    rows = [[value(clip.early[at]) for clip in group.clips] for at in range(len(group.until_s))]
    return np.array(rows, np.float64)
