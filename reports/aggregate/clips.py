"""The clips of one suite and one judge as the aggregations take them: by generator, by instance, by axis."""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.judge.stored import AskedQuestion
from lawful.reports.scores import Answered, ScoredClip

FIVE_POINT = (0.0, 0.25, 0.5, 0.75, 1.0)
"""A scale of five steps, 1-5 or 0-4, on 0-1."""


def by_generator(clips: Iterable[ScoredClip]) -> dict[str, tuple[ScoredClip, ...]]:
    """The clips of each generator, in an order that does not depend on that of the input.

    Clips of no named generator stand under the name of their run.

    Raises:
        InputError: The clips are of several suites or judges.
    """
    groups: dict[str, list[ScoredClip]] = defaultdict(list)
    kinds = set()
    for clip in clips:
        groups[clip.generator or clip.run].append(clip)
        kinds.add((clip.suite, clip.judge, clip.fingerprint))
    if len(kinds) > 1:
        named = "; ".join(
            f"suite {suite}, judge {judge} [{mark[:8]}]" for suite, judge, mark in sorted(kinds)
        )
        raise InputError(f"aggregations take the clips of one suite under one judge, found {named}")
    return {name: tuple(sorted(groups[name], key=_place)) for name in sorted(groups)}


def subjects(clips: Sequence[ScoredClip]) -> np.ndarray:
    """Subject of each clip, as an array of text: clips of one subject are drawn together."""
    return np.array([clip.subject for clip in clips], dtype=object).astype(str)


def on_axis(clip: ScoredClip, axis: str) -> tuple[Answered, ...]:
    """The clip's questions on an axis."""
    return tuple([one for one in clip.answers if one.question.axis == axis])


def mean_of(values: Iterable[float]) -> float:
    """Mean of the values that are there; NaN for none."""
    known = [value for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan


def axis_score(clip: ScoredClip, axis: str) -> float:
    """Mean of the expected values of the clip's scored questions on an axis, 0-1; NaN for none."""
    return mean_of(one.score for one in on_axis(clip, axis))


def n_unscored(answers: Iterable[Answered]) -> int:
    """How many questions have no score."""
    return sum(one.reason is not None for one in answers)


@dataclass(frozen=True, eq=False)
class Instances:
    """What was asked of a generator, several clips of one subject as one."""

    subjects: tuple[str, ...]
    """The subjects, sorted."""
    values: Float64[np.ndarray, "subjects columns"]
    """Mean of each over its clips that have a value; NaN for none."""


def instances(
    clips: Sequence[ScoredClip], columns: Sequence[str], value: Callable[[ScoredClip, str], float]
) -> Instances:
    """The values of clips by subject.

    Args:
        clips: The clips of one generator.
        columns: What is read off each clip.
        value: Reads one of them off a clip; NaN is missing.
    """
    members: dict[str, list[ScoredClip]] = defaultdict(list)
    for clip in clips:
        members[clip.subject].append(clip)
    names = tuple(sorted(members))
    table = np.full((len(names), len(columns)), math.nan)
    for row, name in enumerate(names):
        for place, column in enumerate(columns):
            table[row, place] = mean_of(value(clip, column) for clip in members[name])
    return Instances(names, table)


def axes_problem(clips: Iterable[ScoredClip], axes: Sequence[str], scale: Collection[float]) -> str | None:
    """Why the clips' questions are not those wanted; None if they are, or if no clip has any question.

    Args:
        clips: The clips.
        axes: Axes that must be among those asked about.
        scale: Values that the scale of every question on these axes must have, no more and no fewer.
    """
    asked = questions(clips)
    found = sorted({question.axis for question in asked})
    if asked and not set(axes) <= set(found):
        return f"needs questions on the axes {', '.join(axes)}; found axes {', '.join(found)}"
    return scale_problem([question for question in asked if question.axis in axes], scale)


def questions(clips: Iterable[ScoredClip]) -> tuple[AskedQuestion, ...]:
    """What the clips were asked, each question of an id once for each clip."""
    return tuple([one.question for clip in clips for one in clip.answers])


def scale_problem(asked: Iterable[AskedQuestion], scale: Collection[float]) -> str | None:
    """Why the questions' scales are not the one wanted; None if they are."""
    for question in asked:
        if sorted(question.scale.values()) != sorted(scale):
            return (
                f"needs scales with the values {_listed(scale)}; found {_listed(question.scale.values())} "
                f"in question {question.id} (axis {question.axis})"
            )
    return None


def cases_problem(clips: Iterable[ScoredClip], form: str, categories: Collection[str]) -> str | None:
    """Why the clips' cases do not say what they belong to; None if all do.

    Args:
        clips: The clips.
        form: What a case looks like, such as "<category>/<index>".
        categories: Categories that there are.
    """
    wrong = [clip for clip in clips if case_parts(clip.case, form, categories) is None]
    if not wrong:
        return None
    first = min(wrong, key=_place)
    return (
        f'needs cases like "{form}" with a category of {", ".join(categories)}; found {len(wrong)} clip'
        f"{'s' if len(wrong) > 1 else ''} without, such as {first.video} with case {first.case}"
    )


def case_parts(case: str | None, form: str, categories: Collection[str]) -> tuple[str, ...] | None:
    """The parts of a case's id, the category first; None if it is not of that form."""
    parts = tuple((case or "").split("/"))
    fits = len(parts) == form.count("/") + 1 and all(parts) and parts[0] in categories
    return parts if fits else None


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(values))


def _place(clip: ScoredClip) -> tuple[str, bool, int, str, str]:
    return (clip.subject, clip.seed is None, clip.seed or 0, clip.run, clip.video)
