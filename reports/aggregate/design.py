"""Means over a fixed design: instances are a sample, the categories and tasks that they belong to are not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import stats

from lawful.reports.stats.inputs import Labels, Table, codes, fraction, table
from lawful.reports.stats.result import Estimate, undefined

METHOD = "mean, standard error within the design, t"


def design_mean(
    values: Table,
    names: Sequence[str],
    *,
    groups: Labels | None = None,
    strata: Labels | None = None,
    level: float = 0.95,
) -> Estimate:
    """Mean over columns of the mean over groups of the mean over items, with its interval.

    >>> both = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, np.nan]])
    >>> found = design_mean(both, ("a", "b"), groups=np.array(["x", "x", "y"]))
    >>> found.value, found.n, found.n_missing  # ((0.5 + 1) / 2 + 1) / 2: b has no value in y
    (0.875, 3, 0)

    Args:
        values: One row an item, one column a metric; NaN is missing.
        names: Name of each column.
        groups: What each item's mean is taken in first, so that every group counts the same; a group without
            a value counts in no column that it lacks. None: one group.
        strata: What the design keeps fixed while items are drawn: the error is that of items within their
            stratum. The only item of a stratum is held against the mean of its column, which errs on the
            wide side. None: one stratum.
        level: Coverage that the interval is made for.

    Returns:
        The mean, with n items that have any value. It is NaN where a column has none; its ends are NaN where
        there are fewer than two items to compare.

    Raises:
        InputError: Arrays differ in length, a value is infinite, or the level is out of range.

    Source: Cochran, Sampling Techniques (1977), sec. 5.3 and 5A.12, by linearisation; degrees of freedom
        by Satterthwaite, Biometrics Bulletin 2 (1946).
    """
    fraction(level, "level")
    rows = table(values, "values", "items, columns")
    present = ~np.isnan(rows)
    used = present.any(axis=1)
    n_missing = int(np.count_nonzero(~used))
    for column, name in enumerate(names):
        if not present[:, column].any():
            return undefined(f"no value of {name}", int(used.sum()), n_missing, METHOD)
    group = _numbers(groups, len(rows), "groups")
    stratum = _numbers(strata, len(rows), "strata")
    parts = [_column(rows[:, column], group) for column in range(rows.shape[1])]
    value = math.fsum(part.mean for part in parts) / len(parts)
    within = np.sum([part.within for part in parts], axis=0)[used] / len(parts)
    about = np.sum([part.about for part in parts], axis=0)[used] / len(parts)
    variance, dof = _variance(within, about, stratum[used])
    result = Estimate(
        value, int(used.sum()), level=level, method=METHOD, n_missing=n_missing, n_clusters=int(used.sum())
    )
    if dof == 0:
        return replace(result, reason="one item in its stratum: nothing to compare it with")
    half = float(stats.t.ppf(0.5 + level / 2, dof)) * math.sqrt(variance)
    return replace(result, low=value - half, high=value + half)


def scaled(estimate: Estimate, times: float, plus: float = 0.0) -> Estimate:
    """The estimate in another unit: `times` its value and `plus`."""
    ends = [times * end + plus for end in (estimate.value, estimate.low, estimate.high)]
    return replace(estimate, value=ends[0], low=ends[1], high=ends[2])


@dataclass(frozen=True)
class _Column:
    mean: float
    """Mean of the group means."""
    within: Float64[np.ndarray, " items"]
    """Weight of each item times its distance from its group's mean."""
    about: Float64[np.ndarray, " items"]
    """Weight of each item times its distance from the column's mean."""


def _column(values: Float64[np.ndarray, " items"], group: Int64[np.ndarray, " items"]) -> _Column:
    present: Bool[np.ndarray, " items"] = ~np.isnan(values)
    members = [np.flatnonzero(present & (group == one)) for one in np.unique(group[present])]
    means = [math.fsum(values[rows]) / len(rows) for rows in members]
    mean = math.fsum(means) / len(means)
    within, about = np.zeros(len(values)), np.zeros(len(values))
    for rows, of_group in zip(members, means, strict=True):
        weight = 1.0 / (len(members) * len(rows))
        within[rows] = weight * (values[rows] - of_group)
        about[rows] = weight * (values[rows] - mean)
    return _Column(mean, within, about)


def _variance(
    within: Float64[np.ndarray, " items"],
    about: Float64[np.ndarray, " items"],
    stratum: Int64[np.ndarray, " items"],
) -> tuple[float, float]:
    """Variance of a sum of items drawn within their strata, and its degrees of freedom, 0 for none."""
    parts: list[tuple[float, int]] = []
    alone: list[float] = []
    for one in np.unique(stratum):
        rows = np.flatnonzero(stratum == one)
        if len(rows) == 1:
            alone.append(float(about[rows[0]]))
            continue
        off = within[rows] - within[rows].mean()
        parts.append((len(rows) / (len(rows) - 1) * float(off @ off), len(rows) - 1))
    if len(alone) > 1:
        parts.append((math.fsum(off * off for off in alone), len(alone) - 1))
    if not parts:
        return 0.0, 0.0
    variance = math.fsum(part for part, _ in parts)
    # The only single item of a stratum adds its square, which alone has no degrees of freedom of its own.
    variance += sum(off * off for off in alone) if len(alone) == 1 else 0.0
    spread = math.fsum(part * part / dof for part, dof in parts)
    return variance, variance * variance / spread if spread > 0 else float(sum(dof for _, dof in parts))


def _numbers(labels: Labels | None, n: int, name: str) -> Int64[np.ndarray, " items"]:
    return np.zeros(n, dtype=np.int64) if labels is None else codes(labels, n, name)[0]
