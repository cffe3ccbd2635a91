"""From findings to events, from events to the verdict on a question."""

import math
from collections.abc import Mapping, Sequence

from lawful.checklists.suite import Question
from lawful.judge.kinematic.findings import Finding
from lawful.judge.kinematic.settings import LAWS, Settings
from lawful.judge.records import Event


def event_of(finding: Finding, settings: Settings, said_s: float) -> Event:
    """A finding weighed and named."""
    level = settings.levels[finding.family]
    return Event(
        family=finding.family,
        law=LAWS[finding.family],
        start_s=finding.start_s,
        end_s=finding.end_s,
        said_s=said_s,
        box=finding.box,
        # A logistic curve, by tanh because exp overflows for small scales.
        probability=(1 + math.tanh((finding.strength - level.threshold) / level.scale / 2)) / 2,
        magnitude=finding.magnitude,
        unit=finding.unit,
        text=finding.text,
        track_ids=finding.track_ids,
    )


def corrected(probability: float, object_s: float, settings: Settings) -> float:
    """An event's probability in view of how much there was to go wrong.

    One minus the probability is read as the chance that lawful motion of the reference length gives such an
    event. Over n times that length the chance is 1 - p ** n (independent looks, after Šidák), so what is
    left for a violation is p ** n. Shorter clips are not favoured: n is at least 1.

    >>> from lawful.judge.kinematic.settings import load_settings
    >>> settings = load_settings({"exposure_object_s": 8.0})
    >>> round(corrected(0.9, 4.0, settings), 3), round(corrected(0.9, 16.0, settings), 3)
    (0.9, 0.81)
    """
    return probability ** max(1.0, object_s / settings.exposure_object_s)


def bad_probability(
    families: Sequence[str], events: Sequence[Event], object_s: float, settings: Settings
) -> float:
    """Probability that a question's answer is bad: that of its strongest event, corrected for length."""
    held = [event.probability for event in events if event.family in families]
    return corrected(max(held, default=0.0), object_s, settings)


def label_probabilities(question: Question, bad: float) -> Mapping[str, float]:
    """The probability of every label: `bad` on the worst, the rest on the best, none between."""
    scale = question.scale
    return {label: {scale.worst: bad, scale.best: 1 - bad}.get(label, 0.0) for label in scale.values}
