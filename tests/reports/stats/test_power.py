"""Power against statsmodels and simulation; components from a pilot."""

import math

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from lawful.core.errors import InputError
from lawful.reports.stats.power import (
    Components,
    estimate_components,
    power_of,
    prompts_needed,
    raters_needed,
    simulated_power,
)

PARTS = Components(prompt_sd=0.6, seed_sd=0.4, rater_sd=0.8)


@pytest.mark.parametrize(
    ("difference", "prompts"), [(0.1, 20), (0.3, 50), (-0.3, 50), (0.3, 400), (5.0, 400)]
)
def test_power_is_that_of_statsmodels(difference: float, prompts: int) -> None:
    sd = PARTS.difference_sd(seeds=2, raters=3)
    # Per prompt and generator .36 + .16 / 2 + .64 / 6; two generators.
    assert sd == pytest.approx(math.sqrt(2 * (0.36 + 0.08 + 0.64 / 6)))
    expected = TTestPower().power(abs(difference) / sd, prompts, 0.05) if difference < 5 else 1.0
    assert power_of(difference, PARTS, prompts, 2, 3) == pytest.approx(expected, abs=1e-9)


def test_prompts_needed_are_the_fewest_that_are_enough() -> None:
    for difference, seeds, raters in ((0.3, 1, 3), (0.1, 4, 1), (3.0, 1, 1)):
        needed = prompts_needed(difference, PARTS, seeds, raters)
        assert needed is not None
        assert power_of(difference, PARTS, needed, seeds, raters) >= 0.8
        assert needed == 2 or not power_of(difference, PARTS, needed - 1, seeds, raters) >= 0.8
        sd = PARTS.difference_sd(seeds, raters)
        solved = (
            TTestPower().solve_power(difference / sd, alpha=0.05, power=0.8) if difference < 1 else needed
        )
        assert needed == math.ceil(solved)
    assert prompts_needed(0.0, PARTS) is None
    assert prompts_needed(1e-6, PARTS) is None
    assert prompts_needed(0.1, Components(0.0, 0.0, 0.0)) == 2


def test_raters_help_only_with_their_own_spread() -> None:
    assert power_of(0.3, PARTS, 80) < 0.8
    needed = raters_needed(0.3, PARTS, 120)
    assert needed is not None
    assert power_of(0.3, PARTS, 120, 1, needed) >= 0.8 > power_of(0.3, PARTS, 120, 1, needed - 1)
    assert raters_needed(0.3, PARTS, 40) is None


def test_simulation_agrees_with_the_formula() -> None:
    rng = np.random.default_rng(0)
    expected = power_of(0.4, PARTS, 40, 2, 2)
    counted = simulated_power(0.4, PARTS, 40, rng, seeds=2, raters=2, n_data_sets=600)
    assert counted == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 600))
    assert simulated_power(0.0, PARTS, 40, rng, n_data_sets=600) == pytest.approx(0.05, abs=0.035)


def test_components_are_found_again() -> None:
    rng = np.random.default_rng(1)
    own = (
        0.6 * rng.normal(size=(4, 400, 1, 1))
        + rng.normal(size=(400, 1, 1))
        + np.arange(4)[:, None, None, None]
    )
    ratings = own + 0.4 * rng.normal(size=(4, 400, 3, 1)) + 0.8 * rng.normal(size=(4, 400, 3, 3))
    found = estimate_components(ratings)
    assert (found.prompt_sd, found.seed_sd, found.rater_sd) == pytest.approx((0.6, 0.4, 0.8), abs=0.03)


def test_components_worked_by_hand() -> None:
    # Two generators, two prompts, one seed, two raters. Ratings within videos differ by 2, 0, 0, 0 about
    # their means: squares 1 + 1 over 4 degrees: .5. Video means 1 3 / 2 2, interaction +-.5: 4 * .25 / 1 = 1.
    # Prompt variance 1 - .5 / 2 = .75; seeds cannot be seen apart.
    ratings = np.array([[[[0.0, 2.0]], [[3.0, 3.0]]], [[[2.0, 2.0]], [[2.0, 2.0]]]])
    found = estimate_components(ratings)
    assert (found.prompt_sd**2, found.rater_sd**2) == pytest.approx((0.75, 0.5))
    assert math.isnan(found.seed_sd)
    assert math.isnan(estimate_components(ratings[..., :1]).rater_sd)
    assert estimate_components(np.ones((2, 3, 2, 2))) == Components(0.0, 0.0, 0.0)


def test_undefined_and_malformed() -> None:
    assert math.isnan(power_of(0.3, PARTS, 1))
    assert math.isnan(power_of(0.3, Components(0.0, 0.0, 0.0), 10))
    with pytest.raises(InputError, match="raters must be at least 1, found 0"):
        power_of(0.3, PARTS, 10, 1, 0)
    with pytest.raises(InputError, match="power must lie between 0 and 1, found 80"):
        prompts_needed(0.3, PARTS, power=80.0)
    with pytest.raises(
        InputError, match=r"found shape \(1, 1, 1, 2\) with 1 missing; keep the prompts that are"
    ):
        estimate_components(np.array([[[[1.0, np.nan]]]]))


def test_a_large_difference_is_found_for_certain() -> None:
    """Some tails that far out are NaN in scipy."""
    parts = Components(prompt_sd=0.65, seed_sd=0.0, rater_sd=0.6)
    found = [power_of(1.5, parts, prompts, raters=3) for prompts in range(50, 400, 7)]
    assert found == pytest.approx([1.0] * len(found))
