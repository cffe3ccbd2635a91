"""How much of everything lawful clips show at once: what all findings together are weighed against.

The tails (`lawful.judge.kinematic.tails`) say how rare a finding of one family is. Here the rarities of all families
become one number, the rarity of the clip, and those of lawful clips say how rare that number is. So the promise on false alarms
is made on the whole judge, whatever witnesses there are and however they depend on each other.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lawful.core.errors import InputError

MOST_KNOTS = 40
"""Rarities at which the chance is kept, at most."""
_LEAST_CHANCE = 1e-12


def rarity_of(found: Iterable[tuple[float, float, float]]) -> float:
    """How rare all that a clip shows is, as one number, 0 for nothing: the sum of trust times -log p over its findings.

    What is barely found counts for less, by its strength: what breaks a law is hardly ever barely seen to. It grows with
    every finding, its strength, its rarity and the trust in its kind.

    Args:
        found: For each tail with a finding, its strength, the chance that a lawful clip shows as much, above 0 to 1, and
            how much findings of its kind are trusted, 0-1.

    Source: Good, On the weighted combination of significance tests, JRSS B 17 (1955); Fisher's is that of equal trust.
    """
    return float(
        sum(
            trust * min(1.0, max(0.0, strength)) * -math.log(max(chance, _LEAST_CHANCE))
            for strength, chance, trust in found
        )
    )


@dataclass(frozen=True)
class Overall:
    """The chance that a lawful clip is of such rarity or rarer."""

    rarities: tuple[float, ...]
    """Rising, above 0."""
    log_chances: tuple[float, ...]
    """Natural logarithm of the chance of each, not rising."""

    def chance(self, rarity: float) -> float:
        """Chance of this rarity or more; 1 for 0.

        Below the first knot it is that of the first, as most lawful clips show so much; beyond the last it falls by e for
        each nat, as that of one finding that is fully trusted does.
        """
        if rarity <= 0:
            return 1.0
        log_chance = float(np.interp(rarity, self.rarities, self.log_chances))
        return math.exp(log_chance - max(0.0, rarity - self.rarities[-1]))


def fit_overall(rarities: Sequence[float]) -> Overall:
    """The chances of rarities from those of lawful clips, whose tails were fitted without them.

    With n clips the k-th rarest has the chance (k + 1) / (n + 1), so that one clip is added that shows more than all:
    nothing is claimed to be much rarer than once in n.

    Raises:
        InputError: There is no clip.
    """
    if not len(rarities):
        raise InputError("there is no lawful clip to weigh findings against")
    falling = np.sort(np.asarray(rarities, float))[::-1]
    chances = (np.arange(len(falling)) + 2.0) / (len(falling) + 1.0)
    shown = falling > 0
    if not shown.any():
        return Overall((1.0,), (math.log(1 / (len(falling) + 1)),))
    rising_all, log_chances = falling[shown][::-1], np.log(np.minimum(chances[shown], 1.0))[::-1]
    # Dense where decisions are made: at the rarest.
    ranks = np.unique(np.rint(np.geomspace(1, len(rising_all), MOST_KNOTS)).astype(int))
    kept = np.sort(len(rising_all) - ranks)
    rising, first = np.unique(rising_all[kept], return_index=True)
    return Overall(tuple(rising.tolist()), tuple(log_chances[kept][first].tolist()))
