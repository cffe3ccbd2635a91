from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from lawful.judge.kinematic.combine import Weigher, conditions_of
from lawful.judge.kinematic.fit_tails import fit_all
from lawful.judge.kinematic.fit_trust import Looked
from lawful.judge.kinematic.gates import Tally
from lawful.judge.kinematic.overall import Overall
from lawful.judge.kinematic.tails import Conditions, Tail

ONE_IN_ONE = Overall((0.0, 10.0), (0.0, -10.0))
FAMILIES = tuple(f"family {k}" for k in range(12))
Draw = Callable[[np.random.Generator, float], dict[str, float]]


def independent(rng: np.random.Generator, exposure_s: float) -> dict[str, float]:
    found = {}
    for k, family in enumerate(FAMILIES):
        strengths = rng.exponential(0.15, rng.poisson(0.002 * (k + 1) * exposure_s))
        if len(strengths):
            found[family] = float(strengths.max())
    return found


def alike(rng: np.random.Generator, exposure_s: float) -> dict[str, float]:
    """One cause makes all witnesses speak at once, nearly as loud."""
    strengths = rng.exponential(0.15, rng.poisson(0.02 * exposure_s))
    return (
        {family: float(strengths.max() + rng.normal(0, 0.02)) for family in FAMILIES}
        if len(strengths)
        else {}
    )


def exclusive(rng: np.random.Generator, exposure_s: float) -> dict[str, float]:
    """Only one witness ever speaks: the worst case for a bound over them."""
    strengths = rng.exponential(0.15, rng.poisson(0.05 * exposure_s))
    return {str(rng.choice(FAMILIES)): float(strengths.max())} if len(strengths) else {}


def in_pairs(rng: np.random.Generator, exposure_s: float) -> dict[str, float]:
    """Witnesses come in pairs that see the same things; clips differ in how lively they are."""
    lively = rng.gamma(2.0, 0.5)
    found = {}
    for k in range(0, len(FAMILIES), 2):
        strengths = rng.exponential(0.15, rng.poisson(0.008 * lively * exposure_s))
        if len(strengths):
            found |= {FAMILIES[k]: float(strengths.max()), FAMILIES[k + 1]: float(strengths.min())}
    return found


def clips(draw: Draw, rng: np.random.Generator, n: int) -> list[Looked]:
    exposures = rng.uniform(2, 25, n)
    return [Looked(Conditions(float(e), 24.0, 3.0), draw(rng, float(e))) for e in exposures]


@pytest.mark.parametrize("draw", [independent, alike, exclusive, in_pairs])
def test_false_alarms_are_at_most_what_was_promised_however_witnesses_depend(draw: Draw) -> None:
    rng = np.random.default_rng(11)
    weigher = Weigher(*fit_all(clips(draw, rng, 800), FAMILIES))
    fresh = clips(draw, rng, 3000)
    chances = np.array([weigher.question_chance(FAMILIES, c.strongest, c.conditions) for c in fresh])
    for rate in (0.02, 0.05, 0.1):
        # Up to what chance allows, the tails themselves being fitted on 800 clips.
        assert (chances <= rate).sum() <= stats.binom.isf(1e-3, len(fresh), rate * 1.25)
        # And not much less than promised, where findings are rare enough to tell clips apart.
        if draw is independent:
            assert (chances <= rate).sum() >= 0.6 * rate * len(fresh)


def test_of_two_clips_with_the_same_rarest_finding_the_one_that_shows_more_of_it_scores_lower() -> None:
    names = ("vanish", "vanish/bodies", "freeze")
    weigher = Weigher({name: Tail((0.0, 1.0), (-3.0, -8.0), 0.2) for name in names}, ONE_IN_ONE)
    usual, asked = Conditions(10.0, 24.0, 3.0), ("vanish", "freeze")
    rarest = {"vanish": 0.9}
    chances = [
        weigher.question_chance(asked, {**rarest, "vanish/bodies": more}, usual) for more in (0.2, 0.5, 0.9)
    ]
    alone = weigher.question_chance(asked, rarest, usual)
    assert alone > chances[0] > chances[1] > chances[2]
    # What it shows of another family, and less clearly, changes nothing.
    assert weigher.question_chance(asked, {**rarest, "freeze": 0.8}, usual) == alone


def test_what_else_is_asked_does_not_change_a_question() -> None:
    tails = {family: Tail((0.0, 1.0), (-3.0 - 0.1 * k, -8.0), 0.2) for k, family in enumerate(FAMILIES)}
    weigher, usual = Weigher(tails, ONE_IN_ONE), Conditions(10.0, 24.0, 3.0)
    found = {FAMILIES[0]: 0.4, FAMILIES[1]: 0.9}
    first = weigher.question_chance([FAMILIES[0]], found, usual)
    assert first == weigher.question_chance([FAMILIES[0]], {FAMILIES[0]: 0.4}, usual)
    both = weigher.question_chance(FAMILIES[:2], found, usual)
    assert both == min(first, weigher.question_chance([FAMILIES[1]], found, usual))
    assert weigher.question_chance(FAMILIES[2:], found, usual) == 1.0


def test_bodies_and_pixels_show_a_family_against_tails_of_their_own() -> None:
    tails = {"vanish": Tail((0.0,), (-3.0,), 0.2), "vanish/bodies": Tail((0.0,), (-6.0,), 0.2)}
    weigher, usual = Weigher(tails, ONE_IN_ONE), Conditions(10.0, 24.0, 3.0)
    pixels, bodies = (weigher.question_chance(["vanish"], {name: 0.5}, usual) for name in tails)
    both = weigher.question_chance(["vanish"], dict.fromkeys(tails, 0.5), usual)
    assert both < bodies < pixels
    assert weigher.question_chance(["appear"], dict.fromkeys(tails, 0.5), usual) == 1.0


def test_weak_findings_are_told_apart() -> None:
    weigher = Weigher({"vanish": Tail((-0.5, 0.0, 1.0), (-3.0, -6.0, -9.0), 0.2)}, ONE_IN_ONE)
    usual = Conditions(10.0, 24.0, 3.0)
    chances = [weigher.chance("vanish", strength, usual) for strength in (0.1, 0.2, 0.5, 0.9, 1.4)]
    assert chances == sorted(chances, reverse=True)
    assert len(set(chances)) == len(chances)


def test_conditions_count_the_time_and_the_objects() -> None:
    tally = Tally(steps=48, steps_s=2.0, object_s=5.0, object_shift_px_s=20.0)
    assert conditions_of(tally) == Conditions(7.0, 24.0, 4.0)
    assert conditions_of(tally, least_s=8.0).exposure_s == 8.0
    assert conditions_of(Tally()).exposure_s == 0.5
