"""Scores that hold while the picture freezes or blurs: where nothing moves, no law is broken."""

from collections.abc import Sequence
from dataclasses import dataclass

from lawful.reports.rollout.curves import RATIOS, DriftCurve, DriftName, RolloutCurve
from lawful.reports.scores import Measure
from lawful.reports.stats.result import Estimate

HALVED = 0.5
"""Motion or sharpness falls if it is at most this share of what it was, and surely (by its interval) below all of it."""
HOLDS = 0.05
"""A score holds if it falls by no more than this."""


@dataclass(frozen=True)
class Suspicion:
    """A generator that may be gaming a score."""

    generator: str
    """Who."""
    measure: Measure
    """The score."""
    fell: DriftName
    """What fell meanwhile."""
    from_s: float
    """The first time."""
    until_s: float
    """The later time: of all that fit, the one where least is left."""
    score_change: Estimate
    """Mean change of the score between the two, over the same clips."""
    left: Estimate
    """What is left of motion or sharpness, as a share of what it was."""

    @property
    def text(self) -> str:
        """It as a sentence."""
        how = {"motion": "freezing", "sharpness": "blurring"}.get(self.fell, "fading")
        moved = "rises" if self.score_change.value > 0 else "holds"
        return (
            f"{self.generator} may be gaming {self.measure} by {how}: from {self.from_s:g} s to {self.until_s:g} s it "
            f"{moved} ({self.score_change.value:+.2f}) while {self.fell} falls to {self.left.value:.0%}."
        )


def suspicions(scores: Sequence[RolloutCurve], drifts: Sequence[DriftCurve]) -> tuple[Suspicion, ...]:
    """Where a score rises or holds while motion or sharpness is halved.

    Args:
        scores: Curves of scores.
        drifts: Curves of drift, of the same suite and judge.

    Returns:
        One at most for each generator, score, and motion or sharpness; in the order of the curves.
    """
    found = []
    for score in scores:
        for drift in drifts:
            if drift.generator != score.generator or drift.name not in RATIOS:
                continue
            pairs = [
                (one, other)
                for one, other in zip(score.points[1:], drift.points[1:], strict=False)
                if one.change.value >= -HOLDS and other.change.value <= HALVED and other.change.high < 1
            ]
            if pairs:
                one, other = min(pairs, key=lambda pair: pair[1].change.value)
                first_s, until_s = drift.points[0].at_s, other.at_s
                found.append(
                    Suspicion(
                        score.generator, score.measure, drift.name, first_s, until_s, one.change, other.change
                    )
                )
    return tuple(found)
