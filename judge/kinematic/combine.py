"""From findings to events, from events to the verdict on a question.

A finding is weighed by how rare one so strong is in lawful clips: its chance in as much exposure, at the same frame
rate and amount of motion (`lawful.judge.kinematic.tails`). All that a clip shows of a family is one number then, and how
rarely lawful clips show as much of any family is the score (`lawful.judge.kinematic.overall`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lawful.checklists.suite import Question
from lawful.judge.kinematic.findings import Finding
from lawful.judge.kinematic.gates import Tally
from lawful.judge.kinematic.overall import Overall
from lawful.judge.kinematic.settings import LAWS, TAILS, Settings
from lawful.judge.kinematic.tails import (
    REFERENCE_FPS,
    REFERENCE_PX,
    Conditions,
    Tail,
    family_of,
    rarities_in,
    shipped_tails,
)
from lawful.judge.records import Event

LEAST_EXPOSURE_S = 0.5
"""Exposure that every clip counts for at least."""


def conditions_of(tally: Tally, least_s: float = LEAST_EXPOSURE_S) -> Conditions:
    """What findings in what was tallied so far are seen against.

    Args:
        tally: The clip so far.
        least_s: Exposure that it counts for at least.
    """
    fps = tally.steps / tally.steps_s if tally.steps_s > 0 else REFERENCE_FPS
    motion = tally.object_shift_px_s / tally.object_s if tally.object_s > 0 else REFERENCE_PX
    return Conditions(max(tally.steps_s + tally.object_s, least_s), fps, motion)


@dataclass(frozen=True)
class Weigher:
    """What findings are weighed with."""

    tails: Mapping[str, Tail]
    """The tails: of each family as bodies show it, and of some as pixels do (`Finding.tail`)."""
    overall: Overall
    """What all of them together are weighed against."""

    def chance(self, tail: str, strength: float, conditions: Conditions) -> float:
        """Chance that a lawful clip shows anything, of whichever family, as rare as this finding.

        Args:
            tail: The tail that the finding is weighed against.
            strength: Its strength.
            conditions: What it is seen against.

        Returns:
            Above 0 to 1; falls, or stays, as the strength rises.
        """
        return self.question_chance([family_of(tail)], {tail: strength}, conditions)

    def question_chance(
        self, families: Iterable[str], strongest: Mapping[str, float], conditions: Conditions
    ) -> float:
        """The score of a question: the chance that a lawful clip shows as much of any family as this one of one of its.

        It is 1 where nothing was found.
        """
        rarities = rarities_in(self.tails, strongest, conditions)
        return self.overall.chance(max((rarities.get(family, 0.0) for family in families), default=0.0))


def weigher_of(settings: Settings) -> Weigher:
    """What a judge of these settings weighs findings with."""
    return Weigher({tail: settings.tail(tail) for tail in TAILS}, shipped_tails().overall)


def event_of(finding: Finding, probability: float, said_s: float) -> Event:
    """A finding weighed and named."""
    return Event(
        family=finding.family,
        law=LAWS[finding.family],
        start_s=finding.start_s,
        end_s=finding.end_s,
        said_s=said_s,
        box=finding.box,
        probability=probability,
        magnitude=finding.magnitude,
        unit=finding.unit,
        text=finding.text,
        track_ids=finding.track_ids,
    )


def label_probabilities(question: Question, bad: float) -> Mapping[str, float]:
    """The probability of every label: `bad` on the worst, the rest on the best, none between."""
    scale = question.scale
    return {label: {scale.worst: bad, scale.best: 1 - bad}.get(label, 0.0) for label in scale.values}
