"""How much of everything lawful clips show at once: what all findings together are weighed against.

The tails (`lawful.judge.kinematic.tails`) say how rare a finding of one family is. Here the rarities of all families
become one number, the odds, and the odds of lawful clips say how rare that number is. So the promise on false alarms
is made on the whole judge, whatever witnesses there are and however they depend on each other.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lawful.core.errors import InputError

MOST_KNOTS = 40
"""Odds at which the chance is kept, at most."""
_LEAST_CHANCE = 1e-12


def odds_of(found: Iterable[tuple[float, float]]) -> float:
    """What a clip shows as one number, 0 for nothing: the sum of 1/p - 1 over the chances p of its findings.

    It is led by the rarest, and each other adds to it, so that of two clips with the same rarest finding the one that
    shows more besides has the higher odds. What is barely found counts for less than its rarity, by its strength:
    what breaks a law is hardly ever barely seen to. It grows with every finding, its strength and its rarity.

    Args:
        found: For each tail with a finding, its strength and the chance that a lawful clip shows as much, above 0 to 1.

    Source: Wilson, PNAS 116 (2019): the harmonic mean p-value with weights, up to the number of tests.
    """
    return float(
        sum(min(1.0, max(0.0, strength)) * (1 / max(chance, _LEAST_CHANCE) - 1) for strength, chance in found)
    )


@dataclass(frozen=True)
class Overall:
    """The chance that a lawful clip has such odds or higher."""

    log_odds: tuple[float, ...]
    """Rising natural logarithms of odds."""
    log_chances: tuple[float, ...]
    """Natural logarithm of the chance of each, not rising."""

    def chance(self, odds: float) -> float:
        """Chance of these odds or higher; 1 for odds of 0.

        Below the first knot it is that of the first, as most lawful clips show so much; beyond the last it falls as
        the reciprocal of the odds, which is the tail of a sum of reciprocals of chances.
        """
        if odds <= 0:
            return 1.0
        log_odds = math.log(odds)
        log_chance = float(np.interp(log_odds, self.log_odds, self.log_chances))
        return math.exp(log_chance - max(0.0, log_odds - self.log_odds[-1]))


def fit_overall(odds: Sequence[float]) -> Overall:
    """The chances of odds from those of lawful clips, whose tails were fitted without them.

    With n clips the k-th highest odds have the chance (k + 1) / (n + 1), so that one clip is added that shows more than
    all: nothing is claimed to be much rarer than once in n.

    Raises:
        InputError: There is no clip.
    """
    if not len(odds):
        raise InputError("there is no lawful clip to weigh findings against")
    falling = np.sort(np.asarray(odds, float))[::-1]
    chances = (np.arange(len(falling)) + 2.0) / (len(falling) + 1.0)
    shown = falling > 0
    if not shown.any():
        return Overall((0.0,), (math.log(1 / (len(falling) + 1)),))
    log_odds, log_chances = np.log(falling[shown])[::-1], np.log(np.minimum(chances[shown], 1.0))[::-1]
    # Dense where decisions are made: at the highest odds.
    ranks = np.unique(np.rint(np.geomspace(1, len(log_odds), MOST_KNOTS)).astype(int))
    kept = np.sort(len(log_odds) - ranks)
    rising, first = np.unique(log_odds[kept], return_index=True)
    return Overall(tuple(rising.tolist()), tuple(log_chances[kept][first].tolist()))
