"""Human ratings as labels to train a judge on: one for each video and question, from the mean of its raters."""

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lawful.checklists.suite import Question, Suite
from lawful.core.errors import InputError
from lawful.reports.ratings.record import Rating, RatingTable
from lawful.reports.ratings.videos import KnownVideos
from lawful.video.collect import ClipInput, collect
from lawful.video.prompts import match, read_prompts


@dataclass(frozen=True)
class TrainingLabels:
    """Rows of a file of labels, and what of the ratings has none."""

    rows: tuple[Mapping[str, Any], ...]
    """One for each video and question: file, question, label, value, group, and prompt and case where they are known."""
    left_out: tuple[tuple[str, int], ...]
    """Why ratings are in no row, and how many, most first."""


def training_labels(
    table: RatingTable, suite: Suite, videos: Path, beside: Path, prompts: Path | None = None
) -> TrainingLabels:
    """Labels of the videos in a folder.

    A rating's axis is a question's law, or else its axis, among the questions of the video's case. The value is the mean of
    all raters who could judge, on the scale from 0 to 1; the label is the one of the question's scale that is nearest to it,
    of two the worse. Videos of one case, or of one prompt, are one group.

    Args:
        table: The ratings.
        suite: The questions.
        videos: Folder of the videos.
        beside: Folder of the file that is to be written: paths are relative to it.
        prompts: A prompts file, which says the case of each video; None where the ratings do.

    Raises:
        InputError: There is no video, a file is not usable, or no rating comes to a label.
    """
    paths = {clip.name: clip for clip in collect([videos]).inputs}
    told = {} if prompts is None else _told_cases(prompts, paths)
    pooled: dict[tuple[str, str], _Pooled] = {}
    groups: dict[str, str] = {}
    left_out: Counter[str] = Counter()
    known = KnownVideos(paths)
    for rating in table.ratings:
        name = known.find(rating.item, rating.generator)
        if name is None:
            left_out["the video is not in the folder"] += 1
            continue
        case, prompt = told.get(name, (rating.case, rating.prompt))
        case = case if case in suite.cases else _case_of_prompt(suite, prompt)
        why, share = _share(rating)
        question = None if why else _question(suite, case, rating.axis)
        if question is None:
            left_out[why or f"no single question of suite {suite.id} is about the axis {rating.axis}"] += 1
            continue
        # One group for each video, even where its ratings tell different prompts.
        group = groups.setdefault(name, case or prompt or name)
        pooled.setdefault((name, question.id), _Pooled(question, group, case, prompt)).shares.append(share)
    if not pooled:
        reasons = "; ".join(f"{n} {why}" for why, n in left_out.most_common(3)) or "there are no ratings"
        raise InputError(f"no rating comes to a label: {reasons}")
    rows = (
        {"file": os.path.relpath(paths[name].path, beside.absolute()), **one.row()}
        for (name, _), one in sorted(pooled.items(), key=lambda item: item[0])
    )
    return TrainingLabels(tuple(rows), tuple(left_out.most_common()))


@dataclass(frozen=True)
class _Pooled:
    """What people said of one video under one question."""

    question: Question
    group: str
    case: str | None
    prompt: str | None
    shares: list[float] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """All of a row of a file of labels but for the file."""
        value = math.fsum(self.shares) / len(self.shares)
        values = self.question.scale.values
        label = min(values, key=lambda one: (round(abs(values[one] - value), 9), values[one]))
        found = {
            "question": self.question.id,
            "label": label,
            "value": round(value, 6),
            "group": self.group,
        }
        about = (("case", self.case), ("prompt", self.prompt))
        return found | {key: text for key, text in about if text is not None}


def _told_cases(prompts: Path, paths: Mapping[str, ClipInput]) -> dict[str, tuple[str | None, str | None]]:
    """Case and prompt of each video that a prompts file knows, by the video's name."""
    rows = match(read_prompts(prompts), list(paths.values())).rows
    found = {name: rows.get(clip.path) for name, clip in paths.items()}
    return {name: (row.case, row.prompt) for name, row in found.items() if row is not None}


def _share(rating: Rating) -> tuple[str, float]:
    """Why a rating is no number on a scale, or "" and the number, 0-1."""
    if rating.pair is not None or rating.choice is not None:
        return "a pair was rated, and not one video", math.nan
    if rating.cannot_judge or rating.value is None:
        return "the rater could not judge", math.nan
    low, high = rating.scale.lowest, rating.scale.highest
    if math.isinf(low) or math.isinf(high):
        return "the scale has no ends; give --scale", math.nan
    return "", (rating.value - low) / (high - low)


def _case_of_prompt(suite: Suite, prompt: str | None) -> str | None:
    """The only case that has a prompt; None for no such."""
    found = [name for name, case in suite.cases.items() if prompt is not None and case.prompt == prompt]
    return found[0] if len(found) == 1 else None


def _question(suite: Suite, case: str | None, axis: str) -> Question | None:
    questions: Sequence[Question] = suite.questions_for(case)
    for fitting in (
        [one for one in questions if one.id == axis],
        [one for one in questions if one.law == axis],
        [one for one in questions if one.axis == axis],
    ):
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None
