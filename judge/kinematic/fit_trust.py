"""How much findings of each kind count beside those of others: by how well they tell broken clips from lawful ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64
from scipy import optimize
from scipy.special import logsumexp

from lawful.judge.kinematic.overall import rarity_of
from lawful.judge.kinematic.tails import BY_NET, Conditions, Tail, family_of, fitted_name

USUAL = 0.3
"""Trust in what no broken clip speaks for or against, before the most trusted is set to 1."""
LEAST = 0.1
"""Least trust, on the same scale: what is measured always counts for something."""
_PULL = 0.01


@dataclass(frozen=True)
class Looked:
    """What the judge saw in one clip."""

    conditions: Conditions
    """How much there was to go wrong, and how it was seen."""
    strongest: Mapping[str, float]
    """Strength of the strongest finding of each tail that was found."""
    violation: str | None = None
    """The family of the law that the clip breaks; None for a lawful one."""


def trusted(tails: Mapping[str, Tail], lawful: Sequence[Looked], broken: Sequence[Looked]) -> dict[str, Tail]:
    """The tails with the trust that they deserve.

    A logistic regression of broken against lawful clips, both sides counting alike, on the rarity of what a clip shows of
    the family of which it shows most (a smooth maximum, 0 where it shows nothing). Tails of families that no clip
    breaks keep the usual trust: whether they tell broken clips cannot be seen.

    Args:
        tails: Fitted.
        lawful: Lawful clips.
        broken: Clips that break a law; where there are none, all are trusted alike.
    """
    if not broken:
        return dict(tails)
    names = tuple(tails)
    clear, amiss = _added(tails, names, lawful), _added(tails, names, broken)
    shown = {clip.violation for clip in broken}

    def loss(numbers: Float64[np.ndarray, " numbers"]) -> float:
        trust, offset = numbers[:-1], numbers[-1]
        low, high = (_smooth_maximum(side @ trust) + offset for side in (clear, amiss))
        said = np.logaddexp(0, low).mean() + np.logaddexp(0, -high).mean()
        return float(said + _PULL * ((trust - USUAL) ** 2).sum())

    start = np.append(np.full(len(names), USUAL), -4.0)
    bounds = [
        (LEAST, None) if name == BY_NET or family_of(name) in shown else (USUAL, USUAL) for name in names
    ] + [(None, None)]
    found = optimize.minimize(loss, start, bounds=bounds, method="L-BFGS-B").x[:-1]
    found = np.round(found / max(float(found.max()), 1e-9), 4)
    return {name: replace(tails[name], trust=float(trust)) for name, trust in zip(names, found, strict=True)}


def _smooth_maximum(
    rarities: Float64[np.ndarray, "clips families"],
) -> Float64[np.ndarray, " clips"]:
    """Near the largest of a clip; 0 where all are 0, however many there are."""
    ones = np.ones(rarities.shape[1] + 1)
    ones[-1] = 1 - rarities.shape[1]
    return np.asarray(logsumexp(np.pad(rarities, ((0, 0), (0, 1))), axis=1, b=ones))


def _added(
    tails: Mapping[str, Tail], names: Sequence[str], clips: Sequence[Looked]
) -> Float64[np.ndarray, "clips families tails"]:
    """What each tail adds to the rarity of each family at full trust."""
    families = sorted({family_of(name) for clip in clips for name in clip.strongest} | {""})
    cube = np.zeros((len(clips), len(families), len(names)))
    for table, clip in zip(cube, clips, strict=True):
        for name, strength in clip.strongest.items():
            fitted = fitted_name(name)
            chance = tails[fitted].chance(strength, clip.conditions)
            added = rarity_of([(strength, chance, 1.0)])
            table[families.index(family_of(name)), names.index(fitted)] = added
    return cube
