"""From findings to events, from events to the verdict on a question.

A finding is weighed by how rare one so strong is in lawful clips: its chance in as much exposure, at the same frame
rate and amount of motion (`lawful.judge.kinematic.tails`). Many families are looked for, so the smallest chance of
them is corrected for their number; what is left is the chance that a lawful clip shows anything so rare.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lawful.checklists.suite import Question
from lawful.judge.kinematic.findings import Finding
from lawful.judge.kinematic.gates import Tally
from lawful.judge.kinematic.settings import FAMILIES, LAWS, Settings
from lawful.judge.kinematic.tails import REFERENCE_FPS, REFERENCE_PX, Conditions, Tail
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
    """The tail of each family that is looked for."""

    def chance(self, family: str, strength: float, conditions: Conditions) -> float:
        """Chance that a lawful clip shows anything, of whichever family, as rare as this finding.

        With t the chance of this finding, the chance that family g gives anything as rare is at most t, and at most
        the chance that g finds anything at all. Their sum bounds the chance that one of the families does, however
        the families depend on each other.

        Args:
            family: The family of the finding.
            strength: Its strength.
            conditions: What it is seen against.

        Returns:
            From 0 to 1; falls, or stays, as the strength rises.

        Source: Tarone, Biometrics 46 (1990): Bonferroni's bound without the tests that cannot reach t.
        """
        rare = self.tails[family].chance(strength, conditions)
        most = (min(rare, tail.chance(tail.weakest, conditions)) for tail in self.tails.values())
        return min(1.0, sum(most))

    def question_chance(
        self, families: Iterable[str], strongest: Mapping[str, float], conditions: Conditions
    ) -> float:
        """The score of a question: the smallest chance over its families; 1 where nothing was found."""
        chances = (self.chance(name, strongest[name], conditions) for name in families if name in strongest)
        return min(chances, default=1.0)


def weigher_of(settings: Settings) -> Weigher:
    """What a judge of these settings weighs findings with."""
    return Weigher({family: settings.tail(family) for family in FAMILIES})


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
