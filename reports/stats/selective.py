"""What is gained by answering less: the risk of the answers that are kept, against the share that is."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from lawful.core.errors import InputError
from lawful.reports.stats.inputs import Values, same_length, vector
from lawful.reports.stats.weighted import Replicates, WeightedStatistic, Weights


@dataclass(frozen=True)
class RiskCoverage:
    """The curve at each distinct confidence, the surest first."""

    coverage: Float64[np.ndarray, " levels"]
    """Share of all items that are answered with this confidence or more, rising."""
    risk: Float64[np.ndarray, " levels"]
    """Mean loss of those."""
    confidence: Float64[np.ndarray, " levels"]
    """The confidence, falling."""
    n: int
    """Items with a loss to be had: answered or not."""


@dataclass(frozen=True)
class _Sorted:
    """Answered items, the surest first, ties together."""

    known: Bool[np.ndarray, " items"]
    """True where an item is asked about: its loss is known, or it is not answered."""
    order: np.ndarray
    """Answered items, the surest first."""
    loss: Float64[np.ndarray, " answered"]
    """Their losses."""
    starts: np.ndarray
    """Where each distinct confidence starts among them."""


def risk_coverage(confidence: Values, loss: Values) -> RiskCoverage:
    """The risk-coverage curve.

    >>> curve = risk_coverage(np.array([0.9, 0.8, 0.6, np.nan]), np.array([0, 0, 1, np.nan]))
    >>> [round(float(x), 2) for x in curve.coverage], [round(float(x), 2) for x in curve.risk]
    ([0.25, 0.5, 0.75], [0.0, 0.0, 0.33])

    Args:
        confidence: How sure each answer is, in any unit; NaN where there is none: such items count in the coverage.
        loss: What each answer costs, 0 or more, such as 1 for a wrong one; NaN leaves an item out.

    Returns:
        The curve; empty where nothing is answered.

    Raises:
        InputError: The arrays differ in length, or a loss is negative.

    Source: El-Yaniv and Wiener, JMLR 11 (2010), sec. 2.
    """
    found = _sorted(confidence, loss)
    n = int(np.count_nonzero(found.known))
    if not len(found.order):
        return RiskCoverage(np.empty(0), np.empty(0), np.empty(0), n)
    ends = np.append(found.starts[1:], len(found.order))
    sure = vector(confidence, "confidence")[found.order]
    return RiskCoverage(ends / n, np.cumsum(found.loss)[ends - 1] / ends, sure[found.starts], n)


def weighted_aurc(confidence: Values, loss: Values) -> WeightedStatistic:
    """Area under the risk-coverage curve, over the coverage that the answers reach: the mean risk on the way there.

    Equal confidence is in random order: within a tie losses add up evenly. With many items it is the mean of the
    risks of the 1, 2, ... surest answers; below that of all answers where confidence is worth something.

    Args:
        confidence: See `risk_coverage`.
        loss: See `risk_coverage`.

    Raises:
        InputError: As `risk_coverage`.

    Source: Geifman, Uziel and El-Yaniv, arXiv 1805.08206 (2019), eq. 3.
    """
    found = _sorted(confidence, loss)
    present = np.zeros(len(found.known), dtype=bool)
    present[found.order] = True

    def of(weights: Weights) -> Replicates:
        if not len(found.order):
            return np.full(len(weights), math.nan)
        used = weights[:, found.order]
        counts = np.add.reduceat(used, found.starts, axis=1)
        losses = np.add.reduceat(used * found.loss, found.starts, axis=1)
        until, total = np.cumsum(counts, axis=1), np.cumsum(losses, axis=1)
        before, earlier = until - counts, total - losses
        slope = np.divide(losses, counts, out=np.zeros_like(losses), where=counts > 0)
        # The integral of (earlier + slope * (c - before)) / c over c from before to until.
        ratio = np.divide(until, before, out=np.ones_like(until), where=before > 0)
        area = (slope * counts + (earlier - slope * before) * np.log(ratio)).sum(axis=1)
        return np.divide(area, until[:, -1], out=np.full(len(area), math.nan), where=until[:, -1] > 0)

    return WeightedStatistic("AURC", present, of)


def best_aurc(risk: float) -> float:
    """The area that is left where all wrong answers of a judge of such a risk are its least sure.

    >>> round(best_aurc(0.2), 4)
    0.0215

    Source: Geifman, Uziel and El-Yaniv, arXiv 1805.08206 (2019), eq. 6.
    """
    return risk + (1 - risk) * math.log1p(-risk) if risk < 1 else 1.0


def _sorted(confidence: Values, loss: Values) -> _Sorted:
    sure, cost = vector(confidence, "confidence"), vector(loss, "loss")
    same_length(confidence=sure, loss=cost)
    if (cost < 0).any():
        raise InputError(f"losses are 0 or more, found {float(np.nanmin(cost)):g}")
    known = ~np.isnan(cost) | np.isnan(sure)
    items = np.flatnonzero(~np.isnan(cost) & ~np.isnan(sure))
    order = items[np.argsort(-sure[items], kind="stable")]
    starts = (
        np.flatnonzero(np.diff(sure[order], prepend=math.inf) != 0) if len(order) else np.empty(0, np.int64)
    )
    return _Sorted(known, order, cost[order], starts)
