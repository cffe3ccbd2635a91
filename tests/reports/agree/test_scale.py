"""The scale of ratings, and a judge's score on it."""

import math

import numpy as np
import pytest

from lawful.reports.agree.scale import MAX_STEPS, axis_scale
from lawful.reports.ratings.record import Scale, parse_scale


def scale_of(kit, scale, values=(1.0, 2.0), threshold=None):
    return axis_scale("gravity", [kit.make_rating(value=value, scale=scale) for value in values], threshold)


def test_one_to_five(kit):
    scale = scale_of(kit, Scale(1, 5))
    assert (scale.steps, scale.threshold, scale.bounded) == ((1, 2, 3, 4, 5), 3, True)
    assert scale.from_judge(np.array([0.0, 0.5, 1.0, np.nan])).tolist()[:3] == [1, 3, 5]
    assert scale.to_unit(np.array([1.0, 2.0, 5.0])).tolist() == [0, 0.25, 1]
    # Half way between two steps the better one is taken.
    np.testing.assert_array_equal(
        scale.to_steps(np.array([1.0, 1.49, 1.5, 4.5, np.nan])), [1, 1, 2, 5, np.nan]
    )
    np.testing.assert_array_equal(scale.to_yes(np.array([2.9, 3.0, 3.1, np.nan])), [0, np.nan, 1, np.nan])


def test_words_and_uneven_answers(kit):
    words = scale_of(kit, parse_scale("no,in part,yes"))
    assert (words.steps, words.threshold, words.words) == ((0, 1, 2), 1, True)
    uneven = scale_of(kit, parse_scale("0,1,4"))
    assert (uneven.steps, uneven.threshold, uneven.words) == ((0, 1, 4), 2, False)
    assert uneven.to_steps(np.array([0.4, 2.4, 2.6])).tolist() == [0, 1, 4]


@pytest.mark.parametrize(
    ("scale", "values", "reason"),
    [
        (Scale(), (1.0,), "the scale has no ends: give one with --scale or --mapping"),
        (Scale(1, 5), (1.0, 2.5), "the scale has no steps: ratings between whole numbers occur"),
        (Scale(0.5, 5), (1.0,), "the scale has no steps: ratings between whole numbers occur"),
        (Scale(0, MAX_STEPS), (1.0,), f"the scale has more than {MAX_STEPS} steps"),
    ],
)
def test_scales_without_steps(kit, scale, values, reason):
    found = scale_of(kit, scale, values)
    assert (found.steps, found.no_steps) == ((), reason)


def test_a_scale_without_ends(kit):
    scale = scale_of(kit, Scale())
    assert math.isnan(scale.threshold)
    assert scale.no_yes == "the scale has no middle: give a threshold"
    assert scale.from_judge(np.array([0.2])).tolist() == [0.2]
    assert np.isnan(scale.to_unit(np.array([0.2]))).all()
    assert np.isnan(scale.to_yes(np.array([0.0, 9.0]))).all()
    # With a threshold the judge's 0.5 is brought there, so that yes and no mean the same of both.
    given = scale_of(kit, Scale(), threshold=10.0)
    assert (given.no_yes, given.to_yes(given.from_judge(np.array([0.4, 0.6]))).tolist()) == ("", [0, 1])
