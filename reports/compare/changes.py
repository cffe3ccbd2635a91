"""Run against run: what changed between two looks at the same videos, or between two versions of a generator."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lawful.core.errors import InputError
from lawful.reports.compare.leaderboard import Settings
from lawful.reports.scores import WHOLE, Measure, MeasureKind, ScoredClip, measures
from lawful.reports.stats.permutation import holm, paired_permutation
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.result import Estimate, without_spread
from lawful.reports.stats.weighted import weighted_difference


@dataclass(frozen=True)
class Change:
    """One measure before and after."""

    measure: Measure
    """What is measured."""
    before: float
    """Mean of the first run over the pairs that have both values; NaN for none."""
    after: float
    """Mean of the second."""
    difference: Estimate
    """After less before, with its interval, clustered by subject; n counts pairs."""
    p: float
    """By paired permutation; NaN for no pair."""
    adjusted_p: float
    """By Holm over all measures."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs under one suite and the judges of one name."""

    suite: str
    """Id of the suite."""
    judge: str
    """Name of the judge."""
    same_judge: bool
    """Whether both runs were judged by the same version of it."""
    pairs: tuple[tuple[ScoredClip, ScoredClip], ...]
    """The clips that are in both, before and after."""
    n_same_bytes: int
    """How many of the pairs are the same video."""
    only_before: tuple[str, ...]
    """Names of the clips of the first run that have no partner."""
    only_after: tuple[str, ...]
    """Names of the clips of the second run that have none."""
    changes: tuple[Change, ...]
    """Measure by measure."""

    def answers(self) -> dict[tuple[str, str], int]:
        """How many pairs have each answer before and after; "failed" where there is none."""
        return dict(Counter((one.answer or "failed", two.answer or "failed") for one, two in self.pairs))

    def moved(self) -> tuple[tuple[ScoredClip, ScoredClip], ...]:
        """Pairs whose answer or score differs, other answers first, then by how far the score moved."""
        moved = [(one, two) for one, two in self.pairs if one.answer != two.answer or _step(one, two) > 0]
        return tuple(
            sorted(moved, key=lambda pair: (pair[0].answer == pair[1].answer, -_step(*pair), pair[0].video))
        )


def compare_runs(
    before: Iterable[ScoredClip],
    after: Iterable[ScoredClip],
    kinds: Sequence[MeasureKind],
    settings: Settings,
) -> tuple[Comparison, ...]:
    """Pair the clips of two runs and compare them, one suite and judge at a time.

    Clips are partners if they are the same bytes, else if generator, subject and seed are the same, else if
    their names are.

    Raises:
        InputError: The runs share no suite and judge, or no clip.
    """
    groups: dict[tuple[str, str], tuple[list[ScoredClip], list[ScoredClip]]] = defaultdict(lambda: ([], []))
    for number, clips in enumerate((before, after)):
        for clip in clips:
            groups[clip.suite, clip.judge][number].append(clip)
    shared = {key: both for key, both in sorted(groups.items()) if both[0] and both[1]}
    if not shared:
        raise InputError(
            f"the runs share no suite and judge: {_held(groups, 0)} in the first, {_held(groups, 1)} in the second"
        )
    found = tuple(_compare(suite, judge, *both, kinds, settings) for (suite, judge), both in shared.items())
    if not any(one.pairs for one in found):
        raise InputError(
            "the runs share no clip: neither bytes, nor generator, subject and seed, nor names are the same. "
            "Generators on the same prompts are compared without --changes."
        )
    return found


def _held(groups: dict[tuple[str, str], tuple[list[ScoredClip], list[ScoredClip]]], number: int) -> str:
    return (
        ", ".join(f"{suite} by {judge}" for (suite, judge), both in sorted(groups.items()) if both[number])
        or "nothing"
    )


def _compare(
    suite: str,
    judge: str,
    before: list[ScoredClip],
    after: list[ScoredClip],
    kinds: Sequence[MeasureKind],
    settings: Settings,
) -> Comparison:
    pairs, only_before, only_after = _partners(before, after)
    rows = []
    subjects = np.array([pair[0].subject for pair in pairs], dtype=object).astype(str)
    for measure in (*WHOLE, *measures((clip for pair in pairs for clip in pair), kinds, facts=False)):
        one, two = (np.array([measure.of(pair[side]) for pair in pairs]) for side in (0, 1))
        if np.isnan(one).all() and np.isnan(two).all():
            continue
        both = ~np.isnan(one + two)
        rng = settings.rng(suite, judge, str(measure), "changes")
        difference = bootstrap(
            weighted_difference(two, one),
            rng,
            clusters=subjects,
            n_resamples=settings.n_resamples,
            level=settings.level,
        )
        means = [float(side[both].mean()) if both.any() else math.nan for side in (one, two)]
        difference = without_spread(difference)
        rows.append((measure, means, difference, paired_permutation(two, one, rng, clusters=subjects).p))
    adjusted = holm([p for *_, p in rows])
    return Comparison(
        suite=suite,
        judge=judge,
        same_judge={clip.fingerprint for clip in before} == {clip.fingerprint for clip in after},
        pairs=tuple(pairs),
        n_same_bytes=sum(one.sha256 is not None and one.sha256 == two.sha256 for one, two in pairs),
        only_before=tuple(clip.video for clip in only_before),
        only_after=tuple(clip.video for clip in only_after),
        changes=tuple(
            Change(measure, means[0], means[1], difference, p, float(adjusted_p))
            for (measure, means, difference, p), adjusted_p in zip(rows, adjusted, strict=True)
        ),
    )


def _partners(
    before: list[ScoredClip], after: list[ScoredClip]
) -> tuple[list[tuple[ScoredClip, ScoredClip]], list[ScoredClip], list[ScoredClip]]:
    pairs: list[tuple[ScoredClip, ScoredClip]] = []
    left, right = sorted(before, key=_place), sorted(after, key=_place)
    ways: tuple[Callable[[ScoredClip], object], ...] = (
        lambda clip: None if clip.sha256 is None else (clip.sha256, clip.case, clip.prompt),
        lambda clip: clip.sha256,
        lambda clip: None if clip.seed is None else (clip.generator, clip.subject, clip.seed),
        lambda clip: clip.video,
    )
    for way in ways:
        waiting: dict[object, list[ScoredClip]] = defaultdict(list)
        for clip in right:
            waiting[way(clip)].append(clip)
        alone = []
        for clip in left:
            key = way(clip)
            if key is not None and waiting[key]:
                pairs.append((clip, waiting[key].pop(0)))
            else:
                alone.append(clip)
        taken = {id(two) for _, two in pairs}
        left, right = alone, [clip for clip in right if id(clip) not in taken]
    return sorted(pairs, key=lambda pair: _place(pair[0])), left, right


def _place(clip: ScoredClip) -> tuple[str, str]:
    return clip.video, clip.fingerprint


def _step(one: ScoredClip, two: ScoredClip) -> float:
    step = abs(one.score - two.score)
    return 0.0 if math.isnan(step) else step
