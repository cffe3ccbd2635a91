"""The pyramid: each tier on its own, how far it falls short of the ground, and what stands on what lies below.

Source: the four tiers and the gap between them of Chen et al., arXiv 2511.01775 (2025).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from lawful.core.errors import InputError
from lawful.reports.aggregate.clips import by_generator, mean_of, subjects
from lawful.reports.results import Cell, ResultTable
from lawful.reports.scores import ScoredClip
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.result import Estimate

PASS_AT = 0.5
"""Score from which a tier bears the next, in suites that have no gate."""


@dataclass(frozen=True)
class TierScores:
    """A generator's scores in one tier, 0-1."""

    tier: int
    """Number of the tier, 1 = the ground."""
    mean: Estimate
    """Mean over its clips, whatever the other tiers say."""
    gap: Estimate | None
    """Lowest tier less this one, over the clips that have both; None for the lowest tier."""
    reached: Estimate
    """Share of the clips that pass all lower tiers."""
    gated: Estimate
    """Mean, where a clip that fails a lower tier counts as 0."""
    conditional: Estimate
    """Mean over the clips that pass all lower tiers; others do not count."""


def tiers_of(clips: Sequence[ScoredClip]) -> tuple[int, ...]:
    """The tiers that any clip was asked about, the ground first."""
    found = {one.question.tier for clip in clips for one in clip.answers}
    return tuple(sorted(tier for tier in found if tier is not None))


def pyramid_scores(
    clips: Sequence[ScoredClip], tiers: Sequence[int], pass_at: float = PASS_AT, level: float = 0.95
) -> tuple[TierScores, ...]:
    """The scores of one generator, tier by tier.

    A clip's score in a tier is the mean over its scored questions of that tier. It passes a tier with `pass_at`
    or more. One failed lower tier decides, whatever is not known of the others; where none is failed and one is
    not scored, it is not known whether the clip passes, and it is missing. A tier that a clip was not asked
    about bears everything.

    Args:
        clips: Its clips.
        tiers: The tiers, in order.
        pass_at: Score from which a tier is passed, 0-1.
        level: Coverage of the intervals; clips of one case are drawn together.

    Raises:
        InputError: `pass_at` is out of its range.
    """
    if not 0.0 <= pass_at <= 1.0:
        raise InputError(f"a tier is passed from a score between 0 and 1, found {pass_at:g}")
    values = np.array([[_score(clip, tier) for tier in tiers] for clip in clips]).reshape(-1, len(tiers))
    asked = np.array([[_asked(clip, tier) for tier in tiers] for clip in clips]).reshape(-1, len(tiers))
    known, cluster = np.array([bool(clip.answers) for clip in clips], dtype=bool), subjects(clips)
    passed = np.where(np.isnan(values), np.where(asked, np.nan, 1.0), values >= pass_at)

    def mean(of: Float64[np.ndarray, " clips"]) -> Estimate:
        return clustered_mean(of, cluster, level)

    found = []
    for place, tier in enumerate(tiers):
        own = values[:, place]
        reached = np.where(known & asked[:, place], _reached(passed[:, :place]), np.nan)
        stands = reached == 1
        found.append(
            TierScores(
                tier=tier,
                mean=mean(own),
                gap=mean(values[:, 0] - own) if place else None,
                reached=mean(reached),
                gated=mean(np.where(reached == 0, 0.0, reached * own)),
                conditional=clustered_mean(own[stands], cluster[stands], level),
            )
        )
    return tuple(found)


def pyramid_applies(clips: Sequence[ScoredClip]) -> str | None:
    """What the clips lack for a pyramid; None for nothing."""
    tiers, asked = tiers_of(clips), any(clip.answers for clip in clips)
    gates = _gates(clips)
    if len(gates) > 1:
        found = " and ".join("none" if gate is None else f"{gate:g}" for gate in gates)
        return f"needs one gate for all clips; found {found}, as of several versions of the suite"
    if not asked or len(tiers) > 1:
        return None
    return f"needs questions of two tiers or more; found {f'tier {tiers[0]} alone' if tiers else 'no tier'}"


def aggregate_pyramid(
    clips: Sequence[ScoredClip], level: float = 0.95, pass_at: float | None = None
) -> tuple[ResultTable, ...]:
    """The pyramid of each generator, as one table `pyramid`.

    Args:
        clips: Clips of one suite under one judge.
        level: Coverage of the intervals.
        pass_at: Score from which a tier is passed, 0-1; None for the suite's gate, or `PASS_AT` where it has none.
    """
    if pass_at is None:
        pass_at = next((gate for gate in _gates(clips) if gate is not None), PASS_AT)
    # Where no clip could be scored nobody knows the tiers: the ground alone shows how many clips there were.
    tiers = tiers_of(clips) or (1,)
    rows: list[tuple[Cell, ...]] = []
    for name, members in by_generator(clips).items():
        failed = sum(not clip.answers for clip in members)
        for one in pyramid_scores(members, tiers, pass_at, level):
            told = (one.mean, one.gap, one.reached, one.gated, one.conditional)
            rows.append((name, one.tier, *told, len(members), failed))
    return (
        ResultTable(
            "pyramid",
            "Pyramid: each tier, and what stands on the tiers below it, 0-1",
            (
                "generator",
                "tier",
                "mean",
                "gap to the ground",
                "reached",
                "gated",
                "mean where reached",
                "clips",
                "failed clips",
            ),
            tuple(rows),
            (
                f"A tier is reached by clips with {pass_at:g} or more in every lower tier.",
                "Gated: a clip that fails a lower tier counts as 0. The mean where reached is of other clips for "
                "other generators: it says how good a tier is where it is reached, and orders nobody.",
                "The gap is the lowest tier less this one, clip by clip.",
            ),
        ),
    )


def _gates(clips: Sequence[ScoredClip]) -> list[float | None]:
    """The gates of the clips' suites, none first."""
    return sorted({clip.gate_at for clip in clips}, key=lambda gate: -1.0 if gate is None else gate)


def _reached(lower: Float64[np.ndarray, "clips lower"]) -> Float64[np.ndarray, " clips"]:
    """Whether each clip passes all lower tiers: 1, 0 if it fails one, else NaN if one is not known."""
    unknown = np.where(np.isnan(lower).any(axis=1), np.nan, 1.0)
    return np.where((lower == 0).any(axis=1), 0.0, unknown)


def _score(clip: ScoredClip, tier: int) -> float:
    return mean_of(one.score for one in clip.answers if one.question.tier == tier)


def _asked(clip: ScoredClip, tier: int) -> bool:
    """Whether the clip was asked about the tier; a failed clip would have been."""
    return not clip.answers or any(one.question.tier == tier for one in clip.answers)
