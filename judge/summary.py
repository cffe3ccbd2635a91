"""From the verdicts on a clip to the clip's answer: one pure function."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lawful.judge.records import Answer, ClipResult, Unscored, Verdict


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


def summarise(verdicts: Sequence[Verdict | Unscored], rule: SummaryRule) -> ClipResult:
    """The answer for a clip.

    Questions that the judge does not answer ("not_asked") or whose premise is not met have no say. Any other
    question without a verdict keeps the clip from "none_found"; it cannot take back a violation.

    Args:
        verdicts: The outcome of every question, in any order.
        rule: The judge's rule.

    Returns:
        The result; `score` is NaN if nothing leans either way.
    """
    scored = [verdict for verdict in verdicts if isinstance(verdict, Verdict)]
    unscored = [verdict for verdict in verdicts if isinstance(verdict, Unscored)]
    leanings = [verdict.score for verdict in scored]
    leanings += [verdict.leaning for verdict in unscored if verdict.leaning is not None]
    answer, reason = _answer(scored, unscored, rule)
    return ClipResult(
        answer=answer,
        reason=reason,
        score=_aggregate(leanings, rule),
        rule=rule.name,
        n_scored=len(scored),
        n_unscored=len(unscored),
        n_not_asked=sum(verdict.reason == "not_asked" for verdict in unscored),
        verdicts=tuple(sorted(verdicts, key=_badness)),
    )


def _aggregate(scores: list[float], rule: SummaryRule) -> float:
    if not scores:
        return math.nan
    return min(scores) if rule.aggregate == "min" else math.fsum(scores) / len(scores)


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
