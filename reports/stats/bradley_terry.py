"""Bradley-Terry strengths from pairwise votes with ties (Davidson's model), intervals and spread of ranks."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.sparse.csgraph import connected_components

from lawful.core.errors import InputError
from lawful.reports.stats.clusters import Clustering
from lawful.reports.stats.inputs import Labels, Values, codes, fraction, on_scale, same_length, vector
from lawful.reports.stats.result import Estimate

_STEPS = 200
_LONGEST_STEP = 2.0
_ZERO = 1e-9
_MOST_UNDEFINED = 0.05

Counts = Float64[np.ndarray, "resamples systems systems"]


@dataclass(frozen=True)
class BradleyTerry:
    """Strengths of systems that were voted on in pairs."""

    systems: tuple[str, ...]
    """The systems, in the order of their names."""
    strengths: tuple[Estimate, ...]
    """Log-strength of each, mean 0: a difference of 1 is odds of e to win; n counts the system's votes."""
    ranks: tuple[tuple[int, int] | None, ...]
    """Least and greatest rank of each within the interval, 1 is best; None without an interval."""
    tie_weight: float
    """Davidson's nu: equals tie with odds of nu to 2; 0 where there are no ties."""
    n: int
    """Votes used."""
    n_missing: int
    """Votes left out because the outcome was missing."""
    reason: str = ""
    """Why strengths are NaN; empty where they are not."""

    def win_probability(self, a: str, b: str) -> float:
        """Probability that system a wins against b, a tie not counted as a win.

        Raises:
            InputError: A system is not among those voted on.
        """
        for name in (a, b):
            if name not in self.systems:
                raise InputError(f"no votes on {name!r}; known systems: {', '.join(self.systems)}")
        gap = self.strengths[self.systems.index(b)].value - self.strengths[self.systems.index(a)].value
        return 1 / (1 + math.exp(gap) + self.tie_weight * math.exp(gap / 2))


def bradley_terry(
    first: Labels,
    second: Labels,
    outcome: Values,
    rng: np.random.Generator,
    *,
    clusters: Labels | None = None,
    prior: float = 0.0,
    n_resamples: int = 1000,
    level: float = 0.95,
) -> BradleyTerry:
    """Maximum-likelihood strengths under Davidson's model: win p_i, tie nu sqrt(p_i p_j), to a common factor.

    Args:
        first: System on the one side of each vote.
        second: System on the other side.
        outcome: 1 where the first won, -1 where the second did, 0 for a tie; NaN is missing.
        rng: Source of randomness of the intervals.
        clusters: Label of each vote's cluster (prompt, or voter), drawn as a whole; None makes each vote its
            own.
        prior: Votes added to every pair of systems, half of them won by each side. Above 0 the strengths are
            finite whatever the votes.
        n_resamples: Bootstrap resamples; 0 for no intervals.
        level: Coverage of the intervals (percentile).

    Returns:
        The strengths. All are NaN, with the reason, where the votes do not determine them: systems that were
        never compared with the rest, even indirectly, or that never lost to nor tied with it; ties with wins
        that all go one way. The ends are NaN where more than one resample in twenty is like that.

    Raises:
        InputError: The arrays differ in length, an outcome is none of 1, 0, -1, or a system meets itself.

    Source: Davidson, JASA 65 (1970), eq. 2.3; Ford, Am. Math. Monthly 64 (1957) on when strengths exist.
    """
    fraction(level, "level")
    votes = _votes(first, second, outcome, clusters)
    k, n = len(votes.names), len(votes.outcome)
    whole = np.bincount(_cells(votes), minlength=2 * k * k).astype(np.float64)
    wins, ties = _counts(whole[None], k, prior)
    reason = _undetermined(wins[0], ties[0], votes.names)
    per_system = np.bincount(np.concatenate([votes.first, votes.second]), minlength=k)
    theta, nu = (np.full(k, math.nan), math.nan) if reason else _one(_fit(wins, ties))
    low = high = np.full(k, math.nan)
    ranks: tuple[tuple[int, int] | None, ...] = (None,) * k
    interval_reason = reason
    if n_resamples and not reason:
        drawn = _resampled(votes, prior, n_resamples, rng)
        if len(drawn) < (1 - _MOST_UNDEFINED) * n_resamples:
            share = 1 - len(drawn) / n_resamples
            interval_reason = (
                f"{share:.0%} of the resamples do not determine the strengths; prior above 0 helps"
            )
        else:
            low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
            # Equal strengths share the better rank.
            places = 1 + np.count_nonzero(drawn[:, None, :] > drawn[:, :, None] + 1e-9, axis=2)
            least, most = np.quantile(
                places, [(1 - level) / 2, (1 + level) / 2], axis=0, method="inverted_cdf"
            )
            ranks = tuple((int(a), int(b)) for a, b in zip(least, most, strict=True))
    strengths = tuple(
        Estimate(
            _settled(theta[i]),
            int(per_system[i]),
            _settled(low[i]),
            _settled(high[i]),
            level if n_resamples else math.nan,
            "Davidson, percentile bootstrap",
            n_clusters=len(votes.clustering.sizes),
            reason=interval_reason,
        )
        for i in range(k)
    )
    names = tuple(str(name) for name in votes.names)
    return BradleyTerry(names, strengths, ranks, nu, n, votes.n_missing, reason)


class _Votes(NamedTuple):
    first: Int64[np.ndarray, " votes"]
    second: Int64[np.ndarray, " votes"]
    outcome: Float64[np.ndarray, " votes"]
    names: np.ndarray
    clustering: Clustering
    n_missing: int


def _votes(first: Labels, second: Labels, outcome: Values, clusters: Labels | None) -> _Votes:
    said = vector(outcome, "outcome")
    on_scale(said, (-1.0, 0.0, 1.0), "outcome")
    one, other = np.asarray(first), np.asarray(second)
    n = same_length(first=one, second=other, outcome=said)
    same = np.flatnonzero(one == other)
    if same.size:
        raise InputError(
            f"vote {same[0]} is of {one[same[0]]!s} against itself ({same.size} such votes in all)"
        )
    number, names = codes(np.concatenate([one, other]), 2 * n, "systems")
    kept = ~np.isnan(said)
    labels = None if clusters is None else codes(clusters, n, "clusters")[0][kept]
    clustering = Clustering.of(int(np.count_nonzero(kept)), labels)
    return _Votes(
        number[:n][kept], number[n:][kept], said[kept], names, clustering, int(np.count_nonzero(~kept))
    )


def _cells(votes: _Votes) -> Int64[np.ndarray, " votes"]:
    """Where each vote counts: the winner's row and the loser's column, or behind all of those where it is a tie."""
    k = len(votes.names)
    winner = np.where(votes.outcome >= 0, votes.first, votes.second)
    loser = np.where(votes.outcome >= 0, votes.second, votes.first)
    return np.asarray(winner * k + loser + np.where(votes.outcome == 0, k * k, 0))


def _counts(cells: Float64[np.ndarray, "resamples cells"], k: int, prior: float) -> tuple[Counts, Counts]:
    """Wins of the row over the column, and ties (symmetric), in each resample."""
    wins, ties = cells.reshape(len(cells), 2, k, k).transpose(1, 0, 2, 3)
    wins = wins + prior / 2 * (1 - np.eye(k))
    return wins, ties + ties.transpose(0, 2, 1)


def _undetermined(
    wins: Float64[np.ndarray, "systems systems"],
    ties: Float64[np.ndarray, "systems systems"],
    names: np.ndarray,
) -> str:
    """Why the votes do not determine strengths; empty where they do."""
    beats = (wins + ties) > 0
    if len(names) < 2:
        return "fewer than two systems"
    parts, part = connected_components(beats, directed=False)
    if parts > 1:
        sets = "; ".join(", ".join(str(name) for name in names[part == index]) for index in range(parts))
        return f"these were never compared with each other, even indirectly: {sets}"
    if wins.sum() == 0:
        return "all votes are ties"
    parts, part = connected_components(beats, directed=True, connection="strong")
    if parts > 1:
        top = next(i for i in range(parts) if not beats[part != i][:, part == i].any())
        best = ", ".join(str(name) for name in names[part == top])
        return f"no finite strengths: the others never beat or tied with {best}; prior above 0 helps"
    if not _determined(wins[None], ties[None])[0]:
        return "no finite strengths: wins never go round, and ties fit any gap; prior above 0 helps"
    return ""


def _settled(strength: float) -> float:
    """The strength without what the search leaves of a zero."""
    return 0.0 if abs(strength) < _ZERO else float(strength)


def _determined(wins: Counts, ties: Counts) -> Bool[np.ndarray, " resamples"]:
    """Whether each resample has finite strengths and a finite tie weight.

    The likelihood grows without end along a direction of the parameters just where no vote speaks against it.
    For the strengths alone, that is when someone does not reach someone else by wins and ties. With the tie
    weight growing along, each win needs a gap of at least one unit and each tie one of at most one: that can
    be had unless some cycle has more wins along it than ties, which is a negative cycle of the constraints.
    """
    k = wins.shape[1]
    length = np.where(wins > 0, -1.0, np.where(ties > 0, 1.0, math.inf))
    for middle in range(k):
        through = length[:, :, middle, None] + length[:, middle, None, :]
        length = np.clip(np.minimum(length, through), -2.0 * k, None)
    connected = np.isfinite(length).all(axis=(1, 2))
    return np.asarray(connected & (np.diagonal(length, axis1=1, axis2=2) < 0).any(axis=1))


def _resampled(
    votes: _Votes, prior: float, n_resamples: int, rng: np.random.Generator
) -> Float64[np.ndarray, "defined systems"]:
    # Votes of a cluster are drawn together, so their counts are all that is needed of them: weights of single votes
    # would be a table of resamples by votes, gigabytes where eight generators meet on thousands of prompts.
    k, clustering = len(votes.names), votes.clustering
    cluster, n_clusters, n_cells = clustering.unit[clustering.item], len(clustering.sizes), 2 * k * k
    place = cluster * n_cells + _cells(votes)
    held = np.bincount(place, minlength=n_clusters * n_cells).reshape(n_clusters, n_cells)
    wins, ties = _counts(clustering.draw_clusters(n_resamples, rng) @ held.astype(np.float64), k, prior)
    determined = _determined(wins, ties)
    return _fit(wins[determined], ties[determined])[0]


def _one(fit: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, float]:
    return fit[0][0], float(fit[1][0])


def _fit(
    wins: Counts, ties: Counts
) -> tuple[Float64[np.ndarray, "resamples systems"], Float64[np.ndarray, " resamples"]]:
    """Newton's method on the concave log-likelihood in (log p, log nu), all resamples at once."""
    rows, k, _ = wins.shape
    n = wins + wins.transpose(0, 2, 1) + ties
    scored = wins + ties / 2
    has_ties = ties.sum(axis=(1, 2)) > 0
    theta = np.zeros((rows, k + 1))
    total_ties = ties.sum(axis=(1, 2)) / 2
    share = np.where(has_ties, total_ties / np.maximum(wins.sum(axis=(1, 2)), 1e-9), 1.0)
    theta[:, k] = np.log(2 * share)
    for _ in range(_STEPS):
        gradient, information = _derivatives(theta, n, scored, ties, has_ties)
        step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        step *= np.minimum(1.0, _LONGEST_STEP / np.maximum(np.abs(step).max(axis=1), 1e-300))[:, None]
        theta += step
        if not rows or np.abs(step).max() < 1e-12:
            break
    return theta[:, :k] - theta[:, :k].mean(axis=1, keepdims=True), np.where(
        has_ties, np.exp(theta[:, k]), 0.0
    )


def _derivatives(
    theta: Float64[np.ndarray, "resamples parameters"],
    n: Counts,
    scored: Counts,
    ties: Counts,
    has_ties: Bool[np.ndarray, " resamples"],
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and Fisher information; without ties log nu stays where it is and counts for nothing."""
    k = n.shape[1]
    gap = theta[:, None, :k] - theta[:, :k, None]
    nu = np.where(has_ties, np.exp(theta[:, k]), 0.0)[:, None, None]
    win = 1 / (1 + np.exp(gap) + nu * np.exp(gap / 2))
    tie = nu * np.exp(gap / 2) * win
    expected = win + tie / 2
    gradient = np.zeros((len(n), k + 1))
    gradient[:, :k] = (scored - n * expected).sum(axis=2)
    gradient[:, k] = (ties - n * tie).sum(axis=(1, 2)) / 2
    information = np.zeros((len(n), k + 1, k + 1))
    information[:, :k, :k] = n * (tie / 4 - expected * expected.transpose(0, 2, 1))
    diagonal = np.arange(k)
    information[:, diagonal, diagonal] = (n * (win + tie / 4 - expected**2)).sum(axis=2)
    information[:, :k, k] = information[:, k, :k] = (n * tie * (0.5 - expected)).sum(axis=2)
    information[:, k, k] = (n * tie * (1 - tie)).sum(axis=(1, 2)) / 2
    # Only differences of log-strengths matter: this pins their mean.
    information[:, :k, :k] += 1.0
    gradient[~has_ties, k], information[~has_ties, k, k] = 0.0, 1.0
    return gradient, information
