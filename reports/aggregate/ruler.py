"""RULER-Bench: its scores as published, and the same scores with missing answers kept apart.

Source: He et al., arXiv 2512.02622 (2025), and the aggregation in its repository (eval/cal_acc.py), MIT.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from lawful.checklists.importers.ruler import CATEGORIES, METRICS
from lawful.reports.aggregate.clips import case_parts, instances, mean_of, on_axis
from lawful.reports.aggregate.design import design_mean, scaled
from lawful.reports.scores import Answered, ScoredClip
from lawful.reports.stats.result import Estimate, undefined

CASE_FORM = "<category>/<task>/<index>"
SCALE = (0.0, 0.5, 1.0)
"""Poor, Medium and Good; 0, 1 and 2 in the paper."""
OVERALL = "overall"
AVERAGE = "average"

Weighting = Literal["category", "task", "instance"]
"""What counts the same in an overall figure: every category (as published), every task, or every instance."""
WEIGHTINGS: tuple[Weighting, ...] = get_args(Weighting)


@dataclass(frozen=True)
class RulerScores:
    """One line of scores, 0-100."""

    metrics: Mapping[str, Estimate]
    """By metric; those that the category does not have are left out."""
    average: Estimate
    """Over the metrics."""
    n_clips: int
    """Clips that count in it."""


@dataclass(frozen=True)
class CompatScores:
    """A generator's scores exactly as published."""

    categories: Mapping[str, RulerScores]
    """By category, those that the clips have."""
    overall: RulerScores
    """Means of the categories, and the mean of those."""
    n_dropped: Mapping[str, int]
    """Clips left out without a word in the published form, by category and `overall`."""


@dataclass(frozen=True)
class Coverage:
    """What the scores of a generator rest on."""

    n_clips: int
    """Clips, failed ones included."""
    n_failed: int
    """Clips that could not be scored at all."""
    n_questions: int
    """Questions asked, and those of failed clips as far as other clips of the case tell their number."""
    n_scored: int
    """Questions with a score."""
    n_premise_not_met: int
    """Questions whose premise the video did not meet: Poor by the paper's rule."""
    n_unparsed: int
    """Questions whose answer could not be parsed."""
    n_other: int
    """Questions without a score for another reason, those of failed clips included."""
    n_without_question: int
    """Times a clip has no question of one of its metrics: each is a 0 in the published form."""

    @property
    def share(self) -> float:
        """Share of the questions that count in the repaired scores; NaN for none."""
        known = self.n_scored + self.n_premise_not_met
        return known / self.n_questions if self.n_questions else math.nan


def metrics_of(category: str) -> tuple[str, ...]:
    """The metrics of a category: "vision rule" has no Instruction Following."""
    return METRICS[1:] if category == "vision rule" else METRICS


def category_of(clip: ScoredClip) -> str:
    """The clip's category; empty where its case names none."""
    return (case_parts(clip.case, CASE_FORM, CATEGORIES) or ("",))[0]


def overall_metric(by_category: Mapping[str, float]) -> float:
    """A metric over all categories: their unweighted mean, those without a value left out."""
    return mean_of(by_category.values())


def overall_average(by_metric: Iterable[float]) -> float:
    """The one figure: the mean of the four overall metrics; NaN where one is."""
    values = list(by_metric)
    return math.fsum(values) / len(values)


def compat(clips: Sequence[ScoredClip]) -> CompatScores:
    """The scores of one generator exactly as published.

    Labels count, not probabilities. A metric without a question is 0; a clip with an answer that could not be
    parsed is left out; a question whose premise is not met is Poor. Each clip is an instance.
    """
    used: dict[str, list[dict[str, float]]] = {}
    dropped: dict[str, int] = {}
    for category in CATEGORIES:
        members = [clip for clip in clips if category_of(clip) == category]
        if members:
            told = [values for clip in members if (values := _published(clip)) is not None]
            used[category], dropped[category] = told, len(members) - len(told)
    categories = {category: _compat_category(category, told) for category, told in used.items()}
    n_used, overall = sum(len(told) for told in used.values()), {}
    for metric in METRICS:
        each = {name: one.metrics[metric].value for name, one in categories.items() if metric in one.metrics}
        n = sum(not math.isnan(value) for value in each.values())
        overall[metric] = _point(
            overall_metric(each), n_used, f"mean of {n} categories", f"no clip with {metric}"
        )
    average = overall_average(one.value for one in overall.values())
    line = RulerScores(overall, _point(average, n_used, "mean of 4 metrics", "a metric has no value"), n_used)
    return CompatScores(categories, line, {**dropped, OVERALL: sum(dropped.values())})


def repaired(clips: Sequence[ScoredClip], weighting: Weighting, level: float = 0.95) -> RulerScores:
    """The overall scores of one generator, with missing answers left out of the means and counted elsewhere.

    Expected values count. Several clips of an instance are averaged first. Intervals are those of other
    instances of the same tasks.

    Args:
        clips: Its clips.
        weighting: What counts the same.
        level: Coverage of the intervals.
    """
    return _repaired(clips, METRICS, weighting, level)


def repaired_category(clips: Sequence[ScoredClip], category: str, level: float = 0.95) -> RulerScores:
    """The same within one category, every instance counting the same."""
    members = [clip for clip in clips if category_of(clip) == category]
    return _repaired(members, metrics_of(category), "instance", level)


def coverage(clips: Sequence[ScoredClip], of_case: Mapping[str, int]) -> Coverage:
    """What the scores of one generator rest on.

    Args:
        clips: Its clips.
        of_case: How many questions each case has, as `questions_of_cases` counts them.
    """
    asked = [one for clip in clips for one in clip.answers if one.question.axis in METRICS]
    failed = [clip for clip in clips if not clip.answers]
    lost = sum(of_case.get(clip.subject, 0) for clip in failed)
    reasons = [one.reason for one in asked if one.reason is not None]
    n_premise, n_unparsed = reasons.count("premise_not_met"), reasons.count("unparsed")
    return Coverage(
        n_clips=len(clips),
        n_failed=len(failed),
        n_questions=len(asked) + lost,
        n_scored=len(asked) - len(reasons),
        n_premise_not_met=n_premise,
        n_unparsed=n_unparsed,
        n_other=len(reasons) - n_premise - n_unparsed + lost,
        n_without_question=sum(
            not on_axis(clip, metric)
            for clip in clips
            if clip.answers
            for metric in metrics_of(category_of(clip))
        ),
    )


def questions_of_cases(clips: Iterable[ScoredClip]) -> dict[str, int]:
    """How many questions of the four metrics each case has, where any clip of it could be scored."""
    found: dict[str, int] = defaultdict(int)
    for clip in clips:
        n = sum(one.question.axis in METRICS for one in clip.answers)
        found[clip.subject] = max(found[clip.subject], n)
    return dict(found)


def _published(clip: ScoredClip) -> dict[str, float] | None:
    """The clip's metrics and their average, 0-1; None if it would have been dropped."""
    asked = [one for one in clip.answers if one.question.axis in METRICS]
    if not clip.answers or any(one.reason not in (None, "premise_not_met") for one in asked):
        return None
    values = {}
    for metric in metrics_of(category_of(clip)):
        labels = [_or_poor(one, one.value) for one in on_axis(clip, metric)]
        values[metric] = math.fsum(labels) / len(labels) if labels else 0.0
    return {**values, AVERAGE: math.fsum(values.values()) / len(values)}


def _compat_category(category: str, told: Sequence[Mapping[str, float]]) -> RulerScores:
    def mean(name: str) -> Estimate:
        return _point(
            100 * mean_of(one[name] for one in told), len(told), "mean of clips", "no clip was parsed"
        )

    return RulerScores({metric: mean(metric) for metric in metrics_of(category)}, mean(AVERAGE), len(told))


def _repaired(
    clips: Sequence[ScoredClip], metrics: Sequence[str], weighting: Weighting, level: float
) -> RulerScores:
    found = instances(clips, metrics, _expected)
    tasks = np.array([_task(subject) for subject in found.subjects], dtype=object).astype(str)
    categories = np.array([subject.split("/")[0] for subject in found.subjects], dtype=object).astype(str)
    groups = {"category": categories, "task": tasks, "instance": None}[weighting]

    def mean(columns: Sequence[int]) -> Estimate:
        names = [metrics[column] for column in columns]
        values = found.values[:, list(columns)]
        return scaled(design_mean(values, names, groups=groups, strata=tasks, level=level), 100.0)

    by_metric = {metric: mean([column]) for column, metric in enumerate(metrics)}
    n_clips = sum(any(not math.isnan(_expected(clip, metric)) for metric in metrics) for clip in clips)
    return RulerScores(by_metric, mean(range(len(metrics))), n_clips)


def _expected(clip: ScoredClip, metric: str) -> float:
    if metric not in metrics_of(category_of(clip)):
        return math.nan
    return mean_of(_or_poor(one, one.score) for one in on_axis(clip, metric))


def _or_poor(answer: Answered, value: float) -> float:
    return 0.0 if answer.reason == "premise_not_met" else value


def _task(case: str) -> str:
    return "/".join(case.split("/")[:2])


def _point(value: float, n: int, method: str, reason: str) -> Estimate:
    """A figure without an interval: the published form has none."""
    return undefined(reason, n, method=method) if math.isnan(value) else Estimate(value, n, method=method)
