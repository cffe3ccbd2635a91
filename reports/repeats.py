"""Several looks of one judge at one clip, repeats and frame rates alike, as one outcome a question."""

import math
from collections.abc import Iterable, Mapping, Sequence

from lawful.judge.records import Unscored, Verdict

Outcomes = tuple[Verdict | Unscored, ...]


def combine(repeats: Sequence[Outcomes]) -> Outcomes:
    """One outcome a question from the outcomes of all repeats.

    A question with a verdict in any repeat has one: the mean score and the mean probabilities over the
    repeats that scored it, the label most probable by them, the evidence of the repeat with the worst
    score. A question that no repeat scored keeps the reason and the evidence of the repeat that leant
    furthest towards a violation, and the mean leaning. Seconds and tokens are summed over all repeats.

    Args:
        repeats: The outcomes of each repeat, in the order of the questions.

    Returns:
        The outcomes in the order of the questions; empty if there are no repeats.
    """
    if len(repeats) < 2:
        return repeats[0] if repeats else ()
    return tuple(_combine_question(outcomes) for outcomes in zip(*repeats, strict=True))


def _combine_question(outcomes: Outcomes) -> Verdict | Unscored:
    seconds = math.fsum(outcome.seconds for outcome in outcomes)
    tokens = sum(outcome.tokens for outcome in outcomes)
    scored = [outcome for outcome in outcomes if isinstance(outcome, Verdict)]
    if scored:
        worst = min(scored, key=lambda verdict: verdict.score)
        probabilities = _mean_probabilities([verdict.probabilities for verdict in scored])
        return Verdict(
            video_sha256=worst.video_sha256,
            question_id=worst.question_id,
            label=max(probabilities, key=lambda label: probabilities[label], default=worst.label),
            probabilities=probabilities,
            score=_mean(verdict.score for verdict in scored),
            fingerprint=worst.fingerprint,
            evidence=worst.evidence,
            seconds=seconds,
            tokens=tokens,
        )
    unscored = [outcome for outcome in outcomes if isinstance(outcome, Unscored)]
    leanings = [outcome.leaning for outcome in unscored if outcome.leaning is not None]
    chosen = min(unscored, key=lambda outcome: math.inf if outcome.leaning is None else outcome.leaning)
    return Unscored(
        video_sha256=chosen.video_sha256,
        question_id=chosen.question_id,
        reason=chosen.reason,
        detail=chosen.detail,
        fingerprint=chosen.fingerprint,
        leaning=_mean(leanings) if leanings else None,
        evidence=chosen.evidence,
        seconds=seconds,
        tokens=tokens,
    )


def _mean_probabilities(each: Sequence[Mapping[str, float]]) -> dict[str, float]:
    labels = dict.fromkeys(label for probabilities in each for label in probabilities)
    return {label: _mean(probabilities.get(label, 0.0) for probabilities in each) for label in labels}


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return math.fsum(numbers) / len(numbers)
