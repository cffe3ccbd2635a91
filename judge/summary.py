"""From the verdicts on a clip to the clip's answer: one pure function."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from lawful.judge.records import Answer, ClipResult, Unscored, Verdict

AXES_WITHOUT_SAY: frozenset[str] = frozenset({"facts"})
"""Axes of questions of fact: whichever label is right there, it says nothing on whether the clip is lawful."""


class HasAxis(Protocol):
    """A question, as far as is needed here."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def axis(self) -> str:
        """What its answer counts towards."""
        ...


def without_say(questions: Iterable[HasAxis]) -> frozenset[str]:
    """Ids of the questions whose answers have no say in a clip's answer."""
    return frozenset(question.id for question in questions if question.axis in AXES_WITHOUT_SAY)


@dataclass(frozen=True)
class SummaryRule:
    """How a judge's verdicts become one answer. Thresholds are on the score, 1 = best."""

    name: str
    """Recorded with every result."""
    aggregate: Literal["min", "mean"]
    """How the scores become the clip's score."""
    violation_at: float | None = None
    """A verdict with this score or less is a violation; None: the judge ranks and answers nothing."""
    clear_at: float | None = None
    """All verdicts must have this score or more for "none_found"."""

    def __post_init__(self) -> None:
        if (self.violation_at is None) != (self.clear_at is None):
            raise ValueError("a summary rule has both thresholds or none")
        if self.violation_at is not None and self.clear_at is not None and self.violation_at >= self.clear_at:
            raise ValueError(
                f"violation_at must be below clear_at, got {self.violation_at} and {self.clear_at}"
            )


def summarise(
    verdicts: Sequence[Verdict | Unscored], rule: SummaryRule, no_say: Collection[str] = ()
) -> ClipResult:
    """The answer for a clip.

    Questions that the judge does not answer ("not_asked") or whose premise is not met have no say. Any other
    question without a verdict keeps the clip from "none_found"; it cannot take back a violation.

    Args:
        verdicts: The outcome of every question, in any order.
        rule: The judge's rule.
        no_say: Ids of questions whose outcomes are counted and listed, and change neither answer nor score
            (see `without_say`).

    Returns:
        The result; `score` is NaN if nothing leans either way.
    """
    heard = [verdict for verdict in verdicts if verdict.question_id not in no_say]
    scored = [verdict for verdict in heard if isinstance(verdict, Verdict)]
    unscored = [verdict for verdict in heard if isinstance(verdict, Unscored)]
    n_scored = sum(isinstance(verdict, Verdict) for verdict in verdicts)
    leanings = [verdict.score for verdict in scored]
    leanings += [verdict.leaning for verdict in unscored if verdict.leaning is not None]
    answer, reason = _answer(scored, unscored, rule)
    return ClipResult(
        answer=answer,
        reason=reason,
        score=_aggregate(leanings, rule),
        rule=rule.name,
        n_scored=n_scored,
        n_unscored=len(verdicts) - n_scored,
        n_not_asked=sum(isinstance(one, Unscored) and one.reason == "not_asked" for one in verdicts),
        verdicts=tuple(sorted(verdicts, key=lambda one: _place(one, no_say))),
    )


def _aggregate(scores: list[float], rule: SummaryRule) -> float:
    if not scores:
        return math.nan
    return min(scores) if rule.aggregate == "min" else math.fsum(scores) / len(scores)


def _place(verdict: Verdict | Unscored, no_say: Collection[str]) -> tuple[bool, bool, float, str]:
    unscored, score, name = _badness(verdict)
    return (unscored, name in no_say, score, name)


def _badness(verdict: Verdict | Unscored) -> tuple[bool, float, str]:
    if isinstance(verdict, Verdict):
        return (False, verdict.score, verdict.question_id)
    return (True, 1.0 if verdict.leaning is None else verdict.leaning, verdict.question_id)


def _answer(scored: list[Verdict], unscored: list[Unscored], rule: SummaryRule) -> tuple[Answer, str]:
    if rule.violation_at is None or rule.clear_at is None:
        return "not_sure", "this judge ranks clips and has no threshold"
    worst = min(scored, key=_badness, default=None)
    if worst is not None and worst.score <= rule.violation_at:
        text = worst.evidence[0].text if worst.evidence else f"{worst.question_id}: {worst.label}"
        return "violation", text
    open_questions = [u for u in unscored if u.reason not in ("not_asked", "premise_not_met")]
    if open_questions:
        return "not_sure", open_questions[0].detail
    if worst is None:
        return "not_sure", unscored[0].detail if unscored else "no question was asked"
    if worst.score < rule.clear_at:
        what = worst.evidence[0].text if worst.evidence else worst.question_id
        return "not_sure", f"too weak to call (score {worst.score:.2f}): {what}"
    return "none_found", f"{len(scored)} question{'s' if len(scored) > 1 else ''} answered, nothing found"
