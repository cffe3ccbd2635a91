"""What the statistics answer: a number with its interval, or a test.

One rule holds everywhere. A statistic that its data cannot define (no item, one item, a constant, all
missing) is NaN, keeps its n and says why in `reason`. Only input that makes no sense (arrays of different
lengths, an infinite value, a value outside the declared scale) is an error.
"""

import math
from dataclasses import dataclass, replace

_NO_WIDTH = 1e-12
"""What rounding leaves of an interval of equal numbers."""


@dataclass(frozen=True)
class Estimate:
    """A number, its interval and what it rests on."""

    value: float
    """The statistic; NaN where the data do not define it."""
    n: int
    """Items used."""
    low: float = math.nan
    """Lower end of the interval; NaN where none was computed or none exists."""
    high: float = math.nan
    """Upper end of the interval."""
    level: float = math.nan
    """Coverage that the interval is made for, for example 0.95."""
    method: str = ""
    """How value and interval were computed, in a few words."""
    n_missing: int = 0
    """Items left out because a value was missing."""
    n_clusters: int | None = None
    """Clusters that the items come from, where clustering was taken into account."""
    reason: str = ""
    """Why the value or the interval is NaN; empty where both are there or no interval was asked for."""

    @property
    def width(self) -> float:
        """Upper minus lower end; NaN without an interval."""
        return self.high - self.low


@dataclass(frozen=True)
class SignificanceTest:
    """A test of one null hypothesis."""

    statistic: float
    """What was tested, in its own unit; the method says which."""
    p: float
    """Two-sided p-value, 0-1; NaN where the data do not define it."""
    n: int
    """Items used."""
    method: str = ""
    """Which test, and whether p is exact."""
    n_missing: int = 0
    """Items left out because a value was missing."""
    n_clusters: int | None = None
    """Clusters that were exchanged as wholes, where the test does so."""
    reason: str = ""
    """Why p is NaN; empty where it is not."""


def undefined(reason: str, n: int, n_missing: int = 0, method: str = "") -> Estimate:
    """An estimate that the data do not define."""
    return Estimate(math.nan, n, method=method, n_missing=n_missing, reason=reason)


def without_spread(estimate: Estimate) -> Estimate:
    """An estimate whose interval has no width, without it: equal items say nothing on how far others would differ.

    >>> without_spread(Estimate(1.0, 4, low=1.0, high=1.0)).reason
    'all alike: no spread to make an interval of'
    """
    if math.isnan(estimate.width) or estimate.width > _NO_WIDTH:
        return estimate
    return replace(
        estimate, low=math.nan, high=math.nan, reason="all alike: no spread to make an interval of"
    )


def untested(reason: str, n: int, n_missing: int = 0, method: str = "") -> SignificanceTest:
    """A test that the data do not allow."""
    return SignificanceTest(math.nan, math.nan, n, method, n_missing, reason=reason)
