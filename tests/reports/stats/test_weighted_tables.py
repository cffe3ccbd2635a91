"""Alpha and kappa from weights equal those of the items written out."""

import math

import numpy as np
import pytest

from lawful.core.errors import InputError
from lawful.reports.stats.categorical import KappaWeights, cohen_kappa
from lawful.reports.stats.raters import Metric, krippendorff_alpha
from lawful.reports.stats.resample import bootstrap
from lawful.reports.stats.weighted_tables import weighted_alpha, weighted_kappa

RNG = np.random.default_rng(0)
RATINGS = np.clip(RNG.integers(1, 6, size=(50, 1)) + RNG.integers(-1, 2, size=(50, 4)), 1, 5).astype(float)
RATINGS[RNG.uniform(size=RATINGS.shape) < 0.3] = np.nan
WEIGHTS = RNG.multinomial(50, np.full(50, 0.02), size=10).astype(float)
ROWS = [np.repeat(np.arange(50), row.astype(int)) for row in WEIGHTS]


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval"])
def test_alpha_of_weights(metric: Metric) -> None:
    made = weighted_alpha(RATINGS, metric)
    assert made.value == pytest.approx(krippendorff_alpha(RATINGS, metric).value, abs=1e-12)
    expected = [krippendorff_alpha(RATINGS[rows], metric).value for rows in ROWS]
    assert made.of(WEIGHTS) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_of_weights(weights: KappaWeights) -> None:
    a, b, scale = RATINGS[:, 0], RATINGS[:, 1], (1.0, 2.0, 3.0, 4.0, 5.0)
    made = weighted_kappa(a, b, weights, scale)
    assert made.value == pytest.approx(cohen_kappa(a, b, weights, scale).value, abs=1e-12)
    expected = [cohen_kappa(a[rows], b[rows], weights, scale).value for rows in ROWS]
    assert made.of(WEIGHTS) == pytest.approx(expected, abs=1e-12)


def test_intervals_of_video_benchs_alphas_tell_its_dimensions_apart(video_bench) -> None:
    found = {}
    for dimension in ("color", "aesthetic_quality"):
        ratings, prompts, _ = video_bench[dimension]
        made = weighted_alpha(ratings, "interval")
        found[dimension] = bootstrap(made, np.random.default_rng(0), clusters=prompts, n_resamples=500)
    assert found["color"].low > 0.4 > 0.2 > found["aesthetic_quality"].high
    assert 0 < found["color"].width < 0.2


def test_undefined_and_malformed() -> None:
    for ratings in (np.zeros((0, 2)), np.array([[1.0, np.nan]]), np.ones((4, 2))):
        assert math.isnan(weighted_alpha(ratings, "ordinal").value)
        assert math.isnan(weighted_kappa(ratings[:, 0], ratings[:, 1]).value)
    with pytest.raises(InputError, match="200 distinct values are more than the 100 that are tabled; round"):
        weighted_alpha(np.arange(200.0).reshape(100, 2), "interval")
    with pytest.raises(InputError, match="a holds 7 at position 0"):
        weighted_kappa(np.array([7.0]), np.array([1.0]), scale=(1.0, 2.0))
