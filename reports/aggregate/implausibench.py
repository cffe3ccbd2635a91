"""ImplausiBench: how well a judge tells real clips from implausible ones, and for the right reason.

Source: Motamed et al., arXiv 2510.07550 (2025), for the two classes; pairs, balance and leaning are ours.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from lawful.reports.aggregate.clips import by_generator, mean_of, on_axis
from lawful.reports.aggregate.design import design_mean
from lawful.reports.results import Cell, ResultTable
from lawful.reports.scores import ScoredClip
from lawful.reports.stats.categorical import proportion
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.result import Estimate

AXIS = "implausibench"
CLASSES = ("real", "implausible")
"""The last part of a case's id."""
SCALE = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Values of the labels: the right reason for the implausible clip, wrong ones for it, none of the reasons, wrong
ones for the real clip, the right one for it."""
RIGHT: Mapping[str, float] = {"real": 1.0, "implausible": 0.0}
"""Value of the right label by class; what lies on its side of a half is the right verdict."""

Scenarios = Float64[np.ndarray, "scenarios 2"]


@dataclass(frozen=True)
class Accuracy:
    """Shares of right answers, of one kind."""

    classes: Mapping[str, Estimate]
    """By class."""
    balanced: Estimate
    """Mean of the two classes."""
    paired: Estimate
    """Share of scenarios with both clips right."""


@dataclass(frozen=True)
class ImplausiBenchScores:
    """What one judge's answers on the clips come to."""

    exact: Accuracy
    """The right letter: the verdict and its reason."""
    verdict: Accuracy
    """Real or implausible alone; "none of the reasons" is neither, and wrong."""
    says_real: Estimate
    """How often it says real, mean of the classes: without a leaning and without "none", a half."""
    says_none: Estimate
    """How often it says that none of the reasons is right."""
    n_clips: int
    """Clips, failed ones included."""
    n_unscored: int
    """Clips without an answer, failed ones included: they count nowhere else."""


def scenario_of(case: str | None) -> tuple[str, str] | None:
    """The scenario and the class of a case; None if it names none.

    >>> scenario_of("marble/real")
    ('marble', 'real')
    """
    scenario, _, kind = (case or "").rpartition("/")
    return (scenario, kind) if scenario and kind in CLASSES else None


def implausibench_scores(clips: Sequence[ScoredClip], level: float = 0.95) -> ImplausiBenchScores:
    """The scores of one judge in one run. Intervals are those of other scenarios.

    Args:
        clips: The clips; several of one scenario and class are averaged first.
        level: Coverage of the intervals.
    """
    told = np.array([mean_of(one.value for one in on_axis(clip, AXIS)) for clip in clips])
    place = [scenario_of(clip.case) or ("", "") for clip in clips]
    right = np.array([RIGHT.get(kind, math.nan) for _, kind in place])
    missing = np.isnan(told) | np.isnan(right)

    def table(hits: np.ndarray) -> Scenarios:
        return _by_scenario(place, np.where(missing, math.nan, hits.astype(np.float64)))

    return ImplausiBenchScores(
        exact=_accuracy(table(told == right), level),
        verdict=_accuracy(table((told - 0.5) * (right - 0.5) > 0), level),
        says_real=_balanced(table(told > 0.5), level),
        says_none=_balanced(table(told == 0.5), level),
        n_clips=len(clips),
        n_unscored=int(np.count_nonzero(missing)),
    )


def implausibench_applies(clips: Sequence[ScoredClip]) -> str | None:
    """What the clips lack for ImplausiBench's figures; None for nothing."""
    wrong = sorted(clip.video for clip in clips if scenario_of(clip.case) is None)
    if wrong:
        return (
            f'needs cases like "<scenario>/real" and "<scenario>/implausible"; found {len(wrong)} '
            f"clip{'s' if len(wrong) > 1 else ''} without, such as {wrong[0]}"
        )
    asked = [one.question for clip in clips for one in clip.answers]
    # Some of the values may be absent where letters are few; those that there are must be of the scale.
    strange = next(
        (
            question
            for question in asked
            if question.axis == AXIS and not {0.0, 0.5, 1.0} <= set(question.scale.values()) <= set(SCALE)
        ),
        None,
    )
    if strange is not None:
        values = ", ".join(f"{value:g}" for value in sorted(strange.scale.values()))
        wanted = ", ".join(f"{value:g}" for value in SCALE)
        return f"needs scales with the values {wanted}; found {values} in question {strange.id} (axis {AXIS})"
    found = sorted({question.axis for question in asked})
    return (
        f"needs questions on the axis {AXIS}; found axes {', '.join(found)}"
        if asked and AXIS not in found
        else None
    )


def aggregate_implausibench(clips: Sequence[ScoredClip], level: float = 0.95) -> tuple[ResultTable, ...]:
    """ImplausiBench's figures of a judge, as tables `implausibench` and `implausibench_verdict`.

    Args:
        clips: Clips of one suite under one judge. Both clips of a scenario must stand under one generator, or under
            none, for them to be a pair.
        level: Coverage of the intervals.
    """
    exact: list[tuple[Cell, ...]] = []
    verdict: list[tuple[Cell, ...]] = []
    for name, members in by_generator(clips).items():
        found = implausibench_scores(members, level)
        exact.append((name, *_cells(found.exact), found.n_clips, found.n_unscored))
        verdict.append((name, *_cells(found.verdict), found.says_real, found.says_none))
    columns = ("generator", *CLASSES, "balanced", "paired")
    return (
        ResultTable(
            "implausibench",
            "ImplausiBench: shares of right letters",
            (*columns, "clips", "unscored"),
            tuple(exact),
            (
                "A letter tells the verdict and its reason; by chance one in seven is right. Balanced is the mean of "
                "the two classes, paired the share of scenarios with both clips right.",
                "Clips without an answer count nowhere. Intervals are over scenarios.",
            ),
        ),
        ResultTable(
            "implausibench_verdict",
            "ImplausiBench: shares of right verdicts, and the leaning",
            (*columns, "says real", "says none"),
            tuple(verdict),
            (
                'Real or implausible alone, whatever the reason; "none of the reasons" is wrong. Says real is the '
                "mean over the two classes: a judge that always says real has 1, and a balanced share of a half.",
            ),
        ),
    )


def _accuracy(hits: Scenarios, level: float) -> Accuracy:
    return Accuracy(
        classes={kind: _share(hits[:, column], level) for column, kind in enumerate(CLASSES)},
        balanced=_balanced(hits, level),
        paired=_share(hits.prod(axis=1), level),
    )


def _balanced(hits: Scenarios, level: float) -> Estimate:
    found = design_mean(hits, CLASSES, level=level)
    return (
        replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))
        if found.low <= found.high
        else found
    )


def _share(hits: Float64[np.ndarray, " scenarios"], level: float) -> Estimate:
    """Wilson's interval where every scenario is right or wrong; shares of several clips have a mean's."""
    known = ~np.isnan(hits)
    if not np.isin(hits[known], (0.0, 1.0)).all():
        return clustered_mean(hits, None, level, (0.0, 1.0))
    found = proportion(hits[known] == 1, level, int(np.count_nonzero(~known)))
    return replace(found, reason="no value") if math.isnan(found.value) else found


def _by_scenario(place: Sequence[tuple[str, str]], values: Float64[np.ndarray, " clips"]) -> Scenarios:
    """The values of each scenario, one column a class: the mean of its clips that have one."""
    members: dict[tuple[str, str], list[float]] = defaultdict(list)
    for where, value in zip(place, values, strict=True):
        members[where].append(float(value))
    names = sorted({scenario for scenario, _ in place if scenario})
    table = [[mean_of(members.get((name, kind), ())) for kind in CLASSES] for name in names]
    return np.array(table, dtype=np.float64).reshape(len(names), len(CLASSES))


def _cells(accuracy: Accuracy) -> tuple[Estimate, ...]:
    return (*accuracy.classes.values(), accuracy.balanced, accuracy.paired)
