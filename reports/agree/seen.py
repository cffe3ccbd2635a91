"""What a judge says of the videos of a suite, as arrays."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64

from lawful.reports.agree.names import UNNAMED
from lawful.reports.scores import Measure, ScoredClip


@dataclass(frozen=True, eq=False)
class Seen:
    """One measure of one judge by video."""

    given: Bool[np.ndarray, " videos"]
    """Which videos the judge was given."""
    score: Float64[np.ndarray, " videos"]
    """Its score, 0-1; NaN is unscored."""
    label: Float64[np.ndarray, " videos"]
    """The value of its label, 0-1, where the measure is one question; NaN elsewhere."""
    looks: Float64[np.ndarray, "videos looks"]
    """The scores of repeated looks; NaN where there is none. Without columns for answers and clip scores."""


def seen_by(clips: Iterable[ScoredClip], measure: Measure, place: Mapping[tuple[str, str], int]) -> Seen:
    """What one judge says; where a video is in several runs, scores are averaged and labels must be one.

    Args:
        clips: The clips of the judge.
        measure: What is read off them.
        place: The place of each video, by generator and name.
    """
    held: dict[int, list[ScoredClip]] = defaultdict(list)
    for clip in clips:
        held[place[clip.generator or UNNAMED, clip.video]].append(clip)
    given = np.zeros(len(place), dtype=bool)
    score, label = np.full(len(place), np.nan), np.full(len(place), np.nan)
    looked: dict[int, list[float]] = {}
    for number, same in held.items():
        given[number] = True
        values = [value for value in map(measure.of, same) if not math.isnan(value)]
        score[number] = math.fsum(values) / len(values) if values else math.nan
        labels = {_label(clip, measure) for clip in same} - {None}
        label[number] = labels.pop() if len(labels) == 1 else math.nan
        # The looks of one run: those of another may be the very same, kept in its store.
        each = sorted(([_look(clip, measure, one) for one in clip.repeats] for clip in same), key=repr)
        looked[number] = max(each, key=len)
    most = 0 if measure.kind in ("clip", "answer") else max(map(len, looked.values()), default=0)
    looks = np.full((len(place), most), np.nan)
    for number, values in looked.items():
        looks[number, : min(most, len(values))] = values[:most]
    return Seen(given, score, label, looks)


def _label(clip: ScoredClip, measure: Measure) -> float | None:
    """The value of the label of the one question that counts; None where there is none, or several."""
    if measure.kind in ("clip", "answer"):
        return None
    asked = list(measure.asked(clip.answers))
    return asked[0].value if len(asked) == 1 and asked[0].label is not None else None


def _look(clip: ScoredClip, measure: Measure, answers: tuple) -> float:
    return measure.of(replace(clip, answers=answers))
