import math

import numpy as np
import pytest
from scipy import stats

from lawful.core.errors import InputError
from lawful.judge.kinematic.fit_tails import FOLDS, fit_all
from lawful.judge.kinematic.fit_trust import Looked
from lawful.judge.kinematic.overall import fit_overall, rarity_of
from lawful.judge.kinematic.tails import Conditions


def test_with_equal_trust_the_rarity_is_half_of_fishers_statistic() -> None:
    chances = np.array([0.3, 0.02, 0.7])
    nats = rarity_of((1.0, chance, 1.0) for chance in chances)
    combined = stats.combine_pvalues(chances, method="fisher")[1]
    assert stats.chi2.sf(2 * nats, 2 * len(chances)) == pytest.approx(combined)
    assert rarity_of([]) == 0.0
    assert rarity_of([(1.0, 1.0, 1.0)]) == 0.0
    assert math.isfinite(rarity_of([(1.0, 0.0, 1.0)]))


def test_what_is_barely_found_or_little_trusted_counts_for_less_than_its_rarity() -> None:
    nats = -math.log(0.01)
    found = [rarity_of([(strength, 0.01, 1.0)]) for strength in (-0.5, 0.0, 0.1, 0.5, 1.0, 3.0)]
    assert found == pytest.approx([0.0, 0.0, 0.1 * nats, 0.5 * nats, nats, nats])
    assert rarity_of([(1.0, 0.01, 0.25)]) == pytest.approx(nats / 4)


def test_chances_fall_with_the_odds_from_one_to_beyond_what_was_seen() -> None:
    overall = fit_overall(np.random.default_rng(2).exponential(2, 500).tolist())
    chances = [overall.chance(float(value)) for value in np.linspace(1e-4, 60, 60)]
    assert chances == sorted(chances, reverse=True)
    assert overall.chance(0.0) == 1.0
    # Beyond what was seen the chance falls by e for each nat.
    assert overall.chance(61.0) == pytest.approx(overall.chance(60.0) / math.e)


def test_nothing_is_claimed_to_be_rarer_than_the_clips_show() -> None:
    drawn = np.sort(np.random.default_rng(3).uniform(1, 2, 99))
    overall = fit_overall(drawn.tolist())
    assert overall.chance(float(drawn[-1])) == pytest.approx(2 / 100)
    assert overall.chance(float(drawn[49])) == pytest.approx(0.51, abs=0.03)
    assert fit_overall([0.0] * 99).chance(1.0) == pytest.approx(1 / 100)


def test_lawful_clips_of_the_same_kind_are_as_rare_as_they_say() -> None:
    rng = np.random.default_rng(4)
    overall = fit_overall(rng.exponential(1.0, 2000).tolist())
    chances = np.array([overall.chance(float(value)) for value in rng.exponential(1.0, 4000)])
    for rate in (0.01, 0.05, 0.2):
        assert (chances <= rate).mean() == pytest.approx(rate, rel=0.25)


def test_too_few_clips_are_refused() -> None:
    with pytest.raises(InputError, match="there is no lawful clip to weigh findings against"):
        fit_overall([])
    few = [Looked(Conditions(5.0, 24.0, 3.0), {})] * (FOLDS - 1)
    with pytest.raises(InputError, match=f"at least {FOLDS} lawful clips are needed, got {FOLDS - 1}"):
        fit_all(few, ["vanish"])
