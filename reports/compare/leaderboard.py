"""The standings of a field under one measure: means, groups, pairs and strengths."""

import math
import zlib
from dataclasses import dataclass, replace

import numpy as np

from lawful.reports.compare.field import Field
from lawful.reports.scores import Measure
from lawful.reports.stats.bradley_terry import BradleyTerry, bradley_terry
from lawful.reports.stats.clusters import clustered_share
from lawful.reports.stats.result import Estimate, without_spread
from lawful.reports.stats.systems import PairComparison, compare_systems

PRIOR = 1.0
"""Votes added to every pair, half to each side: a generator that wins every comparison has a finite strength."""


@dataclass(frozen=True)
class Settings:
    """How numbers are made."""

    level: float = 0.95
    """Coverage of intervals; tests are made at 1 - level."""
    n_resamples: int = 2000
    """Resamples of each bootstrap."""
    seed: int = 0
    """Seed of all that is drawn."""

    def rng(self, *names: str) -> np.random.Generator:
        """A source of randomness of its own for each use, so that one number more changes no other."""
        return np.random.default_rng(
            [self.seed, *(zlib.crc32(name.encode("utf-8", "replace")) for name in names)]
        )


@dataclass(frozen=True)
class Standing:
    """One system."""

    system: str
    """The generator, or the run."""
    n_clips: int
    """Its videos, failed ones included."""
    mean: Estimate
    """Mean over its clips that have a value, and how many they are."""
    letters: str
    """Its groups: two systems that share no letter are told apart; empty for a system without a mean."""

    @property
    def coverage(self) -> float:
        """Share of its videos that have a value, 0-1."""
        return self.mean.n / self.n_clips


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """All systems under one measure."""

    measure: Measure
    """What they are measured by."""
    standings: tuple[Standing, ...]
    """Highest mean first; those without a mean last."""
    pairs: tuple[tuple[str, str, PairComparison], ...]
    """Every two systems and how they compare."""
    strengths: BradleyTerry | None
    """Strengths from who scores higher item by item; None for a single system."""


def leaderboard(field: Field, measure: Measure, settings: Settings) -> Leaderboard:
    """Compare the systems of a field on the items that each two share.

    Means are over each system's own clips, with intervals of clustered standard errors (for shares of answers
    Wilson's); differences, p-values (paired permutation, Holm over all pairs) and wins are over shared items;
    subjects are the clusters. An interval of no width is none.
    """
    values, subjects = field.table(measure), field.subjects
    rng = settings.rng(field.suite, field.judge, str(measure))
    found = compare_systems(
        values,
        rng,
        clusters=subjects,
        alpha=1 - settings.level,
        n_resamples=settings.n_resamples,
        limits=(0.0, 1.0),
    )
    means = found.means
    if measure.kind == "answer":
        means = tuple(clustered_share(row, subjects, settings.level) for row in values)
    means = tuple(map(without_spread, means))
    standings = tuple(
        Standing(
            field.systems[row],
            field.n_clips(row),
            means[row],
            "" if math.isnan(means[row].value) else found.letters[row],
        )
        for row in found.order
    )
    pairs = tuple(
        (
            field.systems[pair.first],
            field.systems[pair.second],
            replace(pair, difference=without_spread(pair.difference)),
        )
        for pair in found.pairs
    )
    return Leaderboard(measure, standings, pairs, _strengths(field, values, subjects, settings, rng))


def _strengths(
    field: Field, values: np.ndarray, subjects: np.ndarray, settings: Settings, rng: np.random.Generator
) -> BradleyTerry | None:
    if len(field.systems) < 2:
        return None
    names = np.array(field.systems, dtype=object).astype(str)
    first, second = np.triu_indices(len(names), 1)
    votes = np.sign(np.round(values[first] - values[second], 9))
    kept = ~np.isnan(votes)
    return bradley_terry(
        np.repeat(names[first], kept.sum(axis=1)),
        np.repeat(names[second], kept.sum(axis=1)),
        votes[kept],
        rng,
        clusters=np.tile(subjects, (len(first), 1))[kept],
        prior=PRIOR,
        n_resamples=settings.n_resamples,
        level=settings.level,
    )
