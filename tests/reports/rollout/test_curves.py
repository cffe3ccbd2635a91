"""Curves over rollout time: values worked by hand, an outside oracle, and laws."""

import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from lawful.reports.rollout.curves import DRIFT_NAMES, drift_curve, ratio_of_means, rollout_curve
from lawful.reports.rollout.gaming import suspicions
from lawful.reports.rollout.gather import Early, RolloutClip, RolloutGroup
from lawful.reports.scores import Measure, ScoredClip
from lawful.video.drift import Drift

CLIP, ANSWER = Measure("clip"), Measure("answer")


def scored(score, subject="a", seed=0):
    answer = "not_sure" if math.isnan(score) else "none_found" if score >= 0.7 else "violation"
    return ScoredClip(
        "run", f"{subject}-{seed}.mp4", f"{subject}{seed}", "physics", "kinematic", "f" * 64, "maker", subject, None,
        seed, answer, score, (), (),
    )  # fmt: skip


def drift(motion=1.0, sharpness=0.1, brightness=0.5):
    return Drift(24, brightness, 0.5, sharpness, motion, "" if motion == motion else "one frame")


def group(rows, drifts=None, until_s=(1.0, 2.0), subjects="aabbcc", generator="maker"):
    """Clips with the scores of a row: at each time, and at last of the whole clip."""
    clips = []
    for at, row in enumerate(rows):
        looks = [scored(score, subjects[at], at) for score in row]
        seen = [drift()] * len(until_s) if drifts is None else drifts[at]
        early = tuple(Early(look, one) for look, one in zip(looks, seen, strict=False))
        clips.append(RolloutClip(looks[-1], 3.0 + at, early))
    return RolloutGroup("physics", "kinematic", generator, until_s, tuple(clips), 2, {4.0: 1})


ROWS = [(0.9, 0.8, 0.2), (0.9, 0.9, 0.1), (1.0, 0.8, 0.8), (0.8, 0.8, 0.7), (0.9, math.nan, 0.3)]


def test_means_changes_and_counts_worked_by_hand():
    curve = rollout_curve(group(ROWS), CLIP)
    assert [point.until_s for point in curve.points] == [1.0, 2.0, None]
    # Whole clips last 3, 4, 5, 6 and 7 s.
    assert [point.at_s for point in curve.points] == [1.0, 2.0, 5.0]
    assert [point.mean.value for point in curve.points] == pytest.approx([0.9, 3.3 / 4, 2.1 / 5])
    assert [(point.mean.n, point.mean.n_missing) for point in curve.points] == [(5, 0), (4, 1), (5, 0)]
    first, second, whole = (point.change for point in curve.points)
    assert math.isnan(first.value)
    assert first.reason == "the first time is what others are compared with"
    # Differences at 2 s: -0.1, 0 of subject a, -0.2, 0 of b; mean -0.075.
    assert (second.value, second.n, second.n_missing, second.n_clusters) == (pytest.approx(-0.075), 4, 1, 2)
    # Residuals sum to -0.1 + 0.15 = 0.05 in a, -0.05 in b: error sqrt(2 / 1 * (0.05^2 + 0.05^2)) / 4 = 0.025.
    assert second.width == pytest.approx(2 * 0.025 * stats.t.ppf(0.975, 1))
    assert whole.value == pytest.approx(np.mean([-0.7, -0.8, -0.2, -0.1, -0.6]))
    assert (curve.n_clips, curve.n_left_out) == (5, 2)


def test_the_share_without_violation_is_a_curve_too():
    curve = rollout_curve(group(ROWS), ANSWER)
    assert [point.mean.value for point in curve.points] == pytest.approx([1.0, 1.0, 2 / 5])
    assert [point.mean.method for point in curve.points] == ["share, Wilson of the effective size"] * 3
    # Five answers of three prompts, all the same: Wilson's interval of 3 of 3, z^2 = 3.8415: 3 / (3 + z^2).
    assert curve.points[0].mean.low == pytest.approx(3 / (3 + stats.norm.ppf(0.975) ** 2))


def test_the_order_of_the_clips_does_not_matter():
    whole = group(ROWS)
    turned = replace(whole, clips=whole.clips[::-1])
    for one, other in zip(rollout_curve(whole, CLIP).points, rollout_curve(turned, CLIP).points, strict=True):
        assert one.mean.value == pytest.approx(other.mean.value, abs=1e-15)
        assert one.mean.low == pytest.approx(other.mean.low, abs=1e-12)


def test_drift_is_a_difference_or_a_ratio():
    drifts = [
        (drift(1.0, 0.1, 0.5), drift(0.5, 0.1, 0.4)),
        (drift(3.0, 0.2, 0.7), drift(0.5, 0.2, 0.4)),
        (drift(math.nan, 0.3, 0.6), None),
    ]
    made = group([(0.9, 0.9, 0.9)] * 3, drifts)
    curves = {name: drift_curve(made, name) for name in DRIFT_NAMES}
    motion, brightness = curves["motion"].points, curves["brightness"].points
    assert [point.mean.value for point in motion] == [2.0, 0.5]
    assert [point.change.value for point in motion] == [1.0, 0.25]
    assert (motion[1].change.n, motion[1].change.n_missing) == (2, 1)
    assert curves["sharpness"].points[1].change.value == 1.0
    assert [point.change.value for point in brightness] == pytest.approx([0.0, -0.2])
    assert (curves["motion"].is_ratio, curves["brightness"].is_ratio) == (True, False)


def test_the_ratio_of_means_has_the_interval_of_a_clustered_regression():
    # Weighted least squares through the origin with weights 1 / x has the ratio of the means for its slope.
    rng = np.random.default_rng(0)
    first = rng.uniform(0.2, 2.0, 40)
    later = first * rng.uniform(0.2, 0.9, 40)
    clusters = rng.integers(0, 9, 40)
    found = ratio_of_means(later, first, clusters)
    fit = sm.WLS(later, first, weights=1 / first).fit(
        cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": True}
    )
    half = stats.t.ppf(0.975, len(set(clusters)) - 1) * fit.bse[0]
    assert found.value == pytest.approx(fit.params[0], rel=1e-12)
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), rel=1e-10)


@pytest.mark.parametrize("scale", [0.01, 7.0])
def test_the_unit_does_not_change_a_ratio(scale):
    rng = np.random.default_rng(1)
    first, later = rng.uniform(0.1, 1, (2, 12))
    one, other = ratio_of_means(later, first), ratio_of_means(scale * later, scale * first)
    assert (one.value, one.low) == pytest.approx((other.value, other.low), rel=1e-12)


@pytest.mark.parametrize(
    ("later", "first", "reason", "n"),
    [
        ([], [], "no clip has both values", 0),
        ([np.nan, 1.0], [1.0, np.nan], "no clip has both values", 0),
        ([0.0, 1.0], [0.0, 0.0], "the values at the first time are all 0", 2),
    ],
)
def test_a_ratio_that_is_not_defined_says_why(later, first, reason, n):
    found = ratio_of_means(np.array(later, float), np.array(first, float))
    assert math.isnan(found.value)
    assert (found.reason, found.n) == (reason, n)


def test_one_subject_has_a_ratio_without_an_interval():
    found = ratio_of_means(np.array([0.2, 0.4]), np.array([1.0, 1.0]), np.array(["a", "a"]))
    assert found.value == pytest.approx(0.3)
    assert math.isnan(found.low)
    assert found.reason == "one cluster: no spread between clusters"


def warned(scores, motions, sharpness=0.1, until_s=(1.0, 2.0), subjects="abcdef"):
    drifts = [tuple(drift(motion, sharpness) for motion in row) for row in motions]
    made = group(scores, drifts, until_s, subjects)
    return suspicions([rollout_curve(made, CLIP)], [drift_curve(made, name) for name in DRIFT_NAMES])


def test_a_score_that_holds_while_nothing_moves_is_named():
    (found,) = warned([(0.8, 0.8, 0.2)] * 4, [(1.0, 0.0), (2.0, 0.1), (1.5, 0.0), (1.0, 0.0)])
    assert (found.fell, found.from_s, found.until_s) == ("motion", 1.0, 2.0)
    assert found.left.value == pytest.approx(0.1 / 5.5)
    assert found.text == (
        "maker may be gaming clip score by freezing: from 1 s to 2 s it holds (+0.00) while motion falls to 2%."
    )


def test_a_score_that_rises_while_the_picture_blurs_is_named():
    drifts = [(drift(1.0, 0.2), drift(0.9, 0.05))] * 3
    made = group([(0.6, 0.9, 0.2)] * 3, drifts, subjects="abc")
    (found,) = suspicions([rollout_curve(made, CLIP)], [drift_curve(made, name) for name in DRIFT_NAMES])
    assert found.fell == "sharpness"
    assert "by blurring: from 1 s to 2 s it rises (+0.30) while sharpness falls to 25%." in found.text


def test_of_several_times_the_one_is_named_where_least_is_left():
    scores = [(0.8, 0.8, 0.8, 0.8, 0.1)] * 3
    (found,) = warned(scores, [(1.0, 0.4, 0.1, 0.3)] * 3, until_s=(1.0, 2.0, 3.0, 4.0))
    assert found.until_s == 3.0


@pytest.mark.parametrize(
    ("scores", "motions", "subjects"),
    [
        ([(0.8, 0.7, 0.2)] * 4, [(1.0, 0.1)] * 4, "abcd"),  # the score falls by 0.1
        ([(0.8, 0.8, 0.2)] * 4, [(1.0, 0.6)] * 4, "abcd"),  # more than half of the motion is left
        ([(0.8, 0.8, 0.2)] * 4, [(1.0, 0.1)] * 4, "aaaa"),  # one subject: no interval
        ([(0.8, 0.8, 0.2)] * 2, [(1.0, 0.0), (1.0, 0.9)], "ab"),  # two that differ: the interval holds 1
        ([(math.nan, 0.8, 0.8)] * 4, [(1.0, 0.1)] * 4, "abcd"),  # no score at first
        ([(0.8, 0.8, 0.2)] * 4, [(math.nan, 0.1)] * 4, "abcd"),  # no motion at first
    ],
)
def test_nothing_is_named_without_cause(scores, motions, subjects):
    assert warned(scores, motions, subjects=subjects) == ()
