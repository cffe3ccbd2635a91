"""Scores over rollout time as tables and plots."""

import math
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from lawful.reports.compare.field import SystemKind
from lawful.reports.results import Cell, Plot, Point, ResultSection, ResultTable, Series
from lawful.reports.rollout.curves import (
    DRIFT_NAMES,
    Curve,
    CurvePoint,
    DriftCurve,
    RolloutCurve,
    drift_curve,
    rollout_curve,
)
from lawful.reports.rollout.gaming import HALVED, HOLDS, Suspicion, suspicions
from lawful.reports.rollout.gather import RolloutGroup, gather
from lawful.reports.scores import MeasureKind, measures
from lawful.reports.stats.result import without_spread

KINDS: tuple[MeasureKind, ...] = ("answer", "clip", "axis", "law")
"""The measures that curves are made of."""
_WARNED_OF = ("answer", "clip", "axis")

_UNITS = {
    "brightness": "mean luma, 0-1",
    "saturation": "mean HSV saturation, 0-1",
    "sharpness": "variance of the Laplacian of the luma",
    "motion": "change of luma a second",
}


def rollout_sections(
    runs: Sequence[Path],
    level: float = 0.95,
    by: SystemKind = "generator",
    suites: Collection[str] = (),
    judges: Collection[str] = (),
) -> tuple[ResultSection, ...]:
    """A section for each suite and judge that looked at clips as if they ended early (`lawful score --until`).

    Args:
        runs: Run folders.
        level: Coverage of the intervals.
        by: What is compared: generators, or runs whatever generators they hold.
        suites: Only these suites; empty for all.
        judges: Only these judges; empty for all.

    Returns:
        The sections; none where no run holds such looks.

    Raises:
        InputError: A folder holds no run, or a damaged one.
    """
    groups = [
        group
        for group in gather(runs, by)
        if (not suites or group.suite in suites) and (not judges or group.judge.split(" [")[0] in judges)
    ]
    return tuple(
        rollout_section(tuple(members), level)
        for _, members in groupby(groups, key=lambda group: (group.suite, group.judge))
    )


def rollout_section(groups: Sequence[RolloutGroup], level: float = 0.95) -> ResultSection:
    """The section of the generators of one suite and judge, of which there must be one at least."""
    clips = [clip for group in groups for clip in group.clips]
    looks = [look for clip in clips for look in (clip.whole, *(one.scores for one in clip.early))]
    curves = [
        rollout_curve(group, one, level) for one in measures(looks, KINDS, facts=False) for group in groups
    ]
    scores = [curve for curve in curves if any(point.mean.n for point in curve.points)]
    drifts = [drift_curve(group, name, level) for name in DRIFT_NAMES for group in groups]
    found = suspicions([curve for curve in scores if curve.measure.kind in _WARNED_OF], drifts)
    suite, judge = groups[0].suite, groups[0].judge
    return ResultSection(
        title=f"Suite {suite}, judge {judge}, over rollout time",
        keys=(("suite", suite), ("judge", judge)),
        tables=(_rollout_table(scores), _drift_table(drifts), _suspicions_table(found)),
        plots=(*_score_plots(scores), *_drift_plots(drifts)),
        notes=(*(one.text for one in found), *_notes(groups, bool(scores))),
    )


def _notes(groups: Sequence[RolloutGroup], with_scores: bool) -> Iterator[str]:
    if not with_scores:
        yield "No look has a score, so there is drift alone."
    for group in groups:
        n_all = len(group.clips) + group.n_left_out
        if group.n_left_out:
            yield (
                f"{group.generator}: {len(group.clips)} of {n_all} videos are in its curves; the others have no look at "
                f"one of its times ({_seconds(group.until_s)}): they are shorter, or not judged there yet."
            )
        if group.too_late:
            counts = ", ".join(f"{n} at {time_s:g} s" for time_s, n in group.too_late.items())
            yield f"{group.generator}: times that few of its {n_all} videos reach are not on its curves ({counts})."


def _seconds(times_s: Sequence[float]) -> str:
    return f"{', '.join(f'{time_s:g}' for time_s in times_s)} s"


def _look(point: CurvePoint) -> str:
    return "whole" if point.until_s is None else f"{point.until_s:g} s"


def _rollout_table(curves: Sequence[RolloutCurve]) -> ResultTable:
    rows: list[tuple[Cell, ...]] = [
        (
            str(curve.measure),
            curve.generator,
            _look(point),
            point.at_s,
            curve.n_clips,
            point.mean.n,
            without_spread(point.mean),
            None if point is curve.points[0] else without_spread(point.change),
        )
        for curve in curves
        for point in curve.points
    ]
    return ResultTable(
        "rollout",
        "Scores over rollout time",
        ("measure", "generator", "look", "seconds", "videos", "with a value", "mean", "change"),
        tuple(rows),
        (
            "Each look is a verdict on the video as if it ended there; all looks of a generator are at the same "
            "videos. Seconds of whole videos: their mean duration.",
            "Change: mean of the differences to the first look, over videos with both values. Standard errors are "
            "clustered by prompt; intervals of shares are Wilson's.",
        ),
    )


def _drift_table(curves: Sequence[DriftCurve]) -> ResultTable:
    rows: list[tuple[Cell, ...]] = [
        (
            curve.name,
            curve.generator,
            point.at_s,
            curve.n_clips,
            point.mean,
            "ratio" if curve.is_ratio else "difference",
            point.change,
        )
        for curve in curves
        for point in curve.points
    ]
    return ResultTable(
        "drift",
        "Drift of the pictures",
        ("what", "generator", "seconds", "videos", "mean", "compared by", "with the first"),
        tuple(rows),
        (
            f"Of the last second before each time: {'; '.join(f'{name}: {unit}' for name, unit in _UNITS.items())}.",
            "Compared with the first time: ratio of the means, or mean of the differences, over videos with both "
            "values.",
        ),
    )


def _suspicions_table(found: Sequence[Suspicion]) -> ResultTable:
    rows: list[tuple[Cell, ...]] = [
        (one.generator, str(one.measure), one.fell, one.from_s, one.until_s, one.score_change, one.left)
        for one in found
    ]
    return ResultTable(
        "suspicions",
        "May be gaming by freezing or blurring",
        ("generator", "measure", "fell", "from (s)", "to (s)", "change of the score", "left"),
        tuple(rows),
        (
            f"Listed where a score falls by at most {HOLDS:g} while motion or sharpness is at most {HALVED:.0%} of what it "
            "was at the first time, the upper end of its interval below 100%."
            + ("" if found else " There is no such case."),
        ),
    )


def _score_plots(curves: Sequence[RolloutCurve]) -> Iterator[Plot]:
    for measure, members in groupby(curves, key=lambda curve: curve.measure):
        yield Plot(
            id=f"rollout_{measure.kind}_{measure.name}".rstrip("_"),
            title=f"{_capital(str(measure))} over rollout time",
            kind="lines",
            x_name="as if the video ended at (s)",
            y_name=str(measure),
            series=tuple(_series(curve, _score_points(curve)) for curve in members),
        )


def _score_points(curve: Curve) -> Iterator[Point]:
    return (Point(point.at_s, point.mean, _look(point)) for point in curve.points)


def _drift_plots(curves: Sequence[DriftCurve]) -> Iterator[Plot]:
    for name, members in groupby(curves, key=lambda curve: curve.name):
        several = tuple(members)
        how = "as a share of the first" if several[0].is_ratio else "less the first"
        yield Plot(
            id=f"drift_{name}",
            title=f"{_capital(name)} over rollout time",
            kind="lines",
            x_name="last second before (s)",
            y_name=f"{name}, {how}",
            series=tuple(
                _series(curve, (Point(point.at_s, point.change, _look(point)) for point in curve.points))
                for curve in several
            ),
        )


def _series(curve: Curve, points: Iterator[Point]) -> Series:
    # A point without a place or a value cannot be drawn; the tables have it.
    drawn = (point for point in points if not (math.isnan(point.x) or math.isnan(point.y.value)))
    return Series(curve.generator, tuple(drawn))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
