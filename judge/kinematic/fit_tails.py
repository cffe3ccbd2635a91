"""From the findings in lawful clips to the tails that findings are weighed against."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64
from scipy import optimize, special

from lawful.core.errors import InputError
from lawful.judge.kinematic.fit_trust import Looked, trusted
from lawful.judge.kinematic.overall import Overall, fit_overall
from lawful.judge.kinematic.tails import Tail, by_fitted_name, rarities_in

MOST_KNOTS = 16
"""Strengths at which the rate of a family is kept."""
_PRIOR_SPREAD = 0.5
_PRIOR_SCALE = 0.25
_PRIOR_WEIGHT = 4.0
_LOG_RATES = (-30.0, 10.0)

_Rows = Float64[np.ndarray, "clips 3"]


FOLDS = 5
"""Parts of the lawful clips: each is weighed by tails that were fitted on the others."""


def fit_all(
    clips: Sequence[Looked], families: Sequence[str], broken: Sequence[Looked] = ()
) -> tuple[dict[str, Tail], Overall]:
    """The tail of each family, how much it is trusted, and what all of them together are weighed against.

    Args:
        clips: Lawful clips, at least as many as there are folds.
        families: Names of the tails.
        broken: Clips that break a law, to set the trust by; without any all are trusted alike.

    Raises:
        InputError: There are fewer, or one is without exposure.
    """
    if len(clips) < FOLDS:
        raise InputError(f"at least {FOLDS} lawful clips are needed, got {len(clips)}")
    rarities: list[float] = []
    for fold in range(FOLDS):
        others = [clip for k, clip in enumerate(clips) if k % FOLDS != fold]
        tails = trusted(fit_tails(others, families), others, broken)
        for clip in clips[fold::FOLDS]:
            shown = rarities_in(tails, clip.strongest, clip.conditions)
            rarities.append(max(shown.values(), default=0.0))
    return trusted(fit_tails(clips, families), clips, broken), fit_overall(rarities)


def fit_tails(clips: Sequence[Looked], families: Sequence[str]) -> dict[str, Tail]:
    """The tail of each family: the rate of clips' strongest findings over their exposure.

    A clip is clear of findings of strength s with probability exp(-rate(s) * exposure); the rate is a power of
    frame rate and of motion times a falling function of s, and both are fitted by maximum likelihood with a
    complementary log-log link. One clip that shows everything and one that shows nothing are added, so that no rate
    is 0 however few the clips: with n clips nothing is claimed to be much rarer than once in n of them, but for the
    exponential tail beyond the strongest finding.

    Args:
        clips: Lawful clips.
        families: Ids of the families.

    Raises:
        InputError: There is no clip, or one without exposure.

    Source: McCullagh and Nelder, Generalized Linear Models (1989), 4.3 (the link); Coles, An Introduction to
        Statistical Modeling of Extreme Values (2001), 4.2 (excesses over a threshold; shape 0).
    """
    if not clips:
        raise InputError("there is no lawful clip to fit the tails on")
    table = np.array([(clip.conditions.exposure_s, *clip.conditions.covariates) for clip in clips])
    if not (table[:, 0] > 0).all():
        raise InputError("a lawful clip without exposure cannot be fitted on")
    return {family: _fit(table, clips, family) for family in families}


def _fit(table: _Rows, clips: Sequence[Looked], family: str) -> Tail:
    strengths = np.array([by_fitted_name(clip.strongest).get(family, -math.inf) for clip in clips])
    found = np.sort(strengths[np.isfinite(strengths)])
    slopes = _slopes(table, np.isfinite(strengths)) if len(found) else np.zeros(2)
    exposure = table[:, 0] * np.exp(table[:, 1:] @ slopes)
    knots = np.unique(np.quantile(found, _SHARES, method="inverted_cdf")) if len(found) else np.zeros(1)
    rates = np.minimum.accumulate([_log_rate(exposure, strengths >= knot) for knot in knots])
    upper = found[len(found) // 2 :]
    excess = float((upper - upper[0]).sum()) if len(upper) else 0.0
    scale = (excess + _PRIOR_WEIGHT * _PRIOR_SCALE) / (len(upper) + _PRIOR_WEIGHT)
    return Tail(tuple(knots.tolist()), tuple(rates.tolist()), scale, float(slopes[0]), float(slopes[1]))


# Denser towards the strongest, where decisions are made.
_SHARES = 1 - np.geomspace(1.0, 1e-4, MOST_KNOTS)


def _slopes(table: _Rows, hit: Bool[np.ndarray, " clips"]) -> Float64[np.ndarray, " 2"]:
    """How the rate of any finding depends on the covariates, shrunk towards not at all."""
    log_exposure = np.log(table[:, 0])

    def loss(weights: np.ndarray) -> float:
        mean = np.exp(np.clip(weights[0] + log_exposure + table[:, 1:] @ weights[1:], -50, 50))
        seen = np.log(-np.expm1(-np.maximum(mean[hit], 1e-300)))
        prior = float((weights[1:] ** 2).sum()) / (2 * _PRIOR_SPREAD**2)
        return float(mean[~hit].sum() - seen.sum()) + prior

    start = np.array([special.logit(min(max(hit.mean(), 1e-3), 0.999)) - log_exposure.mean(), 0.0, 0.0])
    return np.asarray(optimize.minimize(loss, start, method="Nelder-Mead").x)[1:]


def _log_rate(exposure: Float64[np.ndarray, " clips"], hit: Bool[np.ndarray, " clips"]) -> float:
    """The rate with the greatest likelihood, one clip of middling exposure added to either side."""
    middle = float(np.median(exposure))
    seen, clear = np.append(exposure[hit], middle), float(exposure[~hit].sum() + middle)

    def slope(log_rate: float) -> float:
        # Of the log likelihood by the rate: falling in it.
        mean = seen * math.exp(log_rate)
        return float((seen / np.expm1(np.minimum(mean, 700.0))).sum()) - clear

    low, high = _LOG_RATES
    if slope(high) > 0:
        return high
    return float(optimize.root_scalar(slope, bracket=(low, high), method="brentq").root)
