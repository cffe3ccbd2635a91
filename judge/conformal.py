"""A threshold that keeps a promise: how low a lawful clip's score may be before it is called a violation.

Split conformal prediction. With n lawful clips whose scores are exchangeable with that of the next lawful clip (drawn
in the same way, in no order that matters), the next one is among the k lowest of n + 1 with probability k / (n + 1). A
threshold just below the k-th lowest score, k = floor(rate * (n + 1)), flags it with no greater probability. The promise
is on average over sets of n clips; for one set, the share of later lawful clips that is flagged has a Beta(k, n + 1 - k)
distribution, or lies below it where scores are equal.

Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005), 2.2; Angelopoulos and Bates, arXiv
2107.07511 (2021), 3.2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from lawful.core.errors import InputError

CONFIDENCE = 0.9
"""How sure the bound for one set of clips is."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Conformal:
    """A threshold and what it promises."""

    threshold: float
    """A score of this or less is a violation."""
    rate: float
    """The promised rate of false alarms, on average over sets of so many clips."""
    n: int
    """Clips that it rests on."""
    rank: int
    """The threshold lies just below the score of this rank, 1 = lowest."""
    bound: float
    """With 90 % confidence, the rate that this threshold has on lawful clips of the same kind is no greater."""


def least_rate(n: int) -> float:
    """The smallest rate that n clips can promise.

    >>> least_rate(19)
    0.05
    """
    return 1 / (n + 1)


def least_clips(rate: float) -> int:
    """How many clips a rate needs.

    >>> least_clips(0.05), least_clips(0.1)
    (19, 9)

    Raises:
        InputError: The rate is not above 0 and at most one half.
    """
    if not 0 < rate <= 0.5:
        raise InputError(f"false alarms are promised at a rate above 0 and at most 0.5, got {rate:g}")
    return math.ceil(1 / rate - 1 - _ROUNDING)


def too_few(n: int, rate: float, found: str) -> InputError:
    """The error that so many clips cannot promise a rate; `found` says what was found."""
    smallest = f" With {n} the smallest rate is {least_rate(n):.2g}." if least_rate(n) <= 0.5 else ""
    return InputError(
        f"false alarms at a rate of {rate:g} can be promised from {least_clips(rate)} lawful clips on; {found}."
        f"{smallest} Give more clips, or ask for a greater rate."
    )


def conformal_threshold(scores: Sequence[float], rate: float, most: float = 1.0) -> Conformal:
    """The highest threshold that flags a lawful clip with at most that probability.

    Args:
        scores: Scores of lawful clips, 0-1, 1 = best.
        rate: False alarms that are promised, above 0 and at most 0.5.
        most: The threshold stays below this, whatever the scores allow.

    Raises:
        InputError: The rate is out of range, or the clips are too few for it; the message says what they can promise.
    """
    n = len(scores)
    if n < least_clips(rate):
        raise too_few(n, rate, f"found {n}")
    rank = math.floor(rate * (n + 1) + _ROUNDING)
    threshold = math.nextafter(min(sorted(scores)[rank - 1], most), -math.inf)
    bound = float(stats.beta.ppf(CONFIDENCE, rank, n + 1 - rank))
    return Conformal(threshold, rate, n, rank, bound)
