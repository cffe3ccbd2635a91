"""Shares of clustered answers."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from lawful.core.errors import InputError
from lawful.reports.stats.clusters import clustered_mean, clustered_share


@pytest.mark.parametrize(("hits", "n"), [(7, 20), (1, 30), (29, 30), (0, 12), (12, 12)])
def test_of_independent_items_it_is_wilsons(hits: int, n: int) -> None:
    found = clustered_share((np.arange(n) < hits) * 1.0, level=0.9)
    low, high = proportion_confint(hits, n, 0.1, method="wilson")
    assert (found.value, found.low, found.high) == pytest.approx((hits / n, low, high), abs=1e-12)


def test_copies_within_a_cluster_add_nothing() -> None:
    answers = (np.arange(40) < 26) * 1.0
    single = clustered_share(answers)
    copied = clustered_share(np.repeat(answers, 5), np.repeat(np.arange(40), 5))
    assert copied.n == 200
    # The effective size is 39 * 200 / 199 rather than 40.
    assert copied.width == pytest.approx(single.width, rel=0.02)
    low, high = proportion_confint(0.65 * 39 * 200 / 199, 39 * 200 / 199, 0.05, method="wilson")
    assert (copied.low, copied.high) == pytest.approx((low, high), abs=1e-12)


def test_equal_answers_leave_room_for_others() -> None:
    found = clustered_share(np.ones(60), np.repeat(np.arange(20), 3))
    assert (found.low, found.high) == pytest.approx(
        proportion_confint(20, 20, 0.05, method="wilson"), abs=1e-12
    )
    assert clustered_mean(np.ones(60), np.repeat(np.arange(20), 3)).width == 0


def test_yes_and_no_are_mirror_images() -> None:
    rng = np.random.default_rng(1)
    answers, prompts = rng.integers(0, 2, 90) * 1.0, np.repeat(np.arange(30), 3)
    yes, no = clustered_share(answers, prompts), clustered_share(1 - answers, prompts)
    assert (yes.low, yes.high) == pytest.approx((1 - no.high, 1 - no.low), abs=1e-12)


def test_other_answers_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"answers holds 0\.5 at position 1 .* which is not on the scale 0, 1"
    ):
        clustered_share(np.array([1.0, 0.5]))


def test_intervals_of_means_end_where_values_do() -> None:
    scores = np.array([1.0] * 9 + [0.6])
    free, held = clustered_mean(scores), clustered_mean(scores, limits=(0.0, 1.0))
    assert free.high > 1
    assert (held.value, held.low, held.high) == (free.value, free.low, 1.0)
