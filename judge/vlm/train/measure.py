"""What a judge in training answers on clips that it does not learn from, and the numbers that come of it."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lawful.judge.records import expected_value
from lawful.judge.vlm.asking import Asker
from lawful.judge.vlm.train.clips import Shown
from lawful.judge.vlm.train.config import LEAST_IS_BEST, Metric
from lawful.judge.vlm.train.crew import Crew
from lawful.judge.vlm.train.examples import Example

_LEAST_SHARE = 1e-12


@dataclass(frozen=True)
class Answered:
    """One answer beside the right one."""

    clip: str
    """Path of the clip."""
    group: str
    """Its group."""
    question: str
    """Id of the question."""
    about: str
    """The law that was asked about."""
    way: str
    """Violation family of the clip's group; empty where it is not known."""
    right: str
    """The right label."""
    is_best: bool
    """Whether the right label is the best of its scale."""
    said: str
    """The most probable label."""
    said_best: bool
    """Whether that is the best of its scale."""
    share: float
    """The probability of the right label."""
    score: float
    """The expected score."""
    value: float
    """The right score."""


def telling(examples: Sequence[Example]) -> list[Example]:
    """The examples that are measured on.

    Of simulated twins those under whose question the twins differ: of all the others the answer is that nothing is wrong,
    which would drown what is asked here. All others, such as what people said.
    """
    labels: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in examples:
        labels[one.group, one.question.id].add(one.label)
    told = [one for one in examples if not one.way or len(labels[one.group, one.question.id]) > 1]
    return told or list(examples)


def answers(
    asker: Asker, examples: Sequence[Example], shown: Callable[[Example], Shown], crew: Crew
) -> list[Answered]:
    """The answers to some examples, as the judge gives them: each clip is read once.

    Args:
        asker: The model.
        examples: What is asked.
        shown: What is shown of an example's clip.
        crew: Who shares the work.
    """
    by_clip: dict[object, list[Example]] = defaultdict(list)
    for one in examples:
        by_clip[one.clip].append(one)
    mine: list[Answered] = []
    for asked in list(by_clip.values())[crew.rank :: crew.size]:
        mine += _of_clip(asker, asked, shown(asked[0]))
    return sorted(crew.gathered(mine), key=lambda one: (one.clip, one.question))


def _of_clip(asker: Asker, examples: Sequence[Example], shown: Shown) -> list[Answered]:
    questions = [one.question for one in examples]
    asked = asker.asked(questions, examples[0].given, asker.settings.wordings[0])
    prefix = asker.look(shown.frames, shown.tracked, asked.opening)
    found = []
    for one, answer in zip(examples, asker.answers(prefix, questions, asked.texts, asked.start), strict=True):
        shares = answer.shares.probabilities
        best = one.question.scale.best
        found.append(
            Answered(
                clip=str(one.clip),
                group=one.group,
                question=one.question.id,
                about=one.about,
                way=one.way,
                right=one.label,
                is_best=one.label == best,
                said=answer.label,
                said_best=answer.label == best,
                share=shares[one.label],
                score=expected_value(one.question.scale, shares),
                value=one.value,
            )
        )
    return found


def metrics(answered: Sequence[Answered]) -> dict[Metric, float]:
    """Numbers of some answers; NaN where the answers do not define one.

    loss: mean negative logarithm of the right label's probability; error: mean distance of the score from the right one;
    accuracy: share of right labels; balanced: mean over the right labels of the accuracy where they are right; paired: share
    of twins under one question of which all are answered rightly; ranked: share of those in which a better label has the
    better score, ties half.
    """
    by_label: dict[str, list[bool]] = defaultdict(list)
    twins: dict[tuple[str, str], list[Answered]] = defaultdict(list)
    for one in answered:
        by_label[one.right].append(one.said == one.right)
        twins[one.group, one.question].append(one)
    sets = [members for members in twins.values() if len({one.right for one in members}) > 1]
    return {
        "loss": _mean([-math.log(max(one.share, _LEAST_SHARE)) for one in answered]),
        "error": _mean([abs(one.score - one.value) for one in answered]),
        "accuracy": _mean([one.said == one.right for one in answered]),
        "balanced": _mean([_mean(hits) for hits in by_label.values()]),
        "paired": _mean([all(one.said == one.right for one in members) for members in sets]),
        "ranked": _mean([_ranked(members) for members in sets]),
    }


def is_better(metric: Metric, one: float, other: float) -> bool:
    """Whether a number is better than another; none is better than NaN."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(other) and not math.isnan(one)
    return one < other if metric in LEAST_IS_BEST else one > other


def _ranked(members: Sequence[Answered]) -> float:
    """Share of the pairs of different right scores that are scored in that order."""
    pairs = [(one, other) for one in members for other in members if one.value > other.value]
    return _mean([(one.score > other.score) + (one.score == other.score) / 2 for one, other in pairs])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
