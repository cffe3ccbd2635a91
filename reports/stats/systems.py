"""Comparison of systems on the same items: means, all pairs with Holm's correction, and groups."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from lawful.core.errors import InputError
from lawful.reports.stats.clusters import clustered_mean
from lawful.reports.stats.compare import cohen_dz, paired_superiority
from lawful.reports.stats.inputs import Labels, Table, fraction, table
from lawful.reports.stats.permutation import holm, paired_permutation
from lawful.reports.stats.resample import IntervalMethod, bootstrap
from lawful.reports.stats.result import Estimate, SignificanceTest
from lawful.reports.stats.weighted import weighted_difference


@dataclass(frozen=True)
class PairComparison:
    """Two systems on the items that both have."""

    first: int
    """Row of the one system."""
    second: int
    """Row of the other."""
    difference: Estimate
    """Mean of first less second, with its interval."""
    test: SignificanceTest
    """Paired permutation by clusters."""
    adjusted_p: float
    """Its p by Holm over all pairs; NaN where the two share no item."""
    dz: float
    """Cohen's dz of the differences."""
    superiority: float
    """Share of items on which the first is above the second, ties half."""


@dataclass(frozen=True)
class SystemComparison:
    """All systems and all pairs of them."""

    means: tuple[Estimate, ...]
    """Mean of each system over its own items, with the interval of its clustered standard error."""
    pairs: tuple[PairComparison, ...]
    """Each pair once, in the order of the rows."""
    order: tuple[int, ...]
    """Rows from the highest mean to the lowest; those without a mean last."""
    groups: tuple[tuple[int, ...], ...]
    """Largest sets of systems of which no two are separated, best first; a system may be in several."""
    letters: tuple[str, ...]
    """The groups of each system as letters: two systems are separated if they share none."""


def compare_systems(
    scores: Table,
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    alpha: float = 0.05,
    n_resamples: int = 2000,
    method: IntervalMethod = "percentile",
    limits: tuple[float, float] = (-math.inf, math.inf),
) -> SystemComparison:
    """Compare every two systems on the items that both have.

    Args:
        scores: One row a system, one column an item (prompt and seed); NaN is missing.
        rng: Source of randomness.
        clusters: Label of each item's cluster, usually its prompt; None makes each item its own.
        alpha: Level of the tests after Holm's correction; intervals are made for 1 - alpha, uncorrected.
        n_resamples: Resamples of each bootstrap.
        method: Kind of bootstrap interval.
        limits: The least and the greatest score that there can be: intervals of means are cut off there.

    Raises:
        InputError: There is not one label an item, or alpha is not between 0 and 1.
    """
    each, level = table(scores, "scores", "systems, items"), 1 - fraction(alpha, "alpha")
    means = tuple(clustered_mean(row, clusters, level, limits) for row in each)
    found = []
    for first, second in zip(*np.triu_indices(len(each), 1), strict=True):
        a, b = each[first], each[second]
        difference = bootstrap(
            weighted_difference(a, b),
            rng.spawn(1)[0],
            clusters=clusters,
            n_resamples=n_resamples,
            level=level,
            method=method,
        )
        found.append((int(first), int(second), difference, paired_permutation(a, b, rng, clusters=clusters)))
    adjusted = holm([test.p for *_, test in found])
    pairs = tuple(
        PairComparison(
            first,
            second,
            difference,
            test,
            float(p),
            cohen_dz(each[first], each[second]).value,
            paired_superiority(each[first], each[second]).value,
        )
        for (first, second, difference, test), p in zip(found, adjusted, strict=True)
    )
    separated = np.zeros((len(each), len(each)), dtype=bool)
    for pair in pairs:
        separated[pair.first, pair.second] = separated[pair.second, pair.first] = pair.adjusted_p < alpha
    order = sorted(range(len(each)), key=lambda row: (math.isnan(means[row].value), -means[row].value, row))
    groups = group_systems(separated, order)
    return SystemComparison(means, pairs, tuple(order), groups, group_letters(groups, len(each)))


def group_systems(
    separated: Bool[np.ndarray, "systems systems"], order: list[int] | tuple[int, ...]
) -> tuple[tuple[int, ...], ...]:
    """Largest sets of systems of which no two are separated (insert and absorb).

    >>> apart = np.zeros((3, 3), dtype=bool)
    >>> apart[0, 2] = apart[2, 0] = True
    >>> group_systems(apart, [0, 1, 2])
    ((0, 1), (1, 2))

    Args:
        separated: Whether two systems are told apart; symmetric, nothing is apart from itself.
        order: The systems from best to worst, which orders the groups and their members.

    Raises:
        InputError: The table is not symmetric.

    Source: Piepho, J. Comput. Graph. Stat. 13 (2004), sec. 2.
    """
    if not np.array_equal(separated, separated.T) or np.diagonal(separated).any():
        raise InputError("the table of separated systems must be symmetric with nothing on its diagonal")
    place = {system: position for position, system in enumerate(order)}
    columns = [frozenset(order)] if order else []
    for first, second in zip(*np.nonzero(np.triu(separated)), strict=True):
        split = [
            part
            for column in columns
            for part in ((column - {first}, column - {second}) if {first, second} <= column else (column,))
        ]
        columns = [one for one in dict.fromkeys(split) if not any(one < other for other in split)]
    ranked = [tuple(sorted(column, key=lambda system: place[system])) for column in columns]
    return tuple(sorted(ranked, key=lambda members: [place[system] for system in members]))


def group_letters(groups: tuple[tuple[int, ...], ...], n_systems: int) -> tuple[str, ...]:
    """The groups of each system as letters a, b, c; after z come A to Z.

    Raises:
        InputError: There are more than 52 groups.
    """
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    if len(groups) > len(alphabet):
        raise InputError(
            f"letters name at most {len(alphabet)} groups, found {len(groups)}; list the groups instead"
        )
    named = list(zip(alphabet, groups, strict=False))
    return tuple("".join(letter for letter, group in named if row in group) for row in range(n_systems))
