"""Gated tiers: what a clip's questions come to where a suite says that a tier stands on those below it.

Answers are stored as they were given; the gate is applied when they are put together, so that what lies above a failed
tier can still be counted (`lawful.reports.aggregate.pyramid`), and a changed gate asks nothing again.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lawful.judge.records import Unscored, Verdict


class HasTier(Protocol):
    """A question, as far as is needed here."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def tier(self) -> int | None:
        """Its tier; None for a question that no tier holds."""
        ...


@dataclass(frozen=True)
class Gate:
    """What has to be passed for a tier to count."""

    at: float | None = None
    """Mean score from which a tier bears the next, 0-1; None where tiers only order."""
    tiers: Mapping[str, int] = field(default_factory=dict)
    """Tier by question id."""


OPEN = Gate()
"""The gate of suites that have none."""


def gate_of(questions: Iterable[HasTier], at: float | None) -> Gate:
    """The gate of some questions."""
    if at is None:
        return OPEN
    return Gate(at, {question.id: question.tier for question in questions if question.tier is not None})


def gated(outcomes: Sequence[Verdict | Unscored], gate: Gate) -> tuple[Verdict | Unscored, ...]:
    """The outcomes, those above a failed tier unscored.

    A tier's score is the mean over its scored questions; a tier without any is not known to fail, and bears the next.
    What is unscored by a gate keeps its score as the leaning, and its evidence. Questions that the judge does not answer
    stay as they are.
    """
    failed = None if gate.at is None else _lowest_failed(outcomes, gate)
    if failed is None:
        return tuple(outcomes)
    tier, mean = failed
    detail = f"tier {tier} is not passed: its mean score is {mean:.2f}, below {gate.at:g}"
    return tuple(
        _closed(outcome, detail) if gate.tiers.get(outcome.question_id, tier) > tier else outcome
        for outcome in outcomes
    )


def _lowest_failed(outcomes: Sequence[Verdict | Unscored], gate: Gate) -> tuple[int, float] | None:
    scores: dict[int, list[float]] = {}
    for outcome in outcomes:
        tier = gate.tiers.get(outcome.question_id)
        if tier is not None and isinstance(outcome, Verdict):
            scores.setdefault(tier, []).append(outcome.score)
    assert gate.at is not None
    for tier in sorted(scores):
        mean = math.fsum(scores[tier]) / len(scores[tier])
        if mean < gate.at:
            return tier, mean
    return None


def _closed(outcome: Verdict | Unscored, detail: str) -> Unscored:
    if isinstance(outcome, Unscored) and outcome.reason == "not_asked":
        return outcome
    return Unscored(
        video_sha256=outcome.video_sha256,
        question_id=outcome.question_id,
        reason="premise_not_met",
        detail=detail,
        fingerprint=outcome.fingerprint,
        leaning=outcome.score if isinstance(outcome, Verdict) else outcome.leaning,
        evidence=outcome.evidence,
        seconds=outcome.seconds,
        tokens=outcome.tokens,
    )
