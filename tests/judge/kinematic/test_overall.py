import math

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.judge.kinematic.fit_tails import FOLDS, LawfulClip, fit_all
from lawful.judge.kinematic.overall import fit_overall, odds_of
from lawful.judge.kinematic.tails import Conditions


def test_odds_are_the_harmonic_mean_of_chances_up_to_their_number() -> None:
    chances = np.array([0.3, 0.02, 0.7])
    harmonic = len(chances) / (1 / chances).sum()
    assert odds_of((1.0, chance) for chance in chances) == pytest.approx(
        len(chances) / harmonic - len(chances)
    )
    assert odds_of([]) == 0.0
    assert odds_of([(1.0, 1.0)]) == 0.0
    assert math.isfinite(odds_of([(1.0, 0.0)]))


def test_what_is_barely_found_counts_for_less_than_its_rarity() -> None:
    odds = [odds_of([(strength, 0.01)]) for strength in (-0.5, 0.0, 0.1, 0.5, 1.0, 3.0)]
    assert odds == pytest.approx([0.0, 0.0, 9.9, 49.5, 99.0, 99.0])


def test_chances_fall_with_the_odds_from_one_to_beyond_what_was_seen() -> None:
    overall = fit_overall(np.exp(np.random.default_rng(2).normal(0, 2, 500)).tolist())
    odds = np.geomspace(1e-4, 1e6, 60)
    chances = [overall.chance(float(value)) for value in odds]
    assert chances == sorted(chances, reverse=True)
    assert overall.chance(0.0) == 1.0
    # Beyond the highest odds the chance is as rare as the odds are high.
    assert overall.chance(1e6) == pytest.approx(overall.chance(1e5) / 10)


def test_nothing_is_claimed_to_be_rarer_than_the_clips_show() -> None:
    drawn = np.sort(np.random.default_rng(3).uniform(1, 2, 99))
    overall = fit_overall(drawn.tolist())
    assert overall.chance(float(drawn[-1])) == pytest.approx(2 / 100)
    assert overall.chance(float(drawn[49])) == pytest.approx(0.51, abs=0.03)
    assert fit_overall([0.0] * 99).chance(1.0) == pytest.approx(1 / 100)


def test_lawful_clips_of_the_same_kind_are_as_rare_as_they_say() -> None:
    rng = np.random.default_rng(4)
    overall = fit_overall(rng.pareto(1.0, 2000).tolist())
    chances = np.array([overall.chance(float(value)) for value in rng.pareto(1.0, 4000)])
    for rate in (0.01, 0.05, 0.2):
        assert (chances <= rate).mean() == pytest.approx(rate, rel=0.25)


def test_too_few_clips_are_refused() -> None:
    with pytest.raises(InputError, match="there is no lawful clip to weigh findings against"):
        fit_overall([])
    few = [LawfulClip(Conditions(5.0, 24.0, 3.0), {})] * (FOLDS - 1)
    with pytest.raises(InputError, match=f"at least {FOLDS} lawful clips are needed, got {FOLDS - 1}"):
        fit_all(few, ["vanish"])
