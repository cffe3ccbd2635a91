"""Clustered bootstrap: its draws, its intervals against scipy and statsmodels, its laws."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from lawful.core.errors import InputError
from lawful.reports.stats.clusters import Clustering, Stages, clustered_mean
from lawful.reports.stats.resample import bca_ends, bootstrap, percentile_ends
from lawful.reports.stats.weighted import from_function, weighted_mean, weighted_spearman

PROMPTS = np.repeat(np.arange(30), 4)
SEEDS = np.tile(np.array(["a", "a", "b", "b"]), 30)
SCORES = np.random.default_rng(0).normal(size=30)[PROMPTS] + np.random.default_rng(1).normal(size=120)


def test_a_drawn_cluster_comes_with_all_its_items() -> None:
    weights = Clustering.of(120, PROMPTS, SEEDS).draw(50, "clusters", np.random.default_rng(0))
    by_prompt = weights.reshape(50, 30, 4)
    assert (by_prompt == by_prompt[:, :, :1]).all()
    assert (by_prompt[:, :, 0].sum(axis=1) == 30).all()


def test_seeds_are_drawn_within_their_prompt() -> None:
    clustering = Clustering.of(120, PROMPTS, SEEDS)
    seeds = clustering.draw(50, "items", np.random.default_rng(0)).reshape(50, 30, 2, 2)
    assert (seeds[..., 0] == seeds[..., 1]).all()
    # One of the two seeds, because drawing two of two would halve the spread between them.
    assert (seeds[..., 0].sum(axis=2) == 1).all()
    both = clustering.draw(50, "clusters_then_items", np.random.default_rng(0)).reshape(50, 30, 2, 2)
    assert (both[..., 0] == both[..., 1]).all()
    assert (both[..., 0].sum(axis=2).sum(axis=1) == 60).all()
    assert (both[..., 0].sum(axis=2) % 2 == 0).all()


def test_clusters_of_different_sizes_keep_their_sizes_in_expectation() -> None:
    labels = np.array(["x", "y", "x", "z", "x", "y"])
    weights = Clustering.of(6, labels).draw(4000, "clusters_then_items", np.random.default_rng(0))
    assert weights.mean(axis=0) == pytest.approx(np.ones(6), abs=0.06)


def test_drawing_seeds_alone_keeps_the_spread_between_them() -> None:
    # Three prompts of 2, 3 and 5 seeds: the variance of the mean over seeds is sum of m s^2 over n^2.
    labels = np.repeat(["x", "y", "z"], [2, 3, 5])
    scores = np.random.default_rng(1).normal(size=10)
    weights = Clustering.of(10, labels).draw(40_000, "items", np.random.default_rng(0))
    for name, size in (("x", 2), ("y", 3), ("z", 5)):
        assert weights[:, labels == name].sum(axis=1) == pytest.approx(np.full(40_000, size))
    expected = sum(
        size * np.var(scores[labels == name], ddof=1) for name, size in (("x", 2), ("y", 3), ("z", 5))
    )
    assert np.var(weighted_mean(scores).of(weights)) == pytest.approx(expected / 100, rel=0.03)
    with pytest.raises(
        InputError, match=r"top repeats each item and needs whole weights; .* draw clusters instead"
    ):
        bootstrap(
            from_function("top", np.max, scores), np.random.default_rng(0), clusters=labels, stages="items"
        )


def test_percentile_and_bca_of_unclustered_items_are_near_those_of_scipy() -> None:
    x = np.random.default_rng(3).exponential(size=60)
    for ours, theirs in (("percentile", "percentile"), ("bca", "BCa")):
        mine = bootstrap(weighted_mean(x), np.random.default_rng(0), n_resamples=20_000, method=ours)
        scipys = stats.bootstrap((x,), np.mean, n_resamples=20_000, method=theirs, rng=1).confidence_interval
        assert (mine.low, mine.high) == pytest.approx((scipys.low, scipys.high), abs=0.02)
        assert (mine.n, mine.n_clusters, mine.level) == (60, 60, 0.95)


def test_the_ends_are_those_of_scipy_from_the_same_replicates() -> None:
    x = np.random.default_rng(3).exponential(size=40)
    for ours, theirs in (("percentile", "percentile"), ("bca", "BCa")):
        scipys = stats.bootstrap(
            (x,), np.var, n_resamples=999, method=theirs, rng=1, confidence_level=0.9, vectorized=True
        )
        replicates = scipys.bootstrap_distribution
        left_out = np.array([np.var(np.delete(x, i)) for i in range(40)])
        ends = (
            bca_ends(replicates, float(np.var(x)), left_out, 0.9)
            if ours == "bca"
            else percentile_ends(replicates, 0.9)
        )
        expected = (scipys.confidence_interval.low, scipys.confidence_interval.high)
        assert ends == pytest.approx(expected, rel=1e-12)


def test_the_clustered_standard_error_is_that_of_statsmodels() -> None:
    result = clustered_mean(SCORES, PROMPTS, 0.9)
    model = sm.OLS(SCORES, np.ones(120)).fit(
        cov_type="cluster", cov_kwds={"groups": PROMPTS, "use_correction": False}
    )
    error = model.bse[0] * math.sqrt(30 / 29)
    half = stats.t.ppf(0.95, 29) * error
    assert result.value == pytest.approx(SCORES.mean(), abs=1e-14)
    assert (result.low, result.high) == pytest.approx((result.value - half, result.value + half), abs=1e-12)


def test_each_item_its_own_cluster_is_the_plain_t_interval() -> None:
    result = clustered_mean(SCORES)
    low, high = stats.t.interval(0.95, 119, SCORES.mean(), stats.sem(SCORES))
    assert (result.low, result.high) == pytest.approx((low, high), abs=1e-12)


def test_the_bootstrap_of_a_mean_has_the_clustered_standard_error() -> None:
    analytic = clustered_mean(SCORES, PROMPTS)
    drawn = bootstrap(weighted_mean(SCORES), np.random.default_rng(0), clusters=PROMPTS, n_resamples=8000)
    # t with 29 degrees is 2.045 where the normal is 1.960, and the bootstrap lacks the factor 30 / 29.
    shrink = 1.960 / 2.045 * math.sqrt(29 / 30)
    assert drawn.width == pytest.approx(analytic.width * shrink, rel=0.04)


@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("stages", ["clusters", "clusters_then_items", "items"])
def test_threads_and_labels_do_not_change_the_interval(stages: Stages, method) -> None:
    judge = SCORES + np.random.default_rng(2).normal(size=120)
    names = np.array([f"prompt {p:02d}" for p in PROMPTS])
    results = [
        bootstrap(
            weighted_spearman(SCORES, judge),
            np.random.default_rng(7),
            clusters=clusters,
            inner=SEEDS,
            stages=stages,
            n_resamples=200,
            method=method,
            threads=threads,
        )
        for clusters, threads in ((PROMPTS, 1), (PROMPTS, 3), (names, 2))
    ]
    assert results[0] == results[1] == results[2]
    assert results[0].low < results[0].value < results[0].high


def test_drawing_both_stages_is_wider_and_drawing_seeds_alone_is_narrower() -> None:
    width = {
        stages: bootstrap(
            weighted_mean(SCORES), np.random.default_rng(0), clusters=PROMPTS, stages=stages, n_resamples=4000
        ).width
        for stages in ("clusters", "clusters_then_items", "items")
    }
    assert width["items"] < width["clusters"] < width["clusters_then_items"]


def test_missing_items_are_left_out_with_clusters_that_have_no_other() -> None:
    scores = SCORES.copy()
    scores[:5] = np.nan
    result = bootstrap(weighted_mean(scores), np.random.default_rng(0), clusters=PROMPTS, n_resamples=300)
    assert (result.n, result.n_missing, result.n_clusters) == (115, 5, 29)
    shorter = bootstrap(
        weighted_mean(scores[5:]), np.random.default_rng(0), clusters=PROMPTS[5:], n_resamples=300
    )
    assert (result.low, result.high) == (shorter.low, shorter.high)


def test_why_there_is_no_interval_is_said() -> None:
    rng = np.random.default_rng(0)
    one = bootstrap(weighted_mean(SCORES), rng, clusters=np.zeros(120))
    assert (one.reason, math.isnan(one.low)) == ("one cluster: nothing to draw from", True)
    assert one.value == pytest.approx(SCORES.mean())
    alone = bootstrap(weighted_mean(SCORES), rng, stages="items")
    assert alone.reason == "one unit in each cluster: nothing to draw from"
    none = bootstrap(weighted_mean(np.full(3, np.nan)), rng)
    assert (none.reason, none.n) == ("the statistic is not defined on these items", 0)
    fragile = bootstrap(weighted_spearman(np.array([1.0, 1, 2]), np.array([1.0, 2, 3])), rng, n_resamples=500)
    assert fragile.reason.endswith("% of the resamples do not define the statistic")
    largest = bootstrap(from_function("max", np.max, SCORES + 0 * SCORES), rng, method="bca", n_resamples=200)
    assert largest.high == SCORES.max()
    assert bca_ends(np.array([1.0, 2.0]), 3.0, np.array([1.0, 2.0]), 0.9) == pytest.approx(
        (math.nan, math.nan), nan_ok=True
    )


def test_a_constant_has_an_interval_of_no_width() -> None:
    for method in ("percentile", "bca"):
        same = bootstrap(weighted_mean(np.full(20, 0.25)), np.random.default_rng(0), method=method)
        assert (same.low, same.value, same.high) == (0.25, 0.25, 0.25)


def test_malformed_input_is_refused_in_words() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"clusters must name one group an item \(120\), found shape \(3,\)"):
        bootstrap(weighted_mean(SCORES), rng, clusters=np.arange(3))
    with pytest.raises(InputError, match="resamples and threads must be at least 1, found 0 and 1"):
        bootstrap(weighted_mean(SCORES), rng, n_resamples=0)
    with pytest.raises(InputError, match="level must lie between 0 and 1, found 1"):
        bootstrap(weighted_mean(SCORES), rng, level=1.0)
